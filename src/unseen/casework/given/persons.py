"""Who decides something, and why: one line and one text, as records and reports hold them."""

import unicodedata

from unseen.errors import UsageError

__all__ = ["same_person", "stated_name", "stated_reason"]

# A name is a line; a reason may be a page. Both end up in every report on the finding.
_NAME_CHARS_MAX = 200
_REASON_CHARS_MAX = 4_000

_TURNS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def stated_name(by: str) -> str:
    """The name of whoever decides, as `--by` gave it.

    Raises:
        UsageError: It is empty, too long or no text.
    """
    return _stated("name", by, _NAME_CHARS_MAX, option="--by")


def stated_reason(reason: str) -> str:
    """Why, in that person's words, as `--reason` gave it.

    Raises:
        UsageError: It is empty, too long or no text.
    """
    return _stated("reason", reason, _REASON_CHARS_MAX, option="--reason")


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's, spelled in two ways.

    Letters and digits alone are compared, without accents, in any case and in any order of words: where two persons
    must act, it is better to refuse two who are hard to tell apart than to take one for both. It compares what was
    typed, and knows nobody.
    """
    words, others = _words(one), _words(other)
    return sorted(words) == sorted(others) or "".join(words) == "".join(others)


def _words(name: str) -> list[str]:
    # By way of capitals: small letters such as the dotless i have one that they share with others. Normalised twice:
    # folding a few letters makes marks that were none before.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).upper().casefold())
    marks = "".join(one for one in folded if unicodedata.category(one) not in {"Mn", "Me", "Cf"})
    return "".join(one if one.isalnum() else " " for one in marks).split()


def _is_control(character: str) -> bool:
    # Commands to a terminal, halves of characters, and marks that turn the direction of writing could make a verdict
    # read otherwise than it was given. Joiners are formatting too, but some scripts cannot do without.
    return unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} or unicodedata.bidirectional(character) in _TURNS


def _stated(what: str, text: str, chars_max: int, *, option: str) -> str:
    stated = text.strip()
    if not stated:
        raise UsageError(
            f"the {what} is empty",
            hint=f"this is a person's to decide: say with {option} whose decision it is, and why",
        )
    if len(stated) > chars_max:
        raise UsageError(f"the {what} has {len(stated):,} characters, at most {chars_max:,} are kept")
    if any(_is_control(character) for character in stated):
        raise UsageError(f"the {what} holds characters that are no text, or more than one line")
    return stated
