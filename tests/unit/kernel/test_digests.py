"""Three digests side by side: those of the standard library, whichever variant takes them."""

import hashlib
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen import kernel
from unseen.kernel import _native, digests

_SHA = pytest.mark.skipif(not _native.sha_is_available(), reason="this processor has no instructions for digests")


@pytest.fixture(params=kernel.available())
def _variant(request: pytest.FixtureRequest) -> Iterator[None]:
    kernel.use(request.param)
    yield
    kernel.use("auto")


@pytest.fixture
def _forgotten() -> Iterator[None]:
    digests._is_sound.cache_clear()
    yield
    digests._is_sound.cache_clear()


class WrongDigest:
    """A stand-in that takes every message for an empty one."""

    def update(self, _data: bytes) -> None:
        """Pass over it."""

    def digests(self) -> tuple[bytes, bytes, bytes]:
        """Those of nothing."""
        return expected(b"")


def expected(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What the standard library says."""
    return hashlib.sha256(data).digest(), hashlib.sha1(data).digest(), hashlib.md5(data).digest()


def taken(data: bytes) -> tuple[bytes, bytes, bytes]:
    """What the kernel says of bytes that come at once."""
    triple = kernel.new_triple_digest()
    triple.update(data)
    return triple.digests()


@pytest.mark.usefixtures("_variant")
def test_published_digests_are_met() -> None:
    """The one-block examples of FIPS 180-4 for SHA-256 and SHA-1, and of RFC 1321 for MD5."""
    assert [value.hex() for value in taken(b"abc")] == [
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "a9993e364706816aba3e25717850c26c9cd0d89d",
        "900150983cd24fb0d6963f7d28e17f72",
    ]


@pytest.mark.usefixtures("_variant")
def test_messages_of_every_length_are_ended_rightly() -> None:
    """Around the ends of blocks, where a message needs one block more or not, digests equal the standard library's."""
    data = random.Random(1).randbytes(64 * 5)
    for length in range(len(data) + 1):
        assert taken(data[:length]) == expected(data[:length])


@pytest.mark.usefixtures("_variant")
def test_longer_than_a_cache_is_one_message() -> None:
    """A message of a megabyte and a bit, at once and in large pieces, has the digests of the standard library."""
    data = random.Random(2).randbytes((1 << 20) + 77)
    assert taken(data) == expected(data)
    triple = kernel.new_triple_digest()
    for at in range(0, len(data), 100_001):
        triple.update(memoryview(data)[at : at + 100_001])
    assert triple.digests() == expected(data)


@given(st.lists(st.binary(max_size=200), max_size=12))
def test_pieces_make_no_difference(pieces: list[bytes]) -> None:
    """However a message is cut, and however often it is asked on the way, its digests are those of the whole."""
    triple, so_far = kernel.new_triple_digest(), b""
    for piece in pieces:
        triple.update(piece)
        so_far += piece
        assert triple.digests() == expected(so_far)


@_SHA
@pytest.mark.soak
def test_more_bits_than_a_word_holds_are_counted() -> None:
    """A message of more than 2^32 bits ends with its whole length, not with the lower half of it."""
    triple, digest = _native.TripleDigest(), hashlib.md5(usedforsecurity=False)
    piece = bytes(64 << 20)
    for _ in range(9):
        triple.update(piece)
        digest.update(piece)
    assert triple.digests()[2] == digest.digest()


@_SHA
@pytest.mark.usefixtures("_forgotten")
def test_wrong_native_digests_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where native digests differ from the standard library's, a process takes the latter from its first item on."""
    assert kernel.digests_are_native()
    digests._is_sound.cache_clear()
    monkeypatch.setattr(_native, "TripleDigest", WrongDigest)
    assert not kernel.digests_are_native()
    assert taken(b"abc") == expected(b"abc")


@pytest.mark.parametrize("name", ["reference", "portable"])
def test_plain_variants_take_plain_digests(name: str) -> None:
    """Who chose a variant for any processor gets nothing that only some have."""
    kernel.use(name)
    try:
        assert not kernel.digests_are_native()
    finally:
        kernel.use("auto")
