"""What a locked worker says of one item: its hashes, and what lies inside it."""

from collections.abc import Sequence

from unseen.darkroom.develop import develop_source, nothing_read
from unseen.darkroom.reading.ranges import RemoteRange
from unseen.darkroom.reading.signs import SignFinder
from unseen.darkroom.video.footage import Film
from unseen.darkroom.wire import Inside, Request
from unseen.decoding import Limits
from unseen.hashing.known_files import KnownFiles
from unseen.hashing.plugin import Hasher
from unseen.model import ByteSource, ItemHashes, Reason, UnreadError
from unseen.sources.layers import FileRange, Format, recognise

__all__ = ["inside_of", "look_at"]


def inside_of(found: Format | None) -> Inside:
    """What the parent is told of a format: no more than it must know."""
    if found is None:
        return Inside.NOTHING
    if found.is_picture:
        return Inside.PARTS
    return Inside.DISK if found.is_disk else Inside.CONTAINER


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
        source: ByteSource = (
            FileRange(descriptor) if request.ranges_bytes is None else RemoteRange(descriptor, request.ranges_bytes)
        )
        inside = Inside.NOTHING if request.is_member or request.digests_only else inside_of(recognise(source))
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
        )
    except UnreadError as error:
        return nothing_read(error.reason), Inside.NOTHING
    except OSError:
        return nothing_read(Reason.UNREADABLE), Inside.NOTHING
    if hashes.reason is Reason.NOT_MEDIA and inside is Inside.NOTHING and signs.has_signs:
        inside = Inside.SIGNS
    return hashes, inside
