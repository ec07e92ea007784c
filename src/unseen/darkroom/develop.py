"""Bytes to every hash of an item, in whatever process this runs.

It is what a locked worker does with each item, and `unseen.hash_file` with a file that is trusted.
"""

import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from unseen import hashing
from unseen.darkroom.digests import Digests, digest_memory, digest_source
from unseen.darkroom.hashers import hash_extra
from unseen.darkroom.reading.signs import SignFinder
from unseen.darkroom.undoing.aims import NOT_ASKED, Undoing
from unseen.darkroom.undoing.taking import with_altered
from unseen.darkroom.video.footage import Film, develop_video
from unseen.decoding import LIMITS, SNIFF_BYTES, Kind, Limits, Picture, decode, sniff
from unseen.errors import SourceError
from unseen.hashing.known_files import KnownFiles
from unseen.hashing.plugin import Hasher
from unseen.model import QUALITY_MIN, ByteSource, How, ItemHashes, Reason, UnreadError, Variant
from unseen.sources.layers import FileRange, MemoryRange

__all__ = [
    "SMALL_BYTES",
    "VideoMetError",
    "develop",
    "develop_descriptor",
    "develop_source",
    "hash_file",
    "nothing_read",
]

# Files up to here are read at once, whatever they are.
SMALL_BYTES = 1 << 20
# How the hashes of each convention were taken, in the order of the kernel.
_HOWS = {
    convention: tuple(How(orientation=orientation, convention=convention) for orientation in hashing.ORIENTATIONS)
    for convention in hashing.CONVENTIONS
}
# Only above this side does the 512x512 convention differ from the full picture.
_STRETCHED_SIDE = 512
# A 12-megapixel picture in RGB, and room above. Memory that was used before need not be faulted in again, which is a
# tenth of the time of such a picture; no pixels outlive the call that decoded them, so nobody sees them overwritten.
_SCRATCH_BYTES = 40_000_000
_MEMORY = threading.local()
_NO_FILES = KnownFiles()
# One frame a second throughout, as the reference hashes videos.
_FILM = Film()


class VideoMetError(Exception):
    """The item is a video, and whoever asked takes pictures only."""


