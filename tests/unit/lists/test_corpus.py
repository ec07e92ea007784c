"""The corpus of lists: what is accepted, with how many entries, what in part, and what is refused, for which reason."""

import re
from pathlib import Path

import pytest

from unseen.errors import ListError
from unseen.lists import ListFile

CORPUS = sorted((Path(__file__).parent.parent.parent / "fuzz" / "lists").iterdir())
ACCEPTED = [path for path in CORPUS if path.name.startswith("accept-")]
PARTLY = [path for path in CORPUS if path.name.startswith("partly-")]
REFUSED = [path for path in CORPUS if path.name.startswith("reject-")]

# Reason in the file's name: what the error says.
REASONS = {
    "bare_value": r"expected signal:HEX, found \d+ bare digits",
    "columns": r"expected 2 columns, found 3",
    "control": r"found control characters in it",
    "empty_file": r"found the hash of the empty file",
    "flat": r"found that of a flat area",
    "label": r"expected a label as \[scheme, code\]",
    "no_digest": r"expected a digest or a PDQ, found none",
    "no_entry": r"holds no entry",
    "no_hash": r"expected a hash, found empty cells",
    "no_header": r"expected a header that names its columns, found none",
    "no_member": r"expected a member named value\b.*, found none",
    "no_signals": r"expected signals and bank of a content, found none",
    "no_quality": r"expected a pdq_quality beside the pdq, found",
    "no_signal": r"expected a (signal beside the hash|member named signal), found none",
    "not_hexadecimal": r"found \d+ characters of which number \d+ is no digit",
    "not_json": r"expected .* (JSON|the end)",
    "not_object": r"expected (a JSON object|a medium), found a JSON",
    "not_text": r"expected .* as (text|a number|a number or text), found a JSON list",
    "not_utf8": r"expected UTF-8 text, found",
    "other_purpose": r"expected known child sexual abuse material, found an entry about (intimate images|terrorism)",
    "other_line": r"expected signal:HEX, found \d+ other characters",
    "sixty_four": r"expected 32 hexadecimal digits of md5 or 40 of sha1, found 64",
    "wrong_digest": r"expected 32 hexadecimal digits of md5 or 40 of sha1, found 7",
    "packed": r"is (packed with|a ZIP|an SQLite)",
    "quotes": r"expected a row of CSV",
    "too_deep": r"nested too deeply",
    "trailing": r"expected the end, found more",
    "unknown_signal": r"expected the name of a signal, found 'pqd'",
    "utf16": r"is text in UTF-16",
    "wrong_length": r"expected \d+ hexadecimal digits of \w+, found \d+ (digits|characters)",
}


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.name)
def test_accepted_lists_hold_what_their_name_says(path: Path) -> None:
    """The format is guessed right, and every entry is read."""
    _, guessed, count, _ = path.stem.split("-", 3)
    with ListFile(path) as file:
        assert (file.format, file.is_guessed) == (guessed, True)
        assert len(list(file.entries())) == int(count)


@pytest.mark.parametrize("path", PARTLY, ids=lambda path: path.name)
def test_a_corrupt_entry_is_refused_by_its_place_and_the_rest_is_read(path: Path) -> None:
    """One alone never stands in the way; whoever wants all or nothing gets nothing."""
    _, file_format, reason, count, _ = path.stem.split("-", 4)
    with ListFile(path, file_format=file_format) as file:
        assert len(list(file.entries())) == int(count)
        assert file.refused_count == len(file.refused) == 1
        assert re.search(REASONS[reason], file.refused[0].why)
        assert re.fullmatch(r"line \d+", file.refused[0].position)
    with ListFile(path, file_format=file_format) as file, pytest.raises(ListError, match=REASONS[reason]):
        list(file.entries(is_strict=True))


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name)
def test_refused_lists_are_refused_for_the_reason_in_their_name(path: Path) -> None:
    """The error says what was expected and what was found."""
    _, file_format, reason, _ = path.stem.split("-", 3)
    with pytest.raises(ListError, match=REASONS[reason]), ListFile(path, file_format=file_format) as file:
        list(file.entries())


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.name)
def test_refused_lists_are_refused_in_whatever_format_is_guessed(path: Path) -> None:
    """Guessing does not open a door that the right format keeps shut."""
    with pytest.raises(ListError), ListFile(path) as file:
        list(file.entries())


@pytest.mark.parametrize("path", [*REFUSED, *PARTLY], ids=lambda path: path.name)
def test_errors_never_repeat_a_value(path: Path) -> None:
    """Hash values of entries are never printed, not even those of bad lines."""
    with pytest.raises(ListError) as caught, ListFile(path) as file:
        list(file.entries(is_strict=True))
    assert re.search(r"[0-9a-fA-F]{30}", f"{caught.value} {caught.value.hint}") is None


def test_every_reason_has_a_file() -> None:
    """The closed list holds no reason that nothing tests."""
    assert {path.stem.split("-", 3)[2] for path in [*REFUSED, *PARTLY]} == set(REASONS)
