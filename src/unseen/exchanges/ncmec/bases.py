"""The lists that NCMEC keeps, each at an address of its own, and what may be done with what each of them says."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from unseen.errors import UsageError
from unseen.exchanges.ncmec.wire import Member
from unseen.model import ListClass

__all__ = ["BASES", "Base", "choose_members", "class_of_base", "find_base"]


@dataclass(frozen=True, slots=True)
class Base:
    """One list of NCMEC.

    Attributes:
        name: What people call it here.
        address: Paths are appended to it, each beginning with the version.
        list_class: The only class in which its entries are taken; None where the address is not one of those known,
            and a person has to say.
        holds_take_it_down: Whether reports to Take It Down, which nobody reviews, are among its entries.
    """

    name: str
    address: str
    list_class: ListClass | None
    holds_take_it_down: bool = False


# What is exploitative without showing abuse is somebody's child all the same: it makes findings that a person looks
# into, and never filings by itself. Material made with generative AI that shows abuse is abuse material in law.
_KNOWN = (
    ("industry", "report.cybertip.org/hashsharing", ListClass.CSAM),
    ("industry-exploitative", "report.cybertip.org/exploitative-hashsharing", ListClass.USER_REPORTED),
    ("law-enforcement", "lesp.ncmec.org/csam-hashsharing", ListClass.CSAM),
    ("npo", "hashsharing.ncmec.org/npo", ListClass.CSAM),
    ("npo-exploitative", "hashsharing.ncmec.org/exploitative", ListClass.USER_REPORTED),
    ("generative-ai", "hashsharing.ncmec.org/generative-ai-csam", ListClass.CSAM),
    ("generative-ai-exploitative", "hashsharing.ncmec.org/generative-ai-exploitative", ListClass.USER_REPORTED),
)
_TESTS = (
    ("report.cybertip.org", "exttest.cybertip.org"),
    ("lesp.ncmec.org", "betalesp.ncmec.org"),
    ("hashsharing.ncmec.org", "hashsharing-test.ncmec.org"),
)
_WITH_TAKE_IT_DOWN = "npo"


def _test_address(address: str) -> str:
    host, _, path = address.partition("/")
    return f"{dict(_TESTS)[host]}/{path}"


BASES = {
    base.name: base
    for name, address, list_class in _KNOWN
    for base in (
        Base(name, f"https://{address}", list_class, name == _WITH_TAKE_IT_DOWN),
        Base(f"test-{name}", f"https://{_test_address(address)}", list_class, name == _WITH_TAKE_IT_DOWN),
    )
}


def find_base(text: str) -> Base:
    """A base by its name, or by an address that NCMEC gave.

    Raises:
        UsageError: There is no such base.
    """
    known = BASES.get(text) or next((base for base in BASES.values() if base.address == text.rstrip("/")), None)
    if known is not None:
        return known
    if "://" in text:
        # Any address may hold them: who submitted an entry tells.
        return Base(text.rstrip("/"), text.rstrip("/"), None, holds_take_it_down=True)
    raise UsageError(f"NCMEC keeps no list {text[:60]!r}", hint=f"one of {', '.join(BASES)}, or the address of another")


def class_of_base(base: Base, wanted: ListClass | None) -> ListClass:
    """The class in which a base is taken.

    Args:
        base: Where the list comes from.
        wanted: What a person asked for, if anything.

    Raises:
        UsageError: Nobody said it of an unknown address, or more was asked for than the base claims of its entries.
    """
    chosen = wanted or base.list_class
    if chosen is None:
        raise UsageError(f"what is the list at {base.address} for?", hint="give --class csam or --class user_reported")
    if chosen not in {ListClass.CSAM, ListClass.USER_REPORTED}:
        raise UsageError(f"NCMEC's list {base.name} cannot be of class {chosen}: it names what is to be found")
    if chosen is ListClass.CSAM and base.list_class is ListClass.USER_REPORTED:
        raise UsageError(
            f"NCMEC's list {base.name} cannot be of class csam: NCMEC does not call its entries that",
            hint="as user_reported it makes findings that a person looks into, and no filings by itself",
        )
    return chosen


def choose_members(
    base: Base, list_class: ListClass, *, only: Collection[str] = (), without: Collection[str] = ()
) -> Callable[[Member], bool]:
    """Whose entries belong into a list.

    What people report to Take It Down stands in one list with what was reviewed, under a member of that name. Nobody
    has looked at it: in a list of class csam it would accuse whoever holds a picture that somebody wanted removed.

    Args:
        base: Where the list comes from.
        list_class: In which class.
        only: Identifiers of members; none for all.
        without: Identifiers of members.
    """

    def is_chosen(member: Member) -> bool:
        if member.id in without or (only and member.id not in only):
            return False
        if only or not base.holds_take_it_down:
            return True
        if list_class is ListClass.CSAM:
            return not _is_take_it_down(member)
        return base.list_class is None or _is_take_it_down(member)

    return is_chosen


def _is_take_it_down(member: Member) -> bool:
    return "takeitdown" in re.sub(r"[\W_]+", "", member.name.lower())
