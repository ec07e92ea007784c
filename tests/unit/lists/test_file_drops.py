"""Lists as their owners hand them over in files: what of them is corrupt, and whose words they use."""

from pathlib import Path

import pytest

from unseen.errors import ListError, ListFormatError
from unseen.lists import ListFile
from unseen.lists import stream as stream_module
from unseen.model import Entry, Label

PDQ = "0123456789abcdef" * 4
MD5 = "0123456789abcdef" * 2


def read(path: Path, **settings: str) -> list[Entry]:
    """All entries of a file."""
    with ListFile(path, **settings) as file:  # type: ignore[arg-type]  # settings are texts
        return list(file.entries())


def made(path: Path, text: str) -> Path:
    """A file that holds this text."""
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(("good", "bad", "is_taken"), [(0, 1, False), (1, 1, True), (3, 2, False), (18, 2, True)])
def test_a_file_that_is_corrupt_beyond_a_tenth_is_refused_whole(
    tmp_path: Path, good: int, bad: int, is_taken: bool
) -> None:
    """So that a wrong format, or a column cut by a spreadsheet, is not taken in silence."""
    with ListFile(made(tmp_path / "a.txt", f"md5:{MD5}\n" * good + "md5:12\n" * bad)) as file:
        if is_taken:
            assert len(list(file.entries())) == good
            assert file.refused_count == bad
        else:
            with pytest.raises(ListFormatError, match="found 2 digits"):
                list(file.entries())


def test_hashes_of_empty_files_do_not_make_a_list_corrupt(tmp_path: Path) -> None:
    """Exporters write them for every empty file they meet; each is refused by its place, the others are taken."""
    empty = "d41d8cd98f00b204e9800998ecf8427e"
    with ListFile(made(tmp_path / "a.txt", f"md5:{empty}\n" * 9 + f"md5:{MD5}\n")) as file:
        assert len(list(file.entries())) == 1
        assert file.refused_count == 9


def test_a_line_that_is_too_long_is_refused_and_the_next_is_read(tmp_path: Path) -> None:
    """However many blocks it spans."""
    text = f"md5:{MD5}\nmd5:" + "0" * 3_000_000 + f"\nmd5:{MD5[::-1]}\n"
    with ListFile(made(tmp_path / "a.txt", text)) as file:
        assert [entry.entry for entry in file.entries()] == ["line 1", "line 3"]
        assert [refused.position for refused in file.refused] == ["line 2"]


def test_a_line_without_any_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for ever for the end of a pipe."""
    monkeypatch.setattr(stream_module, "_PASSED_OVER_CHARS_MAX", 2_000_000)
    with pytest.raises(ListFormatError, match="line 2: expected at most 401000 characters, found a line without end"):
        read(made(tmp_path / "a.txt", f"md5:{MD5}\n" + "0" * 5_000_000))


def test_of_a_case_what_nobody_has_decided_on_is_passed_over(tmp_path: Path) -> None:
    """A case holds all that was found with somebody; a flag that says otherwise is not believed."""
    medium = '{"MD5": "%s", "IsPrecategorized": "true", "Category": %s}'
    context = '"@odata.context":"http://a/DataModels/2.0.xml/UK/$metadata#'
    media = ",".join(medium % (MD5[at:] + MD5[:at], code) for at, code in enumerate(("null", "0", '"0"', "2")))
    case = "{" + context + 'Cases","value":[{"TotalMediaFiles": 99, "Media":[' + media + "]}]}"
    with ListFile(made(tmp_path / "case.json", case)) as file:
        assert [entry.labels for entry in file.entries()] == [(Label("vics-2.0-UK", "2"),)]
        assert file.passed_over == {"undecided": 3}
    with ListFile(made(tmp_path / "set.json", "{" + context + 'Media","value":[' + media + "]}")) as file:
        assert len(list(file.entries())) == 4


def test_labels_of_the_iwf_keep_its_name(tmp_path: Path) -> None:
    """Columns by name, in any spelling; what is not known is named and not read."""
    header = "IWF ID;MD5;SHA-1;SHA-256;PhotoDNA;Category;Age band;Sex;Self-generated;Assessed on"
    sha1, sha256 = "ab" * 20, "cd" * 32
    row = f"17;{MD5.upper()};{sha1.upper()};{sha256.upper()};AAEC;A;7-10;Female;Yes;2024-01-01"
    path = made(tmp_path / "iwf.csv", f"\ufeff{header}\r\n{row}\r\n")
    with ListFile(path, file_format="iwf") as file:
        found = list(file.entries())
        assert file.unread_columns == ("Assessed on",)
    assert [(entry.entry, entry.signal) for entry in found] == [
        ("17", signal) for signal in ("md5", "sha1", "sha256", "photodna")
    ]
    assert set(found[0].labels) == {
        Label("iwf-Category", "A"),
        Label("iwf-Age band", "7-10"),
        Label("iwf-Sex", "Female"),
        Label("iwf-Self-generated", "Yes"),
    }


def test_digests_are_told_by_their_length(tmp_path: Path) -> None:
    """One or two in a line, with a header or without; the signal may be given."""
    sha1 = "ab" * 20
    mixed = made(tmp_path / "a.txt", f"MD5\n# a\n{MD5.upper()}\n{sha1}\n\n")
    assert [(entry.entry, entry.signal) for entry in read(mixed, file_format="digests")] == [
        ("line 3", "md5"),
        ("line 4", "sha1"),
    ]
    sha256 = made(tmp_path / "b.txt", f"{PDQ}\n")
    assert [entry.signal for entry in read(sha256, file_format="digests", signal="sha256")] == ["sha256"]


@pytest.mark.parametrize("text", [f"pdq:{PDQ}\n", f"hash,signal\n{PDQ},pdq\n", f'{{"pdq": "{PDQ}"}}\n'])
def test_take_it_down_is_read_in_every_plain_format(tmp_path: Path, text: str) -> None:
    """The format says what the list is; its shape is told from the content."""
    assert [entry.signal for entry in read(made(tmp_path / "a", text), file_format="take-it-down")] == ["pdq"]
    case = made(tmp_path / "b", '{"value": []}')
    with pytest.raises(ListError, match="read as vics"):
        read(case, file_format="take-it-down")
