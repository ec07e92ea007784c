"""What each format says, beyond what the corpus counts."""

import json
from pathlib import Path

import pytest

from unseen.errors import ListError, ListFormatError, UsageError
from unseen.lists import ListFile, read_codes, write_lines
from unseen.lists import stream as stream_module
from unseen.model import Entry, Label, ListClass, Refused

CORPUS = Path(__file__).parent.parent.parent / "fuzz" / "lists"
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


def test_vics_keeps_category_with_its_country_and_version() -> None:
    """The same number means different things in different countries; 0 and null mean nothing yet."""
    old = read(CORPUS / "accept-vics-7-version-1.3.json")
    assert [(entry.entry, entry.signal, entry.labels) for entry in old] == [
        ("0", "md5", (Label("vics-1.3", "1"),)),
        ("0", "sha1", (Label("vics-1.3", "1"),)),
        ("0", "photodna", (Label("vics-1.3", "1"),)),
        ("1", "md5", ()),
        ("1", "sha1", ()),
        ("2", "md5", ()),
        ("2", "photodna", ()),
    ]
    british = read(CORPUS / "accept-vics-3-version-2.0-set-uk.json")
    assert {entry.labels for entry in british} == {(Label("vics-2.0-UK", "2"),)}
    american = read(CORPUS / "accept-vics-6-version-2.0-case.json")
    assert {entry.labels for entry in american} == {(Label("vics-2.0-US", "1"),)}


def test_upper_and_lower_case_are_the_same_hash(tmp_path: Path) -> None:
    """Feeds write either."""
    lower = read(made(tmp_path / "a.txt", f"pdq:{PDQ}\n"))
    assert read(made(tmp_path / "b.txt", f"PDQ:{PDQ.upper()}\n")) == lower


def test_hash_rows_give_digests_canonical_pdq_and_frames_never_variants() -> None:
    """What is of low quality, not screened, or an empty file is passed over and counted."""
    with ListFile(CORPUS / "accept-hash-11-rows.jsonl") as file:
        found = list(file.entries())
        assert file.passed_over == {"low_quality": 2, "not_screened": 1, "empty_file": 1}
    assert [entry.signal for entry in found if entry.entry == "dir/a.jpg"] == ["md5", "sha1", "sha256", "pdq"]
    assert [entry.signal for entry in found if entry.entry == "dir/low.png"] == ["md5", "sha1", "sha256"]
    assert [entry.signal for entry in found if entry.entry == r"dir/v\xff.mp4"] == ["md5", "sha1", "sha256", "vpdq"]


def test_a_negative_opinion_is_passed_over() -> None:
    """Whoever shared such a hash says that it is not the material."""
    with ListFile(CORPUS / "accept-csv-2-threatexchange-dataset.csv") as file:
        found = list(file.entries())
        assert file.passed_over == {"negative_opinion": 1}
        assert file.unread_columns == ("collab",)
    assert found[0].labels == (Label("category", "POSITIVE_CLASS"), Label("tags", "a b"))


def test_a_bare_value_is_read_when_its_signal_is_given(tmp_path: Path) -> None:
    """PDQ and SHA-256 look alike, so somebody has to say."""
    path = made(tmp_path / "a.txt", f"{PDQ}\n\n{PDQ[::-1]}\n")
    assert [entry.signal for entry in read(path, signal="SHA-256")] == ["sha256", "sha256"]
    with pytest.raises(ListFormatError, match="64 bare digits") as caught:
        read(path)
    assert "--signal" in caught.value.hint


def test_all_bad_lines_are_named_at_once(tmp_path: Path) -> None:
    """The first in full, twenty by number, and their count; so much corruption leaves nothing of the list."""
    lines = [f"md5:{MD5}", *[f"md5:{MD5[:number]}" for number in range(1, 26)], f"md5:{MD5[::-1]}"]
    said = "line 2: expected 32 hexadecimal digits of md5, found 1 digits"
    with ListFile(made(tmp_path / "a.txt", "\n".join(lines))) as file, pytest.raises(ListFormatError, match=said) as e:
        list(file.entries())
    assert "25 lines are bad: 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21 and so on" in (
        e.value.hint
    )
    assert "nothing was imported" in e.value.hint


