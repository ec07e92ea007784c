"""The bytes of a finding, read again where they lie, through the same locked readers as in a scan."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from unseen.casework.filing.sending.rereading import Rereader, chunks_of
from unseen.model import Finding, Locator, Reason, State, UnreadError
from unseen.sources.layers import MemoryRange

# Larger than what a reader hands over at once.
LARGE = bytes(range(256)) * 8_192
SMALL = b"a small picture of a bridge"


@pytest.fixture(scope="module")
def rereader() -> Iterator[Rereader]:
    """Its processes serve all tests here."""
    with Rereader() as rereader:
        yield rereader


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A file, and an archive in an archive that holds it stored and packed."""
    (tmp_path / "plain.bin").write_bytes(LARGE)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("deep/large.bin", LARGE)
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as archive:
        archive.writestr("small.bin", SMALL)
        archive.writestr("inner.zip", inner.getvalue())
    return tmp_path


def finding(content: bytes, *addresses: str) -> Finding:
    """A finding of this content at these addresses."""
    layers = ("file", *["zip"] * (len(addresses) - 1))
    steps = tuple(zip(layers, addresses, strict=True))
    return Finding("0" * 64, Locator(steps), hashlib.sha256(content).digest(), State.ALLOCATED, ())


@pytest.mark.parametrize(
    ("content", "addresses"),
    [
        (LARGE, ("plain.bin",)),
        (SMALL, ("outer.zip", "small.bin")),
        (LARGE, ("outer.zip", "inner.zip", "deep/large.bin")),
    ],
    ids=["file", "member", "member_of_member"],
)
def test_bytes_are_those_that_were_found(
    rereader: Rereader, place: Path, content: bytes, addresses: tuple[str, ...]
) -> None:
    """Of a file, of what lies in an archive, and of what lies in an archive within it; read twice, and the same."""
    beats: list[None] = []
    first, *rest = addresses
    found = finding(content, str(place / first), *rest)
    with rereader.open(found, beat=lambda: beats.append(None)) as source:
        assert source.size_bytes == len(content)
        assert b"".join(chunks_of(source)) == content
    assert beats


@pytest.mark.parametrize(
    ("content", "addresses", "reason"),
    [
        (b"other", ("plain.bin",), Reason.CHANGED),
        (b"other", ("outer.zip", "small.bin"), Reason.CHANGED),
        (SMALL, ("outer.zip", "gone.bin"), Reason.UNREADABLE),
        (SMALL, ("plain.bin", "small.bin"), Reason.UNREADABLE),
        (SMALL, ("gone.zip", "small.bin"), Reason.UNREADABLE),
        (SMALL, ("gone.bin",), Reason.UNREADABLE),
    ],
)
def test_what_is_not_there_any_more_is_a_reason(
    rereader: Rereader, place: Path, content: bytes, addresses: tuple[str, ...], reason: Reason
) -> None:
    """Neither other bytes in its place nor nothing at all is given out; and the next is read as if nothing had been."""
    first, *rest = addresses
    with pytest.raises(UnreadError) as caught, rereader.open(finding(content, str(place / first), *rest)):
        pass
    assert caught.value.reason is reason
    with rereader.open(finding(SMALL, str(place / "outer.zip"), "small.bin")) as source:
        assert b"".join(chunks_of(source)) == SMALL


def test_a_preserved_copy_comes_first(tmp_path: Path) -> None:
    """What lies where it was found is not looked at; and the copy, too, must be what was found."""
    with Rereader(kept=lambda _: nullcontext(MemoryRange(SMALL))) as rereader:
        with rereader.open(finding(SMALL, str(tmp_path / "gone"))) as source:
            assert b"".join(chunks_of(source)) == SMALL
        with pytest.raises(UnreadError), rereader.open(finding(LARGE, str(tmp_path / "gone"))):
            pass
