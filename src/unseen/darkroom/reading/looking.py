"""What a locked worker says of one item: its hashes, and what lies inside it."""

from collections.abc import Sequence

from unseen.darkroom.develop import SMALL_BYTES, develop_source, nothing_read
from unseen.darkroom.reading.ranges import RemoteRange
from unseen.darkroom.reading.signs import SignFinder
from unseen.darkroom.video.footage import Film
from unseen.darkroom.wire import Inside, Request
from unseen.decoding import SNIFF_BYTES, Kind, Limits, sniff
from unseen.hashing.known_files import KnownFiles
from unseen.hashing.plugin import Hasher
from unseen.model import ByteSource, ItemHashes, Reason, UnreadError
from unseen.sources.filesystems.extents import Scattered
from unseen.sources.layers import FileRange, Format, MemoryRange, recognise

__all__ = ["inside_of", "look_at"]


def inside_of(found: Format | None, source: ByteSource) -> Inside:
    """What the parent is told of what lies inside some bytes: no more than it must know.

    Bytes that begin as a picture or a video are hashed as one, whatever else they are: a photograph with the superblock
    of a file system among its remarks, or a film with an archive behind it, is still shown by every viewer.
    """
    if found is None:
        return Inside.NOTHING
    if found.is_picture or _begins_as_media(source):
        return Inside.PARTS
    return Inside.DISK if found.is_disk else Inside.CONTAINER


def _begins_as_media(source: ByteSource) -> bool:
    try:
        return sniff(source.read_at(0, SNIFF_BYTES)).kind in {Kind.JPEG, Kind.PICTURE, Kind.VIDEO}
    except UnreadError:
        # Whoever reads it next is told.
        return False


def _source(descriptor: int, request: Request) -> ByteSource:
    if request.ranges_bytes is not None:
        return RemoteRange(descriptor, request.ranges_bytes)
    file = FileRange(descriptor)
    source = Scattered(file, request.places) if request.places else file
    if source.size_bytes > SMALL_BYTES:
        return source
    try:
        # Read once, and recognised, digested and decoded from there.
        return MemoryRange(source.read_at(0, source.size_bytes))
    except UnreadError:
        # What can be read of it may still say what it is.
        return source


def look_at(
    descriptor: int,
    request: Request,
    *,
    limits: Limits,
    hashers: Sequence[Hasher],
    known_files: KnownFiles,
    film: Film | None,
) -> tuple[ItemHashes, Inside]:
    """Take the hashes of an item; of a container that nobody has recognised yet, say at once that it is one.

    Args:
        descriptor: Of the item: a file, memory, or a socket on which its bytes are served.
        request: What is asked.
        limits: What one item may ask for.
        hashers: Hashers that a licensee plugged in.
        known_files: Commonplace files, which are digested and not decoded.
        film: How a video is looked at; None where this process cannot.

    Raises:
        VideoMetError: It is a video, and `film` is None.
    """
    signs = SignFinder()
    try:
        source = _source(descriptor, request)
        inside = Inside.NOTHING if request.is_member or request.digests_only else inside_of(recognise(source), source)
        if inside in {Inside.CONTAINER, Inside.DISK}:
            return nothing_read(Reason.NOT_MEDIA), inside
        hashes = develop_source(
            source,
            limits=limits,
            hashers=hashers,
            known_files=known_files,
            digests_only=request.digests_only,
            film=film,
            signs=signs,
            undoing=request.undoing,
        )
    except UnreadError as error:
        return nothing_read(error.reason), Inside.NOTHING
    except OSError:
        return nothing_read(Reason.UNREADABLE), Inside.NOTHING
    is_blank = hashes.reason in {Reason.NOT_MEDIA, Reason.UNSUPPORTED}
    if is_blank and inside is Inside.NOTHING and signs.has_signs:
        inside = Inside.SIGNS
    return hashes, inside
