"""The chain of sections in one segment of an E01 image, and what its volume and hash sections say.

Format: Joachim Metz, "Expert Witness Compression Format specification" (libewf documentation), version 1 segments.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import adler32

from unseen.model import ByteSource, Reason, UnreadError

__all__ = [
    "DESCRIPTOR_BYTES",
    "HEADER_BYTES",
    "Geometry",
    "Section",
    "Segment",
    "read_geometry",
    "read_segment",
    "stated_digests",
]

# Signature, one byte 1, the number of the segment, two zero bytes.
_FILE_HEADER = struct.Struct("<8sBHH")
HEADER_BYTES = _FILE_HEADER.size
_SIGNATURE = b"EVF\t\r\n\xff\0"

# Kind, where the next one starts, size with this descriptor; forty bytes of nothing; checksum of all that.
_DESCRIPTOR = struct.Struct("<16sQQ40sI")
DESCRIPTOR_BYTES = 76

# An acquisition of 16 TiB has three sections for every half gibibyte: a hundred thousand.
_SECTIONS_MAX = 1 << 20

# libewf's tools take up to 32,768 sectors a chunk; with sectors of 4 KiB that is 128 MiB.
_CHUNK_BYTES_MAX = 128 << 20

# Kinds of sections with digests: their sizes, and where each digest lies.
_DIGESTS = {"hash": (36, (("md5", 0, 16),)), "digest": (80, (("md5", 0, 16), ("sha1", 16, 36)))}


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a segment.

    Attributes:
        kind: As the format names it: `volume`, `sectors`, `table`.
        start: Of its content, in bytes from the start of the segment.
        end: Behind its content: where the next one starts.
        stated_end: The same by its own account.
    """

    kind: str
    start: int
    end: int
    stated_end: int


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of an image.

    Attributes:
        source: Its bytes.
        number: From 1.
        sections: In order, as far as the chain holds.
        broken: Why the chain ends before its end; None where it does not.
    """

    source: ByteSource
    number: int
    sections: tuple[Section, ...]
    broken: Reason | None

    @property
    def is_last(self) -> bool:
        """Whether the segment says that none follows."""
        return any(section.kind == "done" for section in self.sections)


@dataclass(frozen=True, slots=True)
class Geometry:
    """What the volume section says of the medium.

    Attributes:
        size_bytes: Of the medium.
        chunk_bytes: Of every chunk but the last.
    """

    size_bytes: int
    chunk_bytes: int


def read_segment(source: ByteSource) -> Segment:
    """Follow the chain of sections, forwards only, until it ends or breaks.

    Raises:
        UnreadError: This is no segment of an E01 image.
    """
    head = source.read_at(0, _FILE_HEADER.size)
    if len(head) < _FILE_HEADER.size:
        raise UnreadError(Reason.TRUNCATED)
    signature, _, number, _ = _FILE_HEADER.unpack(head)
    if signature != _SIGNATURE:
        raise UnreadError(Reason.UNSUPPORTED)
    sections: list[Section] = []
    offset = _FILE_HEADER.size
    while len(sections) < _SECTIONS_MAX:
        try:
            section, following = _read_descriptor(source, offset)
        except UnreadError as error:
            return Segment(source, number, tuple(sections), error.reason)
        sections.append(section)
        if section.kind in {"done", "next"}:
            return Segment(source, number, tuple(sections), None)
        if following < offset + DESCRIPTOR_BYTES:
            break
        offset = following
    # A chain that runs backwards, or never ends, was never written by an acquisition.
    return Segment(source, number, tuple(sections), Reason.UNREADABLE)


def read_geometry(segments: Sequence[Segment]) -> Geometry:
    """Read size and chunks of the medium from the first sound section that says them.

    Raises:
        UnreadError: None is sound, or what it says is nothing that a medium can have.
    """
    kinds = {"volume", "disk", "data"}
    for segment in segments:
        for section in segment.sections:
            if section.kind in kinds and (body := _sound_body(segment.source, section, 1052)):
                return _geometry_of(body)
    raise UnreadError(next((each.broken for each in segments if each.broken), Reason.UNREADABLE))


def stated_digests(segments: Sequence[Segment]) -> dict[str, bytes]:
    """Read which digests of the medium the acquisition stored.

    Returns:
        By name for `hashlib`: `md5`, `sha1`, or both, or none. No bytes where a digest is stored and damaged; more
        than one where two that are stored contradict each other.
    """
    stated: dict[str, bytes] = {}
    for segment in segments:
        for section in segment.sections:
            if section.kind not in _DIGESTS:
                continue
            size_bytes, places = _DIGESTS[section.kind]
            body = _sound_body(segment.source, section, size_bytes)
            for name, start, end in places:
                digest = body[start:end] if body else b""
                # Zeros stand for a digest that was not made.
                if any(digest) or not body:
                    before = stated.get(name, b"")
                    # Two that contradict each other stand one behind the other: no medium has both.
                    stated[name] = before if digest in before else before + digest
    return stated


def _read_descriptor(source: ByteSource, offset: int) -> tuple[Section, int]:
    raw = source.read_at(offset, DESCRIPTOR_BYTES)
    if len(raw) < DESCRIPTOR_BYTES:
        raise UnreadError(Reason.TRUNCATED)
    kind, following, size_bytes, _, checksum = _DESCRIPTOR.unpack(raw)
    if adler32(raw[:-4]) != checksum:
        raise UnreadError(Reason.UNREADABLE)
    # The chain counts where sizes do not: some writers leave the size of large sections at zero.
    end = following if following > offset else offset + max(size_bytes, DESCRIPTOR_BYTES)
    name = kind.rstrip(b"\0").decode("latin-1")
    end = min(end, source.size_bytes)
    stated_end = min(offset + size_bytes, end) if size_bytes >= DESCRIPTOR_BYTES else end
    return Section(name, offset + DESCRIPTOR_BYTES, end, stated_end), following


def _sound_body(source: ByteSource, section: Section, size_bytes_max: int) -> bytes | None:
    """The content of a small section without the checksum that ends it; None where that is wrong."""
    size_bytes = min(section.end - section.start, size_bytes_max)
    if size_bytes < 36:
        return None
    try:
        raw = source.read_at(section.start, size_bytes)
    except UnreadError:
        return None
    sound = len(raw) == size_bytes and adler32(raw[:-4]).to_bytes(4, "little") == raw[-4:]
    return raw[:-4] if sound else None


def _geometry_of(body: bytes) -> Geometry:
    _, sectors_per_chunk, sector_bytes, sectors = struct.unpack_from("<IIIQ", body, 4)
    if len(body) < 1048:
        # The older section, of 94 bytes, counts sectors in four.
        sectors &= 0xFFFFFFFF
    chunk_bytes = sectors_per_chunk * sector_bytes
    if not 1 <= chunk_bytes <= _CHUNK_BYTES_MAX or sectors * sector_bytes > 1 << 62:
        raise UnreadError(Reason.UNREADABLE)
    return Geometry(sectors * sector_bytes, chunk_bytes)
