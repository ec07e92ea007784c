"""Which lists of NCMEC may be taken for what."""

import pytest

from unseen.errors import UsageError
from unseen.exchanges.ncmec import BASES, choose_members, class_of_base, find_base
from unseen.exchanges.ncmec.wire import Member
from unseen.model import ListClass


def test_every_base_has_its_test_base_and_asks_in_secret() -> None:
    """Each list is at an address of its own, by HTTPS, and has a place to try on of the same class."""
    assert len({base.address for base in BASES.values()}) == len(BASES) == 14
    assert all(base.address.startswith("https://") for base in BASES.values())
    for name, base in BASES.items():
        if not name.startswith("test-"):
            assert BASES[f"test-{name}"].list_class == base.list_class


@pytest.mark.parametrize("name", BASES)
def test_what_is_not_called_abuse_material_is_not_taken_for_it(name: str) -> None:
    """Exploitative material makes findings and never filings, whatever was asked for; no base is harmless."""
    base = BASES[name]
    expected = ListClass.USER_REPORTED if "exploitative" in name else ListClass.CSAM
    assert class_of_base(base, None) is expected
    assert class_of_base(base, ListClass.USER_REPORTED) is ListClass.USER_REPORTED
    for harmless in (ListClass.KNOWN_FILE, ListClass.CLEARED):
        with pytest.raises(UsageError):
            class_of_base(base, harmless)
    if expected is ListClass.USER_REPORTED:
        with pytest.raises(UsageError, match="does not call its entries that"):
            class_of_base(base, ListClass.CSAM)


def test_a_base_is_found_by_name_and_address() -> None:
    """An address that is known is that base; of another somebody has to say what it holds."""
    assert find_base("https://hashsharing.ncmec.org/npo/") is BASES["npo"]
    other = find_base("https://report.cybertip.org/ws-hashsharing")
    with pytest.raises(UsageError, match="what is the list"):
        class_of_base(other, None)
    assert class_of_base(other, ListClass.CSAM) is ListClass.CSAM
    with pytest.raises(UsageError, match="keeps no list"):
        find_base("nonesuch")


@pytest.mark.parametrize("name", ["Take It Down", "NCMEC - Take It Down", "TakeItDown", "TAKE_IT_DOWN"])
def test_take_it_down_is_known_by_its_name(name: str) -> None:
    """However it is spelled; at an address that is not known too."""
    member = Member("7", name)
    for base in (BASES["npo"], find_base("https://example.org/list")):
        assert not choose_members(base, ListClass.CSAM)(member)
        assert choose_members(base, ListClass.USER_REPORTED)(member)
        assert choose_members(base, ListClass.CSAM)(Member("8", "Take care"))
    assert choose_members(BASES["npo"], ListClass.CSAM, only={"7"})(member)