def test_lines_are_counted_through_blank_lines_quotes_and_documents(tmp_path: Path) -> None:
    """The number in an error is that of an editor."""
    texts = {
        "a.txt": f"# a\n\nmd5:{MD5}\r\nmd5:\n",
        "a.csv": f'md5,note\n{MD5},"a\nb"\n\nxyz,c\n',
        "a.json": '{"value": [\n{"MD5": "' + MD5 + '"},\n\n{"MD5": "12"}]}',
    }
    for (name, text), line in zip(texts.items(), (4, 5, 4), strict=True):
        with ListFile(made(tmp_path / name, text)) as file, pytest.raises(ListFormatError) as caught:
            list(file.entries(is_strict=True))
        assert caught.value.line == line


def test_unknown_formats_signals_and_files_are_refused(tmp_path: Path) -> None:
    """Each with what would be right, or why it cannot be read."""
    path = made(tmp_path / "a.txt", f"pdq:{PDQ}\n")
    with pytest.raises(UsageError, match="unknown format 'xml'"):
        ListFile(path, file_format="xml")
    with pytest.raises(UsageError, match="unknown signal 'pqd'"):
        ListFile(path, signal="pqd")
    with pytest.raises(ListError, match="cannot read"):
        ListFile(tmp_path / "nowhere")
    with pytest.raises(ListError, match="not an ordinary file"):
        ListFile(tmp_path)


def test_a_plugged_in_signal_counts_as_known(tmp_path: Path) -> None:
    """A licensee's own signal is kept like the well-known ones."""
    path = made(tmp_path / "a.txt", "ourhash:abc\n")
    with pytest.raises(ListFormatError, match="'ourhash'"):
        read(path)
    with ListFile(path, plugged={"ourhash"}) as file:
        assert list(file.entries()) == [Entry("line 1", "ourhash", b"abc")]


def test_a_line_without_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    """A file of one endless line is no list."""
    with pytest.raises(ListFormatError, match="expected at most 401000 characters, found a longer line"):
        read(made(tmp_path / "a.txt", "md5:" + "0" * 3_000_000))


def test_the_digest_is_that_of_the_file(tmp_path: Path) -> None:
    """Exactly the bytes that were read, byte order mark included."""
    import hashlib

    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfpdq:" + PDQ.encode() + b"\r\n")
    with ListFile(path) as file:
        list(file.entries())
        assert file.sha256 == hashlib.sha256(path.read_bytes()).digest()


