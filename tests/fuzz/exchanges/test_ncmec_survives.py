"""Whatever NCMEC's address answers, reading it ends in a page or in one sentence."""

from collections.abc import Callable
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.exchanges.fake_ncmec import NAMESPACE, Record

from unseen.errors import ExchangeError
from unseen.exchanges.ncmec.windows import Checkpoint, Span, estimate_entries, is_of_span
from unseen.exchanges.ncmec.wire import read_query
from unseen.lists.values import parse_value
from unseen.model import Published

FEEDBACK = (
    '<feedback><negativeFeedback type="Sha1"><reasons><reason guid="g" name="r"/><members><member id="7">x</member>'
    "</members></reasons></negativeFeedback></feedback>"
)


def whole() -> bytes:
    """A page with a bit of everything."""
    records = [Record.drawn(n, 1_700_000_000 + n, feedback=FEEDBACK if n % 2 else "") for n in range(4)]
    images = "".join(record.xml(lambda place: f"/v2/{place}") for record in records)
    gone = Record("gone", 1_700_000_000, kind="video", is_deleted=True).xml(str)
    large = Record.drawn(9, 1_700_000_000, kind="video", hashes={"tmk-pdqf": None}).xml(lambda place: f"/v2/{place}")
    paging = "<paging><next>/v2/entries?from=a&amp;to=b&amp;start=2&amp;size=1&amp;max=3</next></paging>"
    body = f'<images count="4">{images}</images><videos count="2">{gone}{large}</videos>{paging}'
    return f'<?xml version="1.0" encoding="UTF-8"?><queryResult xmlns="{NAMESPACE}">{body}</queryResult>'.encode()


WHOLE = whole()
# Parts that lie: another place, another meaning, twice, nested.
_PIECES = st.sampled_from(
    [
        *(b"<image>", b"</image>", b"<id>", b"<member id='1'>", b"<images>", b"<fingerprints>", b"<paging><next>", b""),
        *(b"&lt;", b"&#0;", b"&#x1F;", b"<![CDATA[", b"]]>", b"<!--", b"<?xml?>", b"<!DOCTYPE", b'xmlns=""'),
        *(b"\xff", b"\x00"),
    ]
)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """The page cut, with bits flipped, or with pieces put in and taken out."""
    body = bytearray(WHOLE)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(body)))
        kind = draw(st.integers(0, 3))
        if kind == 0:
            del body[at:]
        elif kind == 1 and at < len(body):
            body[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == 2:
            body[at:at] = draw(_PIECES)
        else:
            end = min(len(body), at + draw(st.integers(0, 200)))
            body[at:end] = draw(st.sampled_from([b"", bytes(body[: end - at])]))
    return bytes(body)


def read(body: bytes, read_one: Callable[[str, str], bytes] = parse_value) -> None:
    """Read, or be told."""
    try:
        query = read_query(body, read_one)
    except ExchangeError:
        return
    for entry in query.entries:
        assert entry.change.entry.isprintable()
        assert entry.change.publisher
        assert isinstance(entry.change, Published) or not hasattr(entry.change, "hashes")
    assert all(one.position.isprintable() and one.why.isprintable() for one in query.refused)


@settings(max_examples=400, deadline=None)
@given(damaged())
def test_damaged_pages_are_read_or_refused(body: bytes) -> None:
    """Cut, flipped and lying pages give entries with names that may be printed, or one sentence."""
    read(body)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_bytes_are_read_or_refused(body: bytes) -> None:
    """Bytes of no kind do the same."""
    read(body)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=120), st.integers(0, 1 << 33), st.integers(0, 1 << 33))
def test_links_of_any_kind_are_judged(text: str, from_s: int, to_s: int) -> None:
    """A link is any text: whether it is of a span, and how many entries it promises, is told without failing."""
    for link in (text, f"/v2/entries?from={text}&to={text}&start={text}&max={text}"):
        assert is_of_span(link, Span(from_s, to_s)) in {True, False}
        assert isinstance(estimate_entries(link, 1), int)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=80), st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr)))
def test_checkpoints_of_any_kind_are_read_or_refused(text: str) -> None:
    """What stands in a store in the place of a checkpoint is one, or is refused in a sentence."""
    with suppress(ExchangeError):
        assert str(Checkpoint.parse(text))
