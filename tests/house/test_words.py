"""The closed list of words that this project does not use, and the few places that need one of them."""

import re
from pathlib import Path

import pytest
from tests.house.tree import ROOT, SOURCE, project_files

# Terms that hurt the children shown, or that judge people. After the Luxembourg Guidelines; beside each, what to say.
HARMFUL = {
    r"child (?:porn\w*|models?|prostitut\w*)": "child sexual abuse material; child victim",
    r"kiddie\w*": "child sexual abuse material",
    r"(?:kid|minor|underage)s?[ -]porn\w*": "child sexual abuse material",
    r"abusers? found": "match to a list entry",
    r"selfies?|sexting": "image apparently taken by the child; it may be coerced",
    r"fake csam|virtual csam|harmless csam": "AI-generated or digitally manipulated child sexual abuse material",
    r"p(?:a)?edophil\w*|predators?|offenders?": "reported account; suspect (police only); person convicted of",
    r"webcam sex\w*": "livestreamed child sexual abuse",
    r"sextortion": "sexual extortion of children",
    r"low[- ]risk|low[- ]priority|only images|non-contact": "lead; item awaiting action",
}
# Words that claim more, or something else, than the program does.
LOOSE = {
    r"hits?": "match",
    r"detect(?:s|ed|ing|ions?|ors?)": "match; find",
    r"scores?|scoring": "distance",
    r"similarity|confidence": "distance",
    r"cut-?offs?|sensitivity": "threshold",
    r"databases?|data base|blacklists?|whitelists?|hash banks?": "list; store",
    r"fingerprints?|fingerprinting": "hash",
    r"hash types?": "signal",
    r"audit logs?": "ledger",
}
# (path, word as found): why it stands there. Nothing else may.
_WIRE = "a literal of the service's schema, never shown"
_STATISTICS = "the name of a rate of triage instruments, which is no threshold"
ALLOWED: dict[tuple[str, str], str] = {
    ("docs/how-to/run-on-postgresql.md", "database"): "a word of the statement that makes one",
    ("src/unseen/store/engine/postgresql/locks.py", "database"): "the name of a column of PostgreSQL",
    ("src/unseen/store/engine/postgresql/server.py", "database"): "SQLAlchemy's name for a part of an address",
    ("src/unseen/filing/cybertipline/schema/incident.py", "child pornography"): _WIRE,
    ("src/unseen/filing/cybertipline/schema/incident.py", "sextortion"): _WIRE,
    ("src/unseen/filing/rehearsal/grammar.py", "sextortion"): _WIRE,
    ("src/unseen/exchanges/ncmec/wire.py", "fingerprints"): "the name of an element in NCMEC's answers",
    ("src/unseen/lists/pickled/state.py", "fingerprints"): "the name of a member in states of python-threatexchange",
    ("docs/how-to/see-what-triage-misses.md", "sensitivity"): _STATISTICS,
    ("src/unseen/reports/audits/triage.py", "sensitivity"): _STATISTICS,
    ("src/unseen/reports/audits/triage_values.py", "sensitivity"): _STATISTICS,
}


def prose() -> list[Path]:
    """What people read of us: the package with its help texts, the kernel, every document."""
    folders = (SOURCE, ROOT / "native", ROOT / "docs", ROOT / "changelog.d")
    pages = (path for path in ROOT.glob("*.md"))
    # The licence is somebody else's text, word for word.
    return [path for path in project_files() if any(path.is_relative_to(folder) for folder in folders)] + list(pages)


def found_words(text: str) -> list[str]:
    """Every word of the closed list that occurs in a text, in lower case."""
    pattern = re.compile(r"(?<![\w-])(?:" + "|".join([*HARMFUL, *LOOSE]) + r")(?!\w)", re.IGNORECASE)
    return [match.group().lower() for match in pattern.finditer(text)]


@pytest.mark.parametrize("path", prose(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_we_write_uses_a_word_of_the_closed_list(path: Path) -> None:
    """Source, help texts and documents say what the program does, in words that harm nobody."""
    name = str(path.relative_to(ROOT))
    assert [word for word in found_words(path.read_text(encoding="utf-8")) if (name, word) not in ALLOWED] == []


def test_every_exception_is_still_needed() -> None:
    """An allowed place that no longer uses its word is taken off the list."""
    used = {
        (str(path.relative_to(ROOT)), word)
        for path in prose()
        for word in found_words(path.read_text(encoding="utf-8"))
    }
    assert {place for place in ALLOWED if place not in used} == set()
    assert all(reason.strip() for reason in ALLOWED.values())


def test_the_list_finds_its_words() -> None:
    """Words are found in any case and at any place of a sentence, never inside another word."""
    assert found_words("Detected 3 HITS in the Database.") == ["detected", "hits", "database"]
    assert found_words("White whitespace, architecture, underscores, and a list.") == []
