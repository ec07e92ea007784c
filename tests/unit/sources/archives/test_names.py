"""Names of entries as addresses."""

from unseen.model import Reason
from unseen.sources.archives.names import Links, to_address


def test_an_address_is_bounded_and_has_no_zero_bytes() -> None:
    """An archive may claim a name of megabytes, or one that ends early for some readers and not for others."""
    assert to_address("a/" * 10_000) == "a/" * 2_047 + "a…"
    assert to_address("a\0.jpg") == "a␀.jpg"
    assert to_address("") == "content"
    assert to_address("../../etc/passwd") == "../../etc/passwd"


def test_more_links_than_can_be_remembered_are_stated() -> None:
    """Nothing is passed over because there was too much of it."""
    links = Links("tar")
    links.add_name("file")
    for number in range(100_001):
        links.add_link(f"link {number}", "file", is_hard=True)
    assert list(links.leading_away()) == [Reason.TOO_MANY]


def test_a_target_is_found_however_it_is_spelt() -> None:
    """From the folder of a soft link, or from the root."""
    links = Links("tar")
    links.add_name("./d/e/file")
    for path, target in (
        ("d/a", "e/file"),
        ("d/b", "../d/e/../e/file"),
        ("c", "/d/e/file"),
        ("d/e/f", "."),
        ("g", "d"),
    ):
        links.add_link(path, target, is_hard=False)
    assert list(links.leading_away()) == []
