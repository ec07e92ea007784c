"""What the custodian knows of its items, as a file says it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.casework.given.facts import FactsFile, parse_subject
from unseen.errors import UsageError
from unseen.model import Facts, Locator, Subject, SubjectKind

ROW = {
    "item": "uploads/a.jpg",
    "subject": "account:4711",
    "uploaded_at": "2026-11-01T10:00:00+05:30",
    "ip": "2001:DB8::7",
    "port": 50_000,
    "original_name": "a.jpg",
}


def write(tmp_path: Path, *rows: object) -> str:
    """A file of such rows."""
    path = tmp_path / "facts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def test_what_is_known_is_given_as_it_was_said(tmp_path: Path) -> None:
    """Every member of a row comes back; an address in its canonical form."""
    with FactsFile(write(tmp_path, ROW, {"item": "b", "subject": "device:1"})) as facts:
        assert facts.about(Locator.of_file("uploads/a.jpg")) == Facts(
            subject=Subject(SubjectKind.ACCOUNT, "4711"),
            uploaded_at_utc="2026-11-01T10:00:00+05:30",
            ip="2001:db8::7",
            port=50_000,
            original_name="a.jpg",
        )
        assert facts.about(Locator.of_file("b")) == Facts(subject=Subject(SubjectKind.DEVICE, "1"))
        assert facts.about(Locator.of_file("c")) is None
        assert facts.rows == 2


def test_what_lies_in_an_upload_belongs_to_it(tmp_path: Path) -> None:
    """A member of a container has the facts of the nearest container that a row names."""
    member = Locator.of_file("uploads/a.jpg").inside("zip", "x.zip").inside("zip", "y.jpg")
    with FactsFile(write(tmp_path, ROW)) as facts:
        known = facts.about(member)
        assert known is not None
        assert known.subject == Subject(SubjectKind.ACCOUNT, "4711")
    inner = {"item": "uploads/a.jpg > x.zip", "subject": "account:9"}
    with FactsFile(write(tmp_path, ROW, inner)) as facts:
        known = facts.about(member)
        assert known is not None
        assert known.subject == Subject(SubjectKind.ACCOUNT, "9")


def test_the_file_may_be_gone_afterwards(tmp_path: Path) -> None:
    """What was read stays what it was, whatever becomes of the file during a scan."""
    path = write(tmp_path, ROW)
    with FactsFile(path) as facts:
        Path(path).write_text("")
        assert facts.about(Locator.of_file("uploads/a.jpg")) is not None


@pytest.mark.parametrize(
    "row",
    [
        [],
        {"item": "a"},
        {"subject": "account:1"},
        ROW | {"subject": "person:1"},
        ROW | {"subject": "account:"},
        ROW | {"risk": 4},
        ROW | {"uploaded_at": "2026-11-01T10:00:00"},
        ROW | {"uploaded_at": "yesterday"},
        ROW | {"ip": "999.0.0.1"},
        ROW | {"ip": 7},
        ROW | {"port": 0},
        ROW | {"port": True},
        ROW | {"port": "443"},
        ROW | {"original_name": 7},
        ROW | {"original_name": "x" * 70_000},
    ],
)
def test_a_row_that_says_nothing_sure_is_refused_with_its_line(tmp_path: Path, row: object) -> None:
    """A wrong row is refused by its line before anything is scanned: a fact must not be lost in silence."""
    with pytest.raises(UsageError, match="line 2"):
        FactsFile(write(tmp_path, {"item": "other", "subject": "account:2"}, row))


def test_an_item_stands_once(tmp_path: Path) -> None:
    """Two rows about one item are refused: nobody could say whose it is."""
    with pytest.raises(UsageError, match="same item"):
        FactsFile(write(tmp_path, ROW, ROW | {"subject": "account:9"}))


def test_names_that_are_no_text_are_found(tmp_path: Path) -> None:
    """An item whose name holds bytes that are no text is named in JSON as every other output names it."""
    name = "uploads/\udcff.jpg"
    with FactsFile(write(tmp_path, ROW | {"item": name})) as facts:
        assert facts.about(Locator.of_file(name)) is not None


@given(content=st.binary(max_size=400))
def test_any_bytes_are_a_file_of_facts_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever the file holds, it is read or refused; nothing else happens."""
    path = tmp_path_factory.mktemp("facts") / "facts.jsonl"
    path.write_bytes(content)
    try:
        with FactsFile(str(path)) as facts:
            facts.about(Locator.of_file("a"))
    except UsageError:
        return


