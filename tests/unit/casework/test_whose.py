"""Whose an item is where a scan was told little."""

from pathlib import Path

import pytest

from unseen.casework.cases.whose import Whose
from unseen.casework.known.loading import KnownMaterial
from unseen.model import Finding, ListClass, Locator, Match, State


def subject_of(path: str, *sources: str, subject: str | None = None, list_class: ListClass = ListClass.CSAM) -> str:
    """Into whose case a finding at this path goes, in words; empty for nobody's."""
    known = KnownMaterial(None)
    known.lists.append(("known", b"", list_class))
    match = Match("known", "entry", "md5", 0, None)
    finding = Finding("0" * 32, Locator.of_file(path).inside("zip", "a.jpg"), bytes(32), State.ALLOCATED, (match,))
    with Whose(sources, subject, None) as whose:
        facts = whose.about(known)(finding)
    return "" if facts is None else str(facts.subject)


@pytest.mark.parametrize(
    ("path", "sources", "source"),
    [
        ("up/a.zip", ["up"], "up"),
        ("up/a.zip", ["up/"], "up/"),
        ("uploads/a.zip", ["up", "uploads"], "uploads"),
        ("uploads/a.zip", ["up", "-"], "-"),
        ("up/in/a.zip", ["up", "up/in"], "up/in"),
        ("a.zip", ["a.zip"], "a.zip"),
        ("/a.zip", ["/"], "/"),
        ("s3://b/k/a.zip", ["s3://b/k"], "s3://b/k"),
        ("other/a.zip", ["-"], "-"),
        ("other/a.zip", [], "-"),
        ("b\udcffd/a.zip", ["b\udcffd"], "b\\xffd"),
    ],
)
def test_a_source_holds_what_lies_in_it(path: str, sources: list[str], source: str) -> None:
    """The innermost source around a path is its own, by whole names; what lies in none is the list of paths'."""
    assert subject_of(path, *sources) == f"source:{source}"


def test_what_was_said_goes_before_where_it_lies() -> None:
    """A subject that was given is that of every item; a list that is not of known material makes no case."""
    assert subject_of("up/a.zip", "up", subject="exhibit:JB/3") == "exhibit:JB/3"
    assert subject_of("up/a.zip", "up", list_class=ListClass.USER_REPORTED) == ""


def test_what_is_known_of_an_account_holds_for_items_that_no_row_names(tmp_path: Path) -> None:
    """The subject that was given for all items brings the facts of its account with it."""
    file = tmp_path / "facts.jsonl"
    file.write_text('{"subject": "account:7", "account": {"screenName": "s"}}\n')
    known = KnownMaterial(None)
    known.lists.append(("known", b"", ListClass.CSAM))
    finding = Finding(
        "0" * 32, Locator.of_file("a"), bytes(32), State.ALLOCATED, (Match("known", "e", "md5", 0, None),)
    )
    with Whose(["."], "account:7", str(file)) as whose:
        facts = whose.about(known)(finding)
    assert facts is not None
    assert facts.account == '{"screenName": "s"}'
