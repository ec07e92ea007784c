"""Locators as text: what is printed names one item and reads back."""

from hypothesis import given
from hypothesis import strategies as st

from unseen.model import Locator

# Made of what the text is made of, so that every way of confusing it turns up.
_ADDRESSES = st.text(st.sampled_from("> \\a/\n"), max_size=6)
_CHAINS = st.lists(_ADDRESSES, min_size=1, max_size=4)


@given(_CHAINS)
def test_the_text_of_a_locator_reads_back(addresses: list[str]) -> None:
    """Addresses survive being printed, whatever they hold."""
    locator = Locator(tuple(("layer", address) for address in addresses))
    assert Locator.addresses(str(locator)) == tuple(addresses)


@given(st.text(st.characters(exclude_characters=">")))
def test_an_ordinary_path_is_its_own_text(path: str) -> None:
    """The locator of a file without the joining sign is the path as given."""
    assert str(Locator.of_file(path)) == path