@pytest.mark.parametrize("text", ["", "account", "account:", ":7", "Account:7", "account: ", "account:a\nb"])
def test_a_subject_is_a_kind_and_an_identifier(text: str) -> None:
    """What is no KIND:ID is refused; an identifier may hold colons."""
    assert parse_subject("upload:a:b") == Subject(SubjectKind.UPLOAD, "a:b")
    with pytest.raises(UsageError):
        parse_subject(text)


def test_facts_of_an_account_hold_for_all_its_items(tmp_path: Path) -> None:
    """A row about an account holds for every item of that subject, wherever it stands; an item's own goes before."""
    account = {"subject": "account:4711", "account": {"displayName": ["Sam"]}}
    own = {"item": "b", "subject": "account:4711", "account": {"displayName": ["Kim"]}}
    with FactsFile(write(tmp_path, {"item": "a", "subject": "account:4711"}, own, account)) as facts:
        of_a, of_b = (facts.about(Locator.of_file(name)) for name in "ab")
        assert of_a is not None
        assert of_b is not None
        assert (of_a.account, of_b.account) == ('{"displayName": ["Sam"]}', '{"displayName": ["Kim"]}')
        assert facts.about(Locator.of_file("account:4711")) is None


def test_facts_of_a_container_say_that_they_are_its(tmp_path: Path) -> None:
    """What a row says of an archive is not passed off as said of a picture in it."""
    with FactsFile(write(tmp_path, {"item": "a.zip", "subject": "account:1", "original_name": "p.zip"})) as facts:
        inside = facts.about(Locator.of_file("a.zip").inside("zip", "b.jpg"))
        itself = facts.about(Locator.of_file("a.zip"))
    assert inside is not None
    assert itself is not None
    assert (inside.about, itself.about) == ("a.zip", None)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"file": {"fileViewedByEsp": True}}, "fileViewedByEsp means nothing here"),
        ({"file": {"additionalInfo": ["\x01"]}}, "which XML cannot hold"),
        ({"uploaded_at": "0001-01-01T00:00:00+10:00"}, "no moment"),
        ({"file": []}, "a member 'file' that is no object"),
        ({"file": {"ipCaptureEvent": {"ipAddress": "192.0.2.1"}}, "ip": "192.0.2.1"}, "a file has one"),
        ({"account": {"risk": 5}}, "risk means nothing here"),
        ({"account": {"ipCaptureEvent": [{"ipAddress": "a", "port": 0}]}}, r"ipCaptureEvent\[1\]/port"),
        (
            {"account": {"ipCaptureEvent": [{"ipAddress": "a", "dateTime": "2026-01-01T00:00:00"}]}},
            r"ipCaptureEvent\[1\]/dateTime is a moment without its time zone",
        ),
    ],
)
def test_further_facts_that_are_none_are_told(tmp_path: Path, more: dict[str, object], told: str) -> None:
    """What the schema has no place for, and what is not the custodian's to say, is refused by its line and place."""
    with pytest.raises(UsageError, match=told) as raised:
        FactsFile(write(tmp_path, {"item": "a", "subject": "account:1", **more}))
    assert "line 1" in str(raised.value)


def test_a_row_about_an_account_says_something_and_stands_once(tmp_path: Path) -> None:
    """An account of which nothing is said, or that two rows speak of, is refused."""
    row = {"subject": "account:1", "account": {"screenName": "a"}}
    for rows in ([{"subject": "account:1", "account": None}], [row, row]):
        with pytest.raises(UsageError, match="line"):
            FactsFile(write(tmp_path, *rows))
