"""Whatever bytes stand where the ledger's files should be, readers say what is wrong and nothing else happens."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.docs.ledger_example import make_example

from unseen.errors import UnseenError, VerificationError
from unseen.ledger import Checkpoint, Note, Proof, SigningKey, VerifierKey, canonical
from unseen.ledger.checkpoint import verify_rotation
from unseen.ledger.standalone.unseen_verify import NotVerifiedError, verify_checkpoint, verify_file, verify_proof
from unseen.ledger.tiles import unpack_entries

EXAMPLE = {name: text.encode() for name, text in make_example().items()}
KEY = VerifierKey.parse(EXAMPLE["key"].decode())
ENTRY = EXAMPLE["entries"].split(b"\n")[1]
HEAD = Checkpoint.parse(Note.parse(EXAMPLE["checkpoint"]).text)
SECRET = SigningKey("a", b"x" * 32).to_text().encode()
NAME = "openings/1.json"
PIECES = [b"\n", b"\n\n", b" ", b"+", b"=", "\u2028".encode(), b"\x0b"]

# Each reader with a text that it accepts, to be altered.
READERS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "note": (EXAMPLE["checkpoint"], Note.parse),
    "checkpoint": (EXAMPLE["checkpoint"], lambda data: Checkpoint.parse(Note.parse(data).text)),
    "key": (EXAMPLE["key"], lambda data: VerifierKey.parse(data.decode("latin-1"))),
    "signing key": (
        SigningKey("a", b"x" * 32).to_text().encode(),
        lambda data: SigningKey.parse(data.decode("latin-1")),
    ),
    "proof": (EXAMPLE["proof"], lambda data: Proof.parse(data).verify(ENTRY, [KEY])),
    "rotation": (EXAMPLE["checkpoint"], lambda data: verify_rotation(data, HEAD.origin, KEY)),
    "entries": (b"\x00\x01a\x00\x00\x00\x02bc", lambda data: unpack_entries(data, 0, 3)),
    "canonical": (ENTRY, canonical.parse),
}
ALONE: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "checkpoint": (EXAMPLE["checkpoint"], lambda data: verify_checkpoint(data, str(KEY))),
    "proof": (
        EXAMPLE["proof"],
        lambda data: verify_proof(ENTRY, data, 1, EXAMPLE["checkpoint"], (HEAD.origin, HEAD.size, HEAD.root)),
    ),
    "opening": (EXAMPLE["opening"], lambda data: verify_file(NAME, {NAME: data}, {1: {"c": "00" * 32}})),
}


@st.composite
def altered(draw: st.DrawFn, data: bytes) -> bytes:
    """A text with a piece replaced by others, which are often pieces of itself."""
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 40)))
    piece = draw(
        st.binary(max_size=12) | st.sampled_from([b"\n", b"\n\n", b" ", b"+", b"=", "\u2028".encode(), b"\x0b"])
    )
    return data[:start] + piece * draw(st.integers(0, 3)) + data[end:]


@pytest.mark.parametrize("reader", READERS)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_readers_refuse_with_an_error_of_ours(reader: str, data: st.DataObject) -> None:
    """Altered texts are read, or refused with an error that was meant."""
    good, read = READERS[reader]
    bad = data.draw(altered(good) | st.binary(max_size=80))
    try:
        read(bad)
    except UnseenError as error:
        expected = VerificationError if reader != "signing key" else UnseenError
        if not isinstance(error, expected):
            raise


@pytest.mark.parametrize("reader", ALONE)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_verifier_that_stands_alone_fails_in_two_ways_only(reader: str, data: st.DataObject) -> None:
    """It raises its own error, or one of those that it turns into its own."""
    good, read = ALONE[reader]
    bad = data.draw(altered(good) | st.binary(max_size=80))
    try:
        read(bad)
    except (NotVerifiedError, LookupError, TypeError, ValueError):
        return
    assert bad == good or reader == "checkpoint"
