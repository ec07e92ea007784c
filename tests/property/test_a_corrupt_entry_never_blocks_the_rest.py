"""Law: whatever a list's file holds, it is read or refused, and what is corrupt in it costs nothing else."""

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.errors import ListError
from unseen.lists import ListFile, ListFormat
from unseen.model import Entry

CORPUS = Path(__file__).parent.parent / "fuzz" / "lists"
ACCEPTED = sorted(CORPUS.glob("accept-*"))
LINES = ["pdq:" + f"{number:02x}" * 32 for number in range(40)]
# Of what no line of text begins, so that no damage is an entry by chance, or blank: text knows more blanks than bytes.
NOT_AN_ENTRY = st.binary(min_size=1, max_size=200).filter(
    lambda line: (
        b"\n" not in line
        and bool(begins := line.decode("utf-8", "replace").lstrip()[:1])
        and begins not in "#PpMmSsVv\ufeff"
    )
)


def read(content: bytes, file_format: str | None = None) -> tuple[list[Entry], ListFile]:
    """The entries of a file of this content."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "list"
        path.write_bytes(content)
        with ListFile(path, file_format=file_format) as file:
            return list(file.entries()), file


@settings(deadline=None)
@given(damage=st.lists(st.tuples(st.integers(0, 39), NOT_AN_ENTRY), min_size=1, max_size=3))
def test_lines_that_are_no_entries_cost_only_themselves(damage: list[tuple[int, bytes]]) -> None:
    """Each is named by its line, and every other line is an entry."""
    lines = [line.encode() for line in LINES]
    places = dict(damage)
    for at, line in places.items():
        lines[at] = line
    found, file = read(b"\n".join(lines), "text")
    assert [entry.entry for entry in found] == [f"line {at + 1}" for at in range(40) if at not in places and at > 0]
    assert {f"line {at + 1}" for at in places} <= {refused.position for refused in file.refused}


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(path: Path, data: st.DataObject) -> None:
    """In its own format and in every other, with bytes changed, cut and put in: nothing of Python's own leaks."""
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    own = path.name.split("-")[1]
    others = [None, *(each for each in ListFormat if each is not ListFormat.NSRL)]
    for file_format in (own, data.draw(st.sampled_from(others))):
        try:
            _, file = read(bytes(content), file_format)
        except ListError as error:
            said = f"{error} {error.hint}"
        else:
            said = " ".join(refused.why for refused in file.refused)
        assert re.search(r"[0-9a-fA-F]{30}", said) is None
