"""Whose an item is where a scan was told little."""

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
        ("b\udcffd/a.zip", ["b\udcffd"], "b\\udcffd"),
    ],
)
def test_a_source_holds_what_lies_in_it(path: str, sources: list[str], source: str) -> None:
    """The innermost source around a path is its own, by whole names; what lies in none is the list of paths'."""
    assert subject_of(path, *sources) == f"source:{source}"


def test_what_was_said_goes_before_where_it_lies() -> None:
    """A subject that was given is that of every item; a list that is not of known material makes no case."""
    assert subject_of("up/a.zip", "up", subject="exhibit:JB/3") == "exhibit:JB/3"
    assert subject_of("up/a.zip", "up", list_class=ListClass.USER_REPORTED) == ""
