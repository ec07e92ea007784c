"""Lists as their owners hand them over in files: what of them is corrupt, and whose words they use."""

import json
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


def medium(**members: object) -> dict[str, object]:
    """A medium as exporters write it, traps included."""
    return {
        "MediaID": 1,
        "Category": 1,
        "MD5": MD5.upper(),
        "MediaSize": "10",
        "MimeType": "image/jpeg",
        "RelativeFilePath": "..\\..\\Windows\\x.jpg",
        "Series": {"Name": "a", "Parts": ["b"]},
        "Tags": None,
        "Comments": "\u0000\u202e",
        "VictimIdentified": "true",
        "IsPrecategorized": "false",
        "DateUpdated": "/Date(1262304000000)/",
        "MediaFiles": [{"MD5": "not a hash", "FilePath": "C:\\x", "Created": "/Date(-1)/", "Deleted": "true"}],
        "Exifs": [{"PropertyName": "Make", "PropertyValue": None}],
        "AlternativeHashes": [{"HashName": "whatever", "HashValue": "??"}],
        **members,
    }


def vics(*media: dict[str, object], context: str = "2.0.xml/US/$metadata#Media", mark: str = "\ufeff") -> str:
    """A document of these media, behind a byte order mark."""
    name = "odata.metadata" if context.startswith("1") else "@odata.context"
    value: list[object] = list(media)
    if context.endswith("#Cases"):
        value = [{"CaseID": "1", "TotalMediaFiles": "999999", "ContactEmail": None, "Media": value}]
    return mark + json.dumps({name: f"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/{context}", "value": value})


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "mark"])
@pytest.mark.parametrize(
    ("context", "scheme"),
    [
        ("1.3.xml#Media", "vics-1.3"),
        ("2.0.xml/US/$metadata#Media", "vics-2.0-US"),
        ("2.0.xml/UK/$metadata#Cases", "vics-2.0-UK"),
        ("2.0.xml/uk/$metadata#Cases", "vics-2.0-UK"),
    ],
)
def test_vics_is_read_as_exporters_write_it(tmp_path: Path, context: str, scheme: str, mark: str) -> None:
    """Marks, texts for truth, dates of .NET, objects for series, paths of Windows, members that nobody knows."""
    path = made(tmp_path / "a.json", vics(medium(), context=context, mark=mark))
    with ListFile(path) as file:
        assert file.format == "vics"
        assert list(file.entries()) == [Entry("1", "md5", bytes.fromhex(MD5), (Label(scheme, "1"),))]
        assert file.refused == ()


def test_media_that_share_a_hash_are_all_read(tmp_path: Path) -> None:
    """One export has 34,731 media over 29,364 files; which of them says what is for the reader to see."""
    shared = [medium(MediaID=number, Category=number) for number in (1, 2, 3)]
    found = read(made(tmp_path / "a.json", vics(*shared)))
    assert [(entry.entry, entry.labels[0].code) for entry in found] == [("1", "1"), ("2", "2"), ("3", "3")]


@pytest.mark.parametrize("category", [None, 0, "0", "", " 0 "])
def test_a_category_that_says_nothing_is_no_label(tmp_path: Path, category: object) -> None:
    """Nobody has decided, whatever `IsPrecategorized` says."""
    path = made(tmp_path / "a.json", vics(medium(Category=category, IsPrecategorized="true")))
    assert [entry.labels for entry in read(path)] == [()]


@pytest.mark.parametrize(
    "empty",
    [
        {"MD5": "D41D8CD98F00B204E9800998ECF8427E"},
        {"SHA1": "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"},
        {"SHA256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    ],
    ids=["md5", "sha1", "sha256"],
)
def test_the_hash_of_an_empty_file_is_refused_and_the_rest_is_read(tmp_path: Path, empty: dict[str, object]) -> None:
    """Every empty file would match it; however many there are, they do not spoil the set."""
    many = [medium(MediaID=number, **empty) for number in range(20)]
    with ListFile(made(tmp_path / "a.json", vics(*many, medium(MediaID=99)))) as file:
        assert [entry.entry for entry in file.entries()] == ["99"]
        assert file.refused_count == 20
        assert "(medium 1)" in file.refused[0].why
