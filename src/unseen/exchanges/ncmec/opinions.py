"""What members say of each other's entries, as NCMEC Hash Sharing v2 words it."""

from collections.abc import Iterator

from unseen.exchanges.markup import Element, tag_of
from unseen.model import Opinion, Stance

__all__ = ["read_opinions", "signal_of_type"]

# The names under which feedback is given, and ours.
_SIGNALS = {"pdna": "photodna"}


def signal_of_type(name: str) -> str:
    """Our name of a kind of hash, from any of theirs: `Sha1`, `SHA1`, `tmk-pdqf`, `TMK_PDQF`."""
    plain = name.strip().lower().replace("-", "_")
    return _SIGNALS.get(plain, plain)


def read_opinions(element: Element) -> tuple[Opinion, ...]:
    """Read `<feedback>`: each member's stance on each kind of hash, with all of its reasons.

    Who is not named is still counted: an opinion against, by whomever, may be why an entry is wrong.
    """
    told: dict[tuple[str, Stance, str | None], list[str]] = {}
    for part in element:
        stance = _STANCES.get(tag_of(part))
        if stance is None:
            continue
        kind = (part.get("type") or "").strip()
        signal = signal_of_type(kind) if kind else None
        for holder, reasons in _voices(part):
            known = told.setdefault((holder, stance, signal), [])
            known += [reason for reason in reasons if reason not in known]
    return tuple(Opinion(holder, stance, signal, tuple(reasons)) for (holder, stance, signal), reasons in told.items())


_STANCES = {"affirmativeFeedback": Stance.FOR, "negativeFeedback": Stance.AGAINST}


def _voices(part: Element) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Members with the reasons that go before them, in any nesting: published samples leave it open."""
    pending: list[str] = []
    was_told = True
    for element in part.iter():
        tag = tag_of(element)
        if tag == "reason":
            # Reasons that follow each other belong together; one behind a member begins anew.
            pending = [*([] if was_told else pending), (element.get("name") or element.get("guid") or "").strip()]
            was_told = False
        elif tag == "member":
            yield (element.get("id") or "").strip(), tuple(reason for reason in pending if reason)
            was_told = True
    if pending and not was_told:
        yield "", tuple(reason for reason in pending if reason)
    elif not any(tag_of(element) == "member" for element in part.iter()):
        yield "", ()
