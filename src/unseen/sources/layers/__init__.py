"""Layers: what lies inside a file, member by member, nested to a limit, as functions over ranges of bytes.

A layer is a kind of container: an archive, a document, a disk image, a picture with a thumbnail in it. Each is a
module with a function `unpack(source, context)`, named in `unseen.sources.layers.registry`. Nothing here opens a path.
"""

from unseen.sources.layers.member import (
    INFLATION_MAX,
    LAYER_LIMITS,
    NO_SECRETS,
    Budget,
    Context,
    LayerLimits,
    Medium,
    Member,
    Secrets,
)
from unseen.sources.layers.places import PLACED_BYTES_MAX, PLACES_MAX, places_of
from unseen.sources.layers.ranges import FileRange, MemoryRange, Part, Segments
from unseen.sources.layers.registry import UNKNOWN, Format, Unpack, load_formats, recognise
from unseen.sources.layers.rest import REST_BYTES_MIN, rest_of
from unseen.sources.layers.walk import Announced, Closed, Found, Stated, Walk, Want, reason_of, walk

__all__ = [
    "INFLATION_MAX",
    "LAYER_LIMITS",
    "NO_SECRETS",
    "PLACED_BYTES_MAX",
    "PLACES_MAX",
    "REST_BYTES_MIN",
    "UNKNOWN",
    "Announced",
    "Budget",
    "Closed",
    "Context",
    "FileRange",
    "Format",
    "Found",
    "LayerLimits",
    "Medium",
    "Member",
    "MemoryRange",
    "Part",
    "Secrets",
    "Segments",
    "Stated",
    "Unpack",
    "Walk",
    "Want",
    "load_formats",
    "places_of",
    "reason_of",
    "recognise",
    "rest_of",
    "walk",
]
