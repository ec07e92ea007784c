"""Looks through bytes of no known structure for whatever has a structure of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from unseen.model import ByteSource, Reason, State, UnreadError
from unseen.sources.carving.blocks import BLOCK_BYTES, Blocks
from unseen.sources.carving.encoded import decode_text, follow_text
from unseen.sources.carving.extent import Extent
from unseen.sources.carving.moving import follow_asf, follow_boxes, follow_matroska, follow_riff
from unseen.sources.carving.packed import follow_ole, follow_pdf, follow_zip
from unseen.sources.carving.signatures import OVERLAP_BYTES, starts
from unseen.sources.carving.stills import follow_bmp, follow_gif, follow_jp2, follow_jpeg, follow_png
from unseen.sources.carving.tagged import follow_tiff
from unseen.sources.carving.uuencoded import decode_uuencoded, follow_uuencoded
from unseen.sources.layers.member import Member
from unseen.sources.layers.ranges import MemoryRange, Part

__all__ = ["Found", "carve", "content_of", "find"]

_FOLLOW: dict[str, Callable[[Blocks, int], Extent | None]] = {
    "jpeg": follow_jpeg,
    "png": follow_png,
    "gif": follow_gif,
    "bmp": follow_bmp,
    "jp2": follow_jp2,
    "tiff": follow_tiff,
    "riff": follow_riff,
    "boxes": follow_boxes,
    "matroska": follow_matroska,
    "asf": follow_asf,
    "pdf": follow_pdf,
    "zip": follow_zip,
    "ole": follow_ole,
    "text": follow_text,
    "uuencoded": follow_uuencoded,
}


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was found by its structure.

    Attributes:
        kind: What its structure is: `jpeg png gif bmp jp2 tiff riff boxes matroska asf pdf zip ole`; `text`:
            a picture written in base64; or `uuencoded`: any file written so.
        offset: Where it begins, in bytes.
        size_bytes: Its length.
        is_whole: Its structure was followed to its end; else it reaches to the next thing found, or to a bound.
    """

    kind: str
    offset: int
    size_bytes: int
    is_whole: bool


def carve(source: ByteSource) -> Iterator[Member | Reason]:
    """Give everything that is found in a range, at any byte, in the order of their beginnings.

    What lies inside something found is found too, unless all bytes of that were seen to belong to it: a file may have
    been overwritten in its middle, or be made to look long.

    Yields:
        Members with state `carved` and address `@OFFSET+SIZE`, both in bytes of `source`; or why a part of it could
        not be searched.
    """
    for found in find(source):
        if isinstance(found, Reason):
            yield found
        else:
            yield _as_member(source, found)
            if found.kind == "uuencoded" and not found.is_whole:
                yield decode_uuencoded(Part(source, found.offset, found.size_bytes))[1] or Reason.TRUNCATED


def find(source: ByteSource) -> Iterator[Found | Reason]:
    """Find what `carve` gives, as offsets and sizes."""
    blocks = Blocks(source)
    # Something whose end was not found waits for the next beginning.
    waiting: tuple[str, int, Extent] | None = None
    for each in _beginnings(blocks):
        if isinstance(each, Reason):
            yield each
            continue
        kind, offset, extent = each
        if waiting is not None:
            yield _cut(waiting, before=offset)
            waiting = None
        if extent.end is None:
            waiting = each
        else:
            yield Found(kind, offset, extent.end - offset, is_whole=True)
    if waiting is not None:
        yield _cut(waiting, before=blocks.size_bytes)


def _cut(waiting: tuple[str, int, Extent], *, before: int) -> Found:
    kind, offset, extent = waiting
    # Documents and containers hold what is found inside them; a picture ends where something else begins.
    end = max(extent.checked, before) if kind in {"jpeg", "png", "gif"} else extent.end_max
    return Found(kind, offset, min(end, extent.end_max) - offset, is_whole=False)


def _beginnings(blocks: Blocks) -> Iterator[tuple[str, int, Extent] | Reason]:
    """Each beginning whose structure holds, and how far; a block that cannot be read is a reason and is passed over."""
    # Before `checked`, every byte belongs to something.
    at, tail, checked, own = 0, b"", 0, set[int]()
    while at < blocks.size_bytes:
        try:
            block = blocks.block(at // BLOCK_BYTES)
        except UnreadError as error:
            yield error.reason
            at, tail = at + BLOCK_BYTES, b""
            continue
        base = at - len(tail)
        for position, signature in starts(tail + block):
            offset = base + position - signature.behind
            # Three bytes are looked up at once, even where the signature has two.
            was_seen = position + max(3, len(signature.magic)) <= len(tail)
            if was_seen or offset < checked or offset in own:
                continue
            try:
                extent = _FOLLOW[signature.kind](blocks, offset)
            except UnreadError as error:
                yield error.reason
                if error.reason is Reason.TOO_MANY:
                    return
                continue
            if extent is not None:
                checked = max(checked, extent.checked)
                own.update(extent.own)
                yield signature.kind, offset, extent
        at, tail = at + BLOCK_BYTES, block[-OVERLAP_BYTES:]


def content_of(source: ByteSource, found: Found) -> ByteSource:
    """Give what was found: its bytes, or what its text decodes to.

    Raises:
        UnreadError: They cannot be read.
    """
    part = Part(source, found.offset, found.size_bytes)
    if found.kind == "uuencoded":
        return MemoryRange(decode_uuencoded(part)[0])
    return MemoryRange(decode_text(part)) if found.kind == "text" else part


def _as_member(source: ByteSource, found: Found) -> Member:
    return Member(
        layer="carved",
        address=f"@{found.offset}+{found.size_bytes}",
        state=State.CARVED,
        open=lambda: content_of(source, found),
    )
