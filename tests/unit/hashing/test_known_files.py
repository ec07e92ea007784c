"""Commonplace files are told by their digests, exactly."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.hashing.known_files import DigestFile, KnownFiles

_digests = st.lists(st.binary(min_size=16, max_size=16), max_size=40)


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[int]:
    """An open file without a byte."""
    (tmp_path / "empty").touch()
    descriptor = os.open(tmp_path / "empty", os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


@given(_digests, _digests)
def test_a_file_holds_what_was_put_into_it_and_nothing_else(held: list[bytes], others: list[bytes]) -> None:
    """Every digest is found, wherever it lies, and no other."""
    descriptor = os.memfd_create("digests")
    try:
        os.write(descriptor, b"ahead " + b"".join(sorted(held)) + b"\xff" * 64)
        file = DigestFile(descriptor, 6, len(held), 16)
        assert all(file.holds(digest) for digest in held)
        assert [file.holds(digest) for digest in others] == [digest in held for digest in others]
    finally:
        os.close(descriptor)


def test_each_digest_is_asked_of_files_of_its_kind(nothing: int) -> None:
    """One of the three that an item has is enough, and none is taken for another."""
    descriptor = os.memfd_create("digests")
    os.write(descriptor, b"a" * 20)
    known = KnownFiles([DigestFile(nothing, 0, 0, 32)])
    known.add(DigestFile(descriptor, 0, 1, 20))
    assert known.hold(b"a" * 32, b"a" * 20, b"a" * 16)
    assert not known.hold(b"a" * 32, b"b" * 20, b"a" * 16)
    os.close(descriptor)


def test_a_file_that_ends_early_or_is_gone_spares_no_work(nothing: int) -> None:
    """What cannot be read is not known: the item is decoded."""
    assert not DigestFile(nothing, 0, 1_000, 32).holds(b"a" * 32)
    assert not DigestFile(1 << 20, 0, 1_000, 32).holds(b"a" * 32)
