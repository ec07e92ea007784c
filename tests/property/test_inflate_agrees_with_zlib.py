"""Deflate: what the faster library unpacks is what zlib unpacks, wherever the data ends."""

import zlib

from hypothesis import given
from hypothesis import strategies as st

from unseen.model import Reason, UnreadError
from unseen.sources.archives.deflate import inflate
from unseen.sources.layers import MemoryRange

# Around the sizes of pieces: 256 KiB at a time come out and go in.
_LENGTHS = st.sampled_from([0, 1, 300, 70_000, 262_143, 262_144, 262_145, 600_000])


@given(
    seed=st.binary(min_size=1, max_size=3_000),
    length=_LENGTHS,
    level=st.integers(0, 9),
    strategy=st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]),
    behind=st.binary(max_size=40),
)
def test_whole_data_is_unpacked_and_its_end_is_known(
    seed: bytes, length: int, level: int, strategy: int, behind: bytes
) -> None:
    """All of it comes out, and how many bytes of the source were used is told, whatever lies behind."""
    content = (seed * (length // len(seed) + 1))[:length]
    packed = _pack(content, level, strategy)
    used: list[int] = []
    assert b"".join(inflate(MemoryRange(packed + behind), used.append)) == content
    assert used == [len(packed)]


@given(seed=st.binary(min_size=1, max_size=3_000), length=_LENGTHS, level=st.integers(0, 9), data=st.data())
def test_data_that_is_cut_gives_all_that_zlib_gives(seed: bytes, length: int, level: int, data: st.DataObject) -> None:
    """To the last byte before the cut, and then the reason."""
    packed = _pack((seed * (length // len(seed) + 1))[:length], level, zlib.Z_DEFAULT_STRATEGY)
    cut = packed[: data.draw(st.integers(0, len(packed) - 1))]
    expected = zlib.decompressobj(-zlib.MAX_WBITS).decompress(cut)
    pieces = []
    try:
        for piece in inflate(MemoryRange(cut), lambda _: None):
            pieces.append(piece)  # noqa: PERF402  # what came before the reason is what is looked at
    except UnreadError as error:
        reason = error.reason
    assert b"".join(pieces) == expected
    assert reason is Reason.TRUNCATED


def _pack(content: bytes, level: int, strategy: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, 9, strategy)
    return packer.compress(content) + packer.flush()