def hash_file(path: str | os.PathLike[str], *, limits: Limits = LIMITS) -> ItemHashes:
    """Take every hash of one file in this process: for files you trust.

    Files from strangers belong into the darkroom (`unseen scan`, `unseen hash`), where a decoder that is taken over
    can do nothing.

    Args:
        path: An ordinary file.
        limits: What is too large to decode; it is digested all the same.

    Returns:
        Digests, PDQ and quality, variants; and a closed reason for what could not be decoded.

    Raises:
        SourceError: The file cannot be opened or read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SourceError(f"cannot open {Path(path)}: {error.strerror}", hint="is it there, and readable?") from error
    try:
        hashes = develop_descriptor(descriptor, limits=limits)
    finally:
        os.close(descriptor)
    if hashes.sha256 is None:
        raise SourceError(f"cannot read {Path(path)}", hint="is it an ordinary file on a sound disk?")
    return hashes


def develop(
    data: bytes | memoryview,
    *,
    limits: Limits = LIMITS,
    hashers: Sequence[Hasher] = (),
    known_files: KnownFiles = _NO_FILES,
    film: Film = _FILM,
    undoing: Undoing = NOT_ASKED,
) -> ItemHashes:
    """Take every hash of one item's bytes. Raises nothing, whatever the bytes are.

    Args:
        data: All bytes of the item.
        limits: What is too large to decode; it is digested all the same.
        hashers: Hashers that a licensee plugged in.
        known_files: Commonplace files, which are digested and not decoded.
        film: How a video is looked at.
        undoing: What is wanted of altered copies.

    Returns:
        Digests; of a picture, the canonical PDQ and its variants in fixed order: seven further orientations, the
        eight of the 512x512 convention, over white, over black, sampled frames; each value once; and of a video, its
        frames.
    """
    digests = digest_memory(data)
    sniffed = sniff(bytes(data[:SNIFF_BYTES]))
    if digests.are_of(known_files):
        return digests.finish(Reason.KNOWN_FILE)
    if sniffed.kind is Kind.VIDEO:
        return develop_video(MemoryRange(bytes(data)), sniffed, digests, replace(film, undoing=undoing))
    picture = decode(data, limits, scratch=_scratch())
    if isinstance(picture, Reason):
        return digests.finish(picture)
    return with_altered(_hash_picture(picture, digests, hashers), picture.pixels, undoing)


def develop_descriptor(descriptor: int, *, limits: Limits = LIMITS) -> ItemHashes:
    """Take every hash of what an open file holds, from its first byte to its end; see `develop_source`."""
    try:
        return develop_source(FileRange(descriptor), limits=limits)
    except OSError:
        return nothing_read(Reason.UNREADABLE)


def develop_source(
    source: ByteSource,
    *,
    limits: Limits = LIMITS,
    hashers: Sequence[Hasher] = (),
    known_files: KnownFiles = _NO_FILES,
    digests_only: Reason | None = None,
    film: Film | None = _FILM,
    signs: SignFinder | None = None,
    undoing: Undoing = NOT_ASKED,
) -> ItemHashes:
    """Take every hash of some bytes, wherever they lie.

    What may be a picture is read whole into memory, so that what is digested is what is decoded even while somebody
    writes to it; anything else, of any size, is digested in constant memory, and a video read again.

    Args:
        source: The bytes.
        limits: As for `develop`.
        hashers: As for `develop`.
        known_files: As for `develop`.
        digests_only: Give this reason and do not decode: for a container, or an item that a decoder died of.
        film: How a video is looked at; None where this process cannot.
        signs: Shown the bytes of what is no media, and of what nothing here can read.
        undoing: As for `develop`.

    Returns:
        As `develop`; without digests, and with the reason, where reading failed.

    Raises:
        VideoMetError: It is a video, and `film` is None.
    """
    try:
        if digests_only is not None:
            return _finish(digest_source(source), digests_only, known_files)
        sniffed = sniff(source.read_at(0, SNIFF_BYTES))
        if sniffed.kind is Kind.VIDEO:
            if film is None:
                raise VideoMetError
            digests = digest_source(source)
            if digests.are_of(known_files):
                return digests.finish(Reason.KNOWN_FILE)
            return develop_video(source, sniffed, digests, replace(film, undoing=undoing))
        if source.size_bytes > SMALL_BYTES and sniffed.kind in {Kind.UNSUPPORTED, Kind.NOT_MEDIA}:
            return _finish(digest_source(source, signs), Reason[sniffed.kind.name], known_files)
        if source.size_bytes > max(limits.bytes_max, SMALL_BYTES):
            return _finish(digest_source(source), Reason.TOO_LARGE, known_files)
        data = source.read_at(0, source.size_bytes)
        taking = partial(develop, data, limits=limits, hashers=hashers, known_files=known_files)
        hashes = taking(film=film or _FILM, undoing=undoing)
    except MemoryError:
        # The bytes themselves do not fit beside what is decoded of them; digests need no room.
        return _finish(digest_source(source), Reason.TOO_LARGE, known_files)
    except UnreadError as error:
        return nothing_read(error.reason)
    # What nothing here reads may still hold pictures that can be: a drawing, the first sectors of a disk.
    if signs is not None and (hashes.reason is Reason.NOT_MEDIA or sniffed.kind is Kind.UNSUPPORTED):
        signs.watch(data)
    return hashes


def nothing_read(reason: Reason) -> ItemHashes:
    """What there is to say of an item without bytes."""
    return ItemHashes(size_bytes=0, sha256=None, sha1=None, md5=None, reason=reason)


def _finish(digests: Digests, reason: Reason, known_files: KnownFiles) -> ItemHashes:
    return digests.finish(Reason.KNOWN_FILE if digests.are_of(known_files) else reason)


def _scratch() -> npt.NDArray[np.uint8]:
    """Memory of this thread for decoded pixels; it costs nothing until it is written to."""
    scratch: npt.NDArray[np.uint8] | None = getattr(_MEMORY, "scratch", None)
    if scratch is None:
        scratch = _MEMORY.scratch = np.empty(_SCRATCH_BYTES, np.uint8)
    return scratch


def _hash_picture(picture: Picture, digests: Digests, hashers: Sequence[Hasher]) -> ItemHashes:
    canonical, quality, variants = _hash_turned(picture)
    best = max([quality, *(variant.pdq_quality for variant in variants)])
    seen = {canonical, *(variant.pdq for variant in variants)}
    try:
        for how, pixels in picture.others():
            pdq, pdq_quality = hashing.pdq(pixels)
            best = max(best, pdq_quality)
            if pdq not in seen:
                seen.add(pdq)
                variants.append(Variant(how, pdq, pdq_quality))
        is_partial = picture.is_partial or picture.is_cut_short
    except MemoryError:
        # The first picture is safe; of the others, the rest did not fit.
        is_partial = True
    if is_partial and best < QUALITY_MIN:
        # What could be had is no picture that a hash could speak of: nothing of it was screened.
        return digests.finish(Reason.TRUNCATED)
    reason = Reason.LOW_QUALITY if best < QUALITY_MIN else None
    extra = hash_extra(picture.pixels, hashers)
    return digests.finish(Reason.TRUNCATED if is_partial else reason, (canonical, quality), tuple(variants), extra)


def _hash_turned(picture: Picture) -> tuple[bytes, int, list[Variant]]:
    """The canonical PDQ, its quality, and the orientations of both conventions without repetition."""
    pixels = picture.pixels
    eight, quality = hashing.pdq_dihedral(pixels)
    canonical = eight[0].tobytes()
    if pixels.shape[:2] == (64, 64):
        # The reference filters a picture of this size here and not in its plain hash, which is the canonical one.
        canonical, quality = hashing.pdq(pixels)
    variants: list[Variant] = []
    seen = {canonical}
    _extend(variants, seen, eight, quality, _HOWS["full"])
    if max(pixels.shape[:2]) > _STRETCHED_SIDE:
        eight, stretched_quality = hashing.pdq_dihedral(pixels, convention="512")
        _extend(variants, seen, eight, stretched_quality, _HOWS["512"])
    return canonical, quality, variants


def _extend(
    variants: list[Variant],
    seen: set[bytes],
    eight: npt.NDArray[np.uint8],
    quality: int,
    hows: Iterable[How],
) -> None:
    for row, how in zip(eight, hows, strict=True):
        pdq = row.tobytes()
        if pdq not in seen:
            seen.add(pdq)
            variants.append(Variant(how, pdq, quality))