@pytest.mark.parametrize("path", sorted(CORPUS.glob("accept-*")), ids=lambda path: path.name)
def test_where_blocks_end_makes_no_difference(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file read in pieces of seven bytes gives the same entries."""
    whole = read(path)
    with ListFile(path) as file:
        monkeypatch.setattr(stream_module, "BLOCK_BYTES", 7)
        assert list(file.entries()) == whole
    guessed = path.name.split("-")[1]
    assert read(path, file_format=guessed) == whole


def test_a_large_document_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """Media are taken out one by one: the whole document never stands in memory."""
    import tracemalloc

    medium = json.dumps({"MediaID": 1, "MD5": MD5, "Category": 1, "Comments": "x" * 1000})
    case = '{"@odata.context":"http://a/DataModels/2.0.xml/US/$metadata#Cases","value":[{"CaseID":"1","Media":['
    path = made(tmp_path / "a.json", case + ",".join([medium] * 30_000) + "]}]}")
    tracemalloc.start()
    with ListFile(path) as file:
        assert sum(1 for _ in file.entries()) == 30_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 30_000_000
    assert peak < 12_000_000


def test_a_file_can_be_read_for_one_run(tmp_path: Path) -> None:
    """Without a store: matrices, names, digest, and the count of what cannot be searched."""
    path = made(tmp_path / "a.csv", f"id,md5,pdq,photodna\nx,{MD5},{PDQ},AA\ny,,{PDQ[::-1]},\n")
    with ListFile(path) as file:
        read_ = read_codes(file, name="a.csv", list_class=ListClass.CLEARED, first_row=100)
    assert [(codes.signal, codes.list, codes.list_class, codes.rows.tolist()) for codes in read_.codes] == [
        ("pdq", "a.csv", ListClass.CLEARED, [101, 102]),
        ("md5", "a.csv", ListClass.CLEARED, [100]),
    ]
    assert [read_.names[row - read_.first_row] for row in (100, 101, 102)] == ["x", "x", "y"]
    assert read_.by_signal == {"md5": 1, "pdq": 2, "photodna": 1}


def test_an_unknown_format_to_write_is_refused() -> None:
    """Only what can be read back is written."""
    with pytest.raises(UsageError, match="cannot write"):
        write_lines([], file_format="csv")


def test_a_plugged_in_signal_of_a_file_is_read_through_its_reader(tmp_path: Path) -> None:
    """A licensee's hasher says how the text of a value becomes bytes."""
    with ListFile(made(tmp_path / "a.txt", f"photodna:0102\nmd5:{MD5}\n")) as file:
        found = read_codes(file, name="a", list_class=ListClass.CSAM, readers={"photodna": bytes.fromhex})
    assert [(codes.signal, codes.values[0, 0]) for codes in found.codes] == [("md5", 0x01), ("photodna", 1)]


def test_every_line_is_read_like_the_first_of_its_signal(tmp_path: Path) -> None:
    """Blanks around the colon are allowed in all lines, or in none."""
    path = made(tmp_path / "a.txt", f"md5: {MD5}\nmd5: {MD5[::-1]}\nmd5 : {MD5}\nmd5 : {MD5}\n")
    assert len(read(path)) == 4


def test_a_table_may_begin_with_comments(tmp_path: Path) -> None:
    """Exporters put their name there; lines are counted all the same."""
    path = made(tmp_path / "a.csv", f"# exported by somebody, md5\n\nmd5\n{MD5}\n")
    assert [entry.entry for entry in read(path)] == ["line 4"]


@pytest.mark.parametrize("text", ["md5\rabc", "md5," + "x" * 200_000, '"md5', "md5,a\nb\rc\n"])
def test_odd_tables_are_refused_with_our_own_error(tmp_path: Path, text: str) -> None:
    """Python's csv module has errors of its own; none leaks."""
    for file_format in ({}, {"file_format": "csv"}):
        with pytest.raises(ListError):
            read(made(tmp_path / "a.csv", text), **file_format)


def test_a_list_longer_than_anybodys_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as it goes on for too long: a pipe may never end."""
    from unseen.lists import reading

    monkeypatch.setattr(reading, "ENTRIES_MAX", 2)
    with pytest.raises(ListError, match="more than 2 entries"):
        read(made(tmp_path / "a.txt", f"md5:{MD5}\n" * 3))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            '{"hash": "md5:%"}',
            "expected 32 hexadecimal digits of md5, found 1 characters of which number 1 is no digit",
        ),
        ('{"hash": "photodna:"}', "characters of photodna, found 0"),
        ('{"hash": "photodna:" , "label": ""}', "expected a label of 1 to 1024 characters, found 0"),
        ('{"hash": "photodna:a\\tb"}', "found control characters"),
        ('{"hash": "photodna:a", "id": ""}', "expected an identifier of 1 to 8192 characters, found 0"),
        ('{"hash": "photodna:a", "labels": {"a": 1}}', "expected labels as .* found a JSON dict"),
        ('{"hash": "photodna:a", "labels": [{"scheme": 1}]}', "expected a label as"),
        ('{"hash": "photodna:a", "label": "a\\u0007"}', "found control characters"),
        ('{"item": "a", "outcome": "hashed", "vpdq": [1]}', "expected vpdq as a list of frames"),
        ('{"md5": true}', "expected md5 as text, found a JSON bool"),
        ('{"id": ' + "1" * 5000 + "}", "a number of too many digits"),
    ],
)
def test_bad_members_are_refused(tmp_path: Path, text: str, found: str) -> None:
    """Each with what was expected."""
    with pytest.raises(ListFormatError, match=found):
        read(made(tmp_path / "a.jsonl", text))


def test_labels_come_in_three_shapes(tmp_path: Path) -> None:
    """Pairs, objects, and a single code whose scheme is its member's name."""
    rows = ['"labels": [["a", "1"]]', '"labels": [{"scheme": "a", "code": "1"}]', '"label": "1"', '"labels": null']
    path = made(tmp_path / "a.jsonl", "".join(f'{{"signal": "md5", "hash": "{MD5}", {row}}}\n' for row in rows))
    pair = (Label("a", "1"),)
    assert [entry.labels for entry in read(path)] == [pair, pair, (Label("label", "1"),), ()]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"value": [' + "[" * 5000, "nested too deeply"),
        ('{"value": [' + "1" * 5000 + "]}", "a number of too many digits"),
        ('{"value": [{"MD5": [1]}]}', "expected MD5 as text, found a JSON list .medium 1."),
        ("{1: 2}", "a key in JSON"),
        ("{", "found the end|expecting"),
        ("{}", "a member named value"),
        ("[]", "expected '{' in JSON"),
        ('{"value": [{"MD5": ""}]}', "holds no entry"),
    ],
)
def test_bad_documents_are_refused(tmp_path: Path, text: str, found: str) -> None:
    """Each with what was expected; nothing of Python's own leaks."""
    with pytest.raises(ListError, match=found):
        read(made(tmp_path / "a.json", text), file_format="vics")


