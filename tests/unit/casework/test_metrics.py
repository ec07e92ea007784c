"""Metrics say what waits, in counts and spans, and never whose it is."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.casework.stores import furnish
from tests.unit.found import found, match

from unseen.casework.cases import metrics
from unseen.casework.cases.course import Alarm
from unseen.casework.cases.metrics import METRICS, as_prometheus, read_metrics, write_metrics
from unseen.casework.proof.recording import open_recorded
from unseen.errors import SourceError, StoreError, UsageError
from unseen.model import Facts, Subject, SubjectKind
from unseen.store import record
from unseen.store.cases import gather

pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")


def figures(path: Path) -> Mapping[tuple[str, str | None], float]:
    """Every figure by its name and its label."""
    found = read_metrics(str(path))
    by_name = {(one.name, one.label): one.value for one in found}
    assert len(by_name) == len(found)
    return by_name


def ago(**span: float) -> str:
    """A moment that is past by so much."""
    return (datetime.now(UTC) - timedelta(**span)).isoformat(timespec="seconds")


def test_what_waits_is_counted(tmp_path: Path) -> None:
    """Cases by alarm, the longest overdue, findings in no case: as the list of cases has them, zeros included."""
    with open_recorded(tmp_path / "store") as store:
        for number, (days, subject) in enumerate(((0.5, "young"), (4, "old"), (0, None)), start=1):
            ids = found(store, {str(number): [match("known")]}, number=number, at_utc=ago(days=days))
            if subject is not None:
                with record(store, at_utc=ago(days=days)) as page:
                    gather(page, [(ids[0], Facts(subject=Subject(SubjectKind.ACCOUNT, subject)))])
    told = figures(tmp_path / "store")
    assert told["unseen_cases_open", None] == 2
    alarms = {Alarm.UNOWNED: 2, Alarm.OVERDUE: 1, Alarm.UNFORWARDED: 1}
    assert all(told["unseen_cases_alarming", alarm.value] == alarms.get(alarm, 0) for alarm in Alarm)
    assert told["unseen_findings_in_no_case", None] == 1
    day = 86_400
    assert 3 * day <= told["unseen_case_longest_overdue_seconds", None] < 3 * day + 600
    assert 4 * day <= told["unseen_case_oldest_seconds", None] < 4 * day + 600
    assert told["unseen_ledger_entries_unsealed", None] == told["unseen_ledger_entries_missing", None] == 0


def test_figures_name_nobody(tmp_path: Path) -> None:
    """Of a store with everything in it no subject, person, place, entry or digest is in the text."""
    furnish(tmp_path / "store", tmp_path / "keys")
    told = read_metrics(str(tmp_path / "store"))
    text = as_prometheus(told)
    assert {one.name for one in told} == set(METRICS)
    for secret in (":4711", '"4711', "Okafor", "Silva", "/a/", "/b/", "192.0.2.7", "known 1", "https"):
        assert secret not in text
    labels = {METRICS[one.name][0] for one in told if one.label is not None}
    assert labels == {"alarm", "kind", "list", "reason"}
    assert figures(tmp_path / "store")["unseen_scan_not_screened", "truncated"] > 0


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever collects reads the old figures or the new; a disk that refuses leaves the old and nothing beside."""
    path = tmp_path / "unseen.prom"
    write_metrics(str(path), "old\n")
    write_metrics(str(path), "new\n")

    def refuse(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(SourceError, match="No space left"):
        write_metrics(str(path), "newer\n")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("unseen.prom", "new\n")]


def test_without_a_store_there_is_nothing_to_say(tmp_path: Path) -> None:
    """A store that is not there is no store in which all is well."""
    with pytest.raises(StoreError, match="no store"):
        read_metrics(str(tmp_path / "store"))


def test_without_the_extra_it_says_which(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the library is missing the error names it, and the way without it."""
    monkeypatch.setitem(__import__("sys").modules, "prometheus_client", None)
    with pytest.raises(UsageError) as refused:
        as_prometheus([metrics.Metric("unseen_cases_open", None, 0)])
    assert "--json" in refused.value.hint
