"""Tables and rows, as studies and services give them; nothing that could name a person."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.casework.auditing.triage.auditing import TriageSettings, audit_triage, read_settings
from unseen.casework.auditing.triage.reading import read_rows, read_table
from unseen.errors import UsageError
from unseen.reports.audits import triage_document, triage_sections
from unseen.reports.audits.triage_values import Band

TABLE = "band,harmed,others\nlow,1,50\nmedium,3,77\nhigh,90,60\nvery high,76,17\n"
ROWS = "old,harmed,new\n1,0,0.5\n3,1,0.75\n3,0,0.5\n9,1,2\n"


def write(tmp_path: Path, text: str) -> str:
    """A file of this text."""
    path = tmp_path / "file.csv"
    path.write_text(text)
    return str(path)


def test_a_table_is_read_from_the_lowest_band_up(tmp_path: Path) -> None:
    """Bands come back in the order of the file, and the lowest ones wait."""
    data = read_table(write(tmp_path, TABLE), name="X", low=["medium", "low"])
    (instrument,) = data.instruments
    assert instrument.bands[0] == Band("low", 1, 50)
    assert (instrument.name, instrument.low, data.rows) == ("X", 2, ())


def test_rows_are_grouped_by_value(tmp_path: Path) -> None:
    """People of one value are one band; whoever lies below the cut waits."""
    data = read_rows(write(tmp_path, ROWS), cuts={"old": 3, "new": 0.6})
    old, new = data.instruments
    assert old.bands == (Band("1", 0, 1), Band("3", 1, 1), Band("9", 1, 0))
    assert (old.low, new.low) == (1, 1)
    assert data.rows == ((0, 0, False), (1, 1, True), (1, 0, False), (2, 2, True))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "band,harmed,others\n",
        "band,others,harmed\nlow,1,2\nhigh,1,2\n",
        "band,harmed,others\nlow,1,2\nlow,1,2\n",
        "band,harmed,others\nlow,1\nhigh,1,2\n",
        "band,harmed,others\nlow,-1,2\nhigh,1,2\n",
        "band,harmed,others\nlow,1.5,2\nhigh,1,2\n",
        "band,harmed,others\nlow,99999999999,2\nhigh,1,2\n",
        "band,harmed,others\n,1,2\nhigh,1,2\n",
        'band,harmed,others\n"low,1,2\nhigh,1,2\n',
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    """A table that says nothing sure is refused."""
    with pytest.raises(UsageError):
        read_table(write(tmp_path, text), name="X", low=["low"])


@pytest.mark.parametrize("low", [[], ["high"], ["low", "high"], ["low", "medium", "high", "very high"], ["lowest"]])
def test_only_the_lowest_bands_can_wait(tmp_path: Path, low: list[str]) -> None:
    """Bands left waiting are the lowest, some and not all."""
    with pytest.raises(UsageError):
        read_table(write(tmp_path, TABLE), name="X", low=low)


@pytest.mark.parametrize(
    "text",
    [
        "name,harmed,old\nAnn,1,3\n",
        "id,harmed,old,new\n1,1,3,3\n",
        "harmed\n1\n",
        "old\n1\n",
        "old,harmed\n1,2\n",
        "old,harmed\n1,yes\n",
        "old,harmed\nnan,1\n",
        "old,harmed\ninf,1\n",
        "old,harmed\nhigh,1\n",
        "old,old,harmed\n1,1,1\n",
    ],
)
def test_rows_hold_nothing_that_names_a_person(tmp_path: Path, text: str) -> None:
    """A column besides the outcome and the instruments asked for is refused, and so is what is no number."""
    with pytest.raises(UsageError):
        read_rows(write(tmp_path, text), cuts={"old": 2})


def test_rows_of_one_outcome_cannot_be_compared(tmp_path: Path) -> None:
    """Where nobody harmed, or everybody did, two instruments are not compared."""
    path = write(tmp_path, "old,new,harmed\n1,2,1\n2,1,1\n")
    with pytest.raises(UsageError, match="compared"):
        audit_triage(TriageSettings(rows=path, cuts={"old": 2, "new": 2}))


@given(content=st.binary(max_size=300))
def test_any_bytes_are_a_file_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever a file holds, it is read or refused."""
    path = tmp_path_factory.mktemp("triage") / "file.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        read_table(str(path), name="X", low=["low"])
    with pytest.raises(UsageError):
        read_rows(str(path), cuts={"old": 2})


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"table": "a", "rows": "b"},
        {"example": "other"},
        {"example": "kirat-2", "hidden": 1.5},
        {"example": "kirat-2", "flow": (1.0, None, 9)},
        {"example": "kirat-2", "flow": (1e9, 1.0, 9)},
        {"rows": "x", "cuts": ["old"]},
    ],
)
def test_questions_that_make_no_sense_are_refused(change: dict[str, object]) -> None:
    """One source, shares between 0 and 1, and a flow that people could be."""
    nothing = {"table": None, "low": (), "rows": None, "cuts": (), "example": None, "hidden": None}
    with pytest.raises(UsageError):
        audit_triage(read_settings(**{**nothing, "flow": (None, None, 9), **change}))  # type: ignore[arg-type]  # as given


def test_nothing_is_said_of_one_person(tmp_path: Path) -> None:
    """The result names bands and counts; the rows of people are nowhere in it."""
    path = write(tmp_path, ROWS)
    audit = audit_triage(TriageSettings(rows=path, cuts={"old": 3, "new": 0.6}))
    text = json.dumps(triage_document(audit))
    assert "rows" not in text
    assert "rows" not in asdict(audit)
    assert [one.title for one in triage_sections(audit)] == [
        "old in its own sample",
        "new in its own sample",
        "old: whom the low bands leave waiting",
        "new: whom the low bands leave waiting",
        "On the same people: who harmed and is missed",
    ]