def test_a_value_without_end_is_refused_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A string that never closes does not fill the memory."""
    from unseen.lists.vics import json_stream

    monkeypatch.setattr(json_stream, "VALUE_CHARS_MAX", 1_000_000)
    path = made(tmp_path / "a.json", '{"value": ["' + "x" * 5_000_000)
    with pytest.raises(ListFormatError, match="at most 1000000 characters"):
        read(path, file_format="vics")


def test_a_case_is_found_even_where_media_were_promised(tmp_path: Path) -> None:
    """The document's own word is not trusted; media without any hash are counted."""
    text = '{"value": [{"CaseID": 1, "Media": [{"MD5": "%s", "Category": "2"}, {"MediaID": 5}]}]}'
    with ListFile(made(tmp_path / "a.json", text.replace("%s", MD5))) as file:
        assert list(file.entries()) == [Entry("media 1", "md5", bytes.fromhex(MD5), (Label("vics", "2"),))]
        assert file.passed_over == {"no_hash": 1}


def test_paths_that_could_steer_a_terminal_are_escaped(tmp_path: Path) -> None:
    """An item's path is its identifier; control characters and stray surrogates are written out."""
    row = {"item": "a\u001b[2J\ud800-\udcffé ", "outcome": "hashed", "size_bytes": 1, "md5": MD5}
    assert read(made(tmp_path / "a.jsonl", json.dumps(row)))[0].entry == r"a\x1b[2J\ud800-\xffé "


def test_a_value_in_a_table_may_name_its_signal(tmp_path: Path) -> None:
    """Where no column does; a given signal stands for those that name none."""
    path = made(tmp_path / "a.csv", f"hash\nmd5:{MD5}\n{PDQ}\n")
    assert [entry.signal for entry in read(path, signal="pdq")] == ["md5", "pdq"]


def test_a_bad_byte_is_named_by_its_line(tmp_path: Path) -> None:
    """However far into the file."""
    path = tmp_path / "a.txt"
    path.write_bytes(f"md5:{MD5}\n".encode() * 40_000 + b"# caf\xe9\n" + f"md5:{MD5}".encode())
    with ListFile(path) as file:
        assert sum(1 for _ in file.entries()) == 40_001
        assert file.refused == (Refused("line 40001", "expected UTF-8 text, found other bytes"),)
