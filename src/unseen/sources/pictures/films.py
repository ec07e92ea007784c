"""Where a film keeps what is no film, and where it ends: the outermost boxes and chunks, by their stated sizes.

Formats: ISO/IEC 14496-12, 4.2 (boxes of MP4 and QuickTime); Microsoft, "AVI RIFF File Reference", with OpenDML's
further RIFF lists; RFC 9559 (Matroska) over RFC 8794 (EBML).
"""

from unseen.model import ByteSource
from unseen.sources.pictures.shape import PLACE_BYTES_MIN, PLACES_MAX, Outline, Place

__all__ = ["film_outline"]

_FIRST_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide"})
# Boxes in which a film's own data lies, each piece with its meaning.
_FILM = frozenset({b"ftyp", b"styp", b"mdat", b"moof", b"mfra", b"sidx", b"ssix", b"prft", b"emsg", b"pdin"})
_TRACKS = frozenset({b"trak", b"mvhd", b"mvex", b"iods"})
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"
# Elements of a segment that hold the film and its indexes: cluster, cues, tracks, information, seek head.
_FILM_ELEMENTS = frozenset(
    bytes.fromhex(number) for number in ("1f43b675", "1c53bb6b", "1654ae6b", "1549a966", "114d9b74")
)


def film_outline(head: bytes, source: ByteSource) -> Outline | None:
    """Read the outline of a film in MP4, QuickTime, AVI, Matroska or WebM; None for anything else.

    Args:
        head: The first bytes.
        source: The whole file.

    Raises:
        UnreadError: It cannot be read.
    """
    if head[4:8] in _FIRST_BOXES:
        return _boxes(source)
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return Outline((), _avi_end(source))
    return _matroska(source) if head.startswith(_EBML) else None


def _boxes(source: ByteSource) -> Outline:
    places: list[Place] = []
    at = 0
    for _ in range(PLACES_MAX):
        box = _box(source, at, source.size_bytes)
        if box is None:
            return Outline(tuple(places), at)
        name, start, end = box
        if name == b"moov":
            places += _beside_tracks(source, start, end)
        elif name not in _FILM and end - start >= PLACE_BYTES_MIN:
            places.append(_place(name, start, end))
        at = end
        if at >= source.size_bytes:
            break
    return Outline(tuple(places), None)


def _beside_tracks(source: ByteSource, at: int, end: int) -> list[Place]:
    """What describes the film as a whole: covers and thumbnails are there."""
    places: list[Place] = []
    for _ in range(PLACES_MAX):
        box = _box(source, at, end)
        if box is None:
            break
        name, start, at = box
        if name not in _TRACKS and at - start >= PLACE_BYTES_MIN:
            places.append(_place(name, start, min(at, end)))
    return places


def _place(name: bytes, start: int, end: int) -> Place:
    return Place(name.decode("latin-1").strip(), start, end - start)


def _box(source: ByteSource, at: int, end: int) -> tuple[bytes, int, int] | None:
    """Name, beginning of the content and end of a box; None where there is none, or it cannot be one."""
    head = source.read_at(at, 16)
    length, name, start = int.from_bytes(head[:4], "big"), head[4:8], at + 8
    if length == 1:
        length, start = int.from_bytes(head[8:], "big"), at + 16
    elif length == 0:
        length = end - at
    is_name = len(name) == 4 and name.lstrip(b"\xa9").replace(b" ", b"").isalnum()
    if not is_name or length < start - at:
        return None
    # A film may be cut short in its own data; anything else that leads beyond the end was no box.
    return (name, start, at + length) if at + length <= end or name in _FILM or name == b"moov" else None


def _avi_end(source: ByteSource) -> int:
    at = 0
    while True:
        head = source.read_at(at, 12)
        if head[:4] != b"RIFF" or head[8:] != (b"AVIX" if at else b"AVI "):
            return at
        length = int.from_bytes(head[4:8], "little")
        at += 8 + length + length % 2


def _matroska(source: ByteSource) -> Outline:
    header = _element(source, 0)
    segment = None if header is None else _element(source, header[2])
    if segment is None or segment[0] != _SEGMENT:
        return Outline((), None)
    places: list[Place] = []
    _, at, end = segment
    for _ in range(PLACES_MAX):
        element = _element(source, at) if at < min(end, source.size_bytes) else None
        if element is None:
            break
        name, start, at = element
        if name not in _FILM_ELEMENTS and at - start >= PLACE_BYTES_MIN:
            places.append(Place(f"element-{name.hex()}", start, min(at, end) - start))
    return Outline(tuple(places), end)


def _element(source: ByteSource, at: int) -> tuple[bytes, int, int] | None:
    """Identifier, beginning of the content and end of an element; None where there is none or its size is not known."""
    head = source.read_at(at, 12)
    name_bytes = 9 - head[0].bit_length() if head and head[0] else 9
    size_at = head[name_bytes:]
    if name_bytes > 4 or not size_at or not size_at[0]:
        return None
    size_bytes = 9 - size_at[0].bit_length()
    value = int.from_bytes(size_at[:size_bytes], "big") & (1 << 7 * size_bytes) - 1
    if len(size_at) < size_bytes or value == (1 << 7 * size_bytes) - 1:
        return None
    start = at + name_bytes + size_bytes
    return head[:name_bytes], start, start + value
