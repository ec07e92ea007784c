"""Pages lead to each other, and nowhere that does not exist."""

import re
from pathlib import Path

import pytest
from tests.docs.sessions import pages
from tests.house.tree import ROOT

_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def targets(page: Path) -> list[Path]:
    """The files that a page links to."""
    found = _LINK.findall(page.read_text(encoding="utf-8"))
    return [(page.parent / link).resolve() for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    """What a page links to is a file of the project."""
    assert [str(target) for target in targets(page) if not target.exists()] == []


def test_every_page_can_be_found() -> None:
    """From the README every page of `docs` can be reached."""
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.suffix == ".md" and page.exists():
            reached.add(page)
            waiting += targets(page)
    assert [str(page) for page in pages() if page not in reached and (ROOT / "docs") in page.parents] == []


def test_decisions_are_short() -> None:
    """A decision fits on one screen: at most 60 lines."""
    decisions = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    assert [page.name for page in decisions if len(page.read_text(encoding="utf-8").splitlines()) > 60] == []
    numbers = [int(page.name[:4]) for page in decisions]
    assert numbers == list(range(1, len(numbers) + 1))
