"""XML of strangers: no entities, no document types, no network, and bounds for size, depth and number of elements."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from unseen.errors import ExchangeError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element  # the library names its class so
else:
    Element = object

__all__ = ["Element", "read_xml", "tag_of", "text_of"]

# The deepest known answer has eight levels; libxml2 itself gives up at 256.
DEPTH_MAX = 64
# A page of 1,000 entries with every kind of hash and dozens of opinions each has about 100,000; an element takes
# some 200 bytes of memory, whatever the few bytes it came in.
ELEMENTS_MAX = 1_000_000
_CHUNK_BYTES = 65_536
_UTF8_MARK = b"\xef\xbb\xbf"


def read_xml(content: bytes, what: str) -> Element:
    """Read a document whose size is bounded already.

    Args:
        content: In UTF-8, as the services we know send it.
        what: How errors name it.

    Returns:
        The root.

    Raises:
        ExchangeError: It is malformed, in another encoding, or has a document type, which could bring entities.
    """
    from lxml import etree

    if b"\0" in content[:_CHUNK_BYTES] or content.startswith((b"\xfe\xff", b"\xff\xfe")):
        raise ExchangeError(f"{what} is not in UTF-8")
    # Before any parser sees it: declared entities can swell in attributes whatever a parser is told.
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ExchangeError(f"{what} declares a document type, which no service has reason to: refused")
    parser = etree.XMLPullParser(
        events=("start", "end"),
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    body = content.removeprefix(_UTF8_MARK)
    depth = count = 0
    try:
        for at in range(0, len(body), _CHUNK_BYTES):
            parser.feed(body[at : at + _CHUNK_BYTES])
            for event, _ in parser.read_events():
                depth += 1 if event == "start" else -1
                count += event == "start"
                if depth > DEPTH_MAX or count > ELEMENTS_MAX:
                    raise ExchangeError(f"{what} is deeper or has more elements than any answer should: refused")
        return parser.close()
    except etree.XMLSyntaxError as error:
        # Its own message may quote what it stumbled over.
        raise ExchangeError(f"{what} is no well-formed XML: line {error.lineno or 1}") from None


def tag_of(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def text_of(element: Element) -> str:
    """All text in an element, without blanks around it."""
    return "".join(_texts(element)).strip()


def _texts(element: Element) -> Iterator[str]:
    return (str(text) for text in element.itertext())
