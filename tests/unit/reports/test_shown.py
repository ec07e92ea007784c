"""Names chosen by strangers can be read in one way only."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.reports.shown import read_shown, restrict, show, wrap

# Any bytes a file system may hold, as text with surrogateescape.
ANY_NAME = st.one_of(
    st.binary(max_size=60).map(lambda name: name.decode("utf-8", "surrogateescape")),
    st.text(max_size=60).filter(lambda text: not re.search("[\ud800-\udfff]", text)),
    st.text(alphabet="ab /\\\n\u202e\u200b\u0301é\udcff", max_size=20),
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u\{([0-9a-f]+)\}|([\\nrt]))")


def unescape(shown: str) -> str:
    """The text again, by the rule that reports print under their definitions."""

    def one(found: re.Match[str]) -> str:
        if found[1]:
            return chr(0xDC00 + int(found[1], 16))
        return chr(int(found[2], 16)) if found[2] else {"\\": "\\", "n": "\n", "r": "\r", "t": "\t"}[found[3]]

    return _ESCAPE.sub(one, shown)


@given(ANY_NAME)
def test_what_is_shown_tells_exactly_what_was_given(name: str) -> None:
    """No two names are shown alike: the escapes lead back to the name."""
    assert unescape(show(name)) == name
    assert read_shown(show(name)) == name


@given(ANY_NAME)
def test_what_a_page_shows_reads_back_too(name: str) -> None:
    """Escapes for letters that a font lacks are read like the others."""
    assert read_shown(restrict(show(name), str.isascii)) == name


@pytest.mark.parametrize("text", ["a\\", r"a\b\q", r"\x7f", r"\u{110000}", r"\u{}", r"\>", r"\x"])
def test_what_is_no_escape_is_no_shown_text(text: str) -> None:
    """Nothing is guessed."""
    assert read_shown(text) is None


@given(ANY_NAME)
def test_nothing_shown_is_unseen_or_steers(name: str) -> None:
    """No control, no format character, no line end, no lone byte, no second blank, and one spelling of each letter."""
    shown = show(name)
    assert shown.isprintable()
    assert "  " not in shown
    assert shown == shown.strip()
    assert unicodedata.is_normalized("NFC", shown)
    shown.encode("utf-8")


@given(ANY_NAME, st.integers(10, 100))
def test_wrapping_adds_and_drops_nothing(name: str, width: int) -> None:
    """Lines put together are the text; none is too long, and no escape is torn."""
    shown = show(name)
    lines = list(wrap(shown, width))
    assert "".join(lines) == shown
    assert max(map(len, lines)) <= width
    assert "".join(unescape(line) for line in lines) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("uploads/photo 1.jpg", "uploads/photo 1.jpg"),
        ("Фото/été.png", "Фото/été.png"),
        ("exe\u202egnp.jpg", r"exe\u{202e}gnp.jpg"),
        ("a\nb\tc", r"a\nb\tc"),
        (r"a\nb", r"a\\nb"),
        ("\udcff", r"\xff"),
        ("e\u0301", r"e\u{301}"),
        ("  a ", r"\u{20}\u{20}a\u{20}"),
        ("a\u200bb\u3164c\u2800", r"a\u{200b}b\u{3164}c\u{2800}"),
        ("a\u00a0b\u2028", r"a\u{a0}b\u{2028}"),
    ],
)
def test_names_are_shown_as_documented(name: str, shown: str) -> None:
    """Ordinary names stay as they are, and each kind of trick becomes its escape."""
    assert show(name) == shown


def test_marks_cannot_be_piled_up() -> None:
    """A letter may carry two marks; what stands above them would cover other lines."""
    assert show("q" + "\u0323\u0307" + "\u0301" * 20).count("\\u{301}") == 20


def test_letters_without_a_glyph_are_escaped_and_others_are_not() -> None:
    """A font that has no letter for a character must not print an empty box."""
    assert restrict(show("a\u4e2d\\"), str.isascii) == r"a\u{4e2d}\\"
