"""XML of strangers."""

import pytest

from unseen.errors import ExchangeError
from unseen.exchanges.markup import DEPTH_MAX, ELEMENTS_MAX, read_xml, tag_of, text_of

BOMB = b'<!DOCTYPE a [<!ENTITY x "xxxx"><!ENTITY y "&x;&x;&x;&x;">]><a b="&y;">&y;</a>'


def test_a_document_is_read_without_its_namespace() -> None:
    """Names are told without the namespace, and text without comments and blanks."""
    root = read_xml(
        b'\xef\xbb\xbf<?xml version="1.0" encoding="UTF-8"?><a xmlns="urn:x"> <!-- c -->b<c>d</c> </a>', "it"
    )
    assert (tag_of(root), tag_of(root[0]), text_of(root)) == ("a", "c", "bd")


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<?xml version="1.0"?>\n<!DOCTYPE a PUBLIC "x" "http://127.0.0.1/x.dtd"><a/>',
        BOMB.decode().encode("utf-16"),
        BOMB.decode().encode("utf-16-le"),
        b"\xef\xbb\xbf" + BOMB,
    ],
    ids=["bomb", "file", "network", "utf-16", "utf-16 without a mark", "after a mark"],
)
def test_document_types_are_refused_in_every_guise(content: bytes) -> None:
    """Entities could swell or read files: whatever declares any is refused before it is parsed."""
    with pytest.raises(ExchangeError):
        read_xml(content, "it")


def test_an_encoding_that_hides_a_document_type_hides_nothing() -> None:
    """What names another encoding is still read as UTF-8."""
    hidden = b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a [+ADwAIQ-ENTITY x "y"+AD4-]+AD4-<a>&x;</a>'
    with pytest.raises(ExchangeError):
        read_xml(hidden, "it")


@pytest.mark.parametrize("content", [b"", b"<a>", b"<a></b>", b"<a>&x;</a>", b"<a/><b/>", b"no", b"<a>\x01</a>"])
def test_malformed_documents_are_refused_without_quoting_them(content: bytes) -> None:
    """The sentence names a line, never what stood there."""
    with pytest.raises(ExchangeError, match="no well-formed XML: line 1"):
        read_xml(content, "it")


def test_depth_and_number_of_elements_are_bounded() -> None:
    """One level or element more than the bound is refused, the bound itself is read."""
    read_xml(b"<a>" * DEPTH_MAX + b"</a>" * DEPTH_MAX, "it")
    with pytest.raises(ExchangeError, match="deeper"):
        read_xml(b"<a>" * (DEPTH_MAX + 1) + b"</a>" * (DEPTH_MAX + 1), "it")
    with pytest.raises(ExchangeError, match="more elements"):
        read_xml(b"<a>" + b"<b/>" * ELEMENTS_MAX + b"</a>", "it")
