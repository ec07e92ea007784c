"""Exact search and what counts as a match: the one door to the search half of the kernel."""

from unseen.matching.altered import Aims
from unseen.matching.digests import DigestTable
from unseen.matching.grounds import weigh, without_repetition
from unseen.matching.index import Index, check_threshold
from unseen.matching.policy import Comparison, Matcher
from unseen.matching.segment_writer import IndexWriter, building_bytes
from unseen.matching.segments import Generation, StoredColumn
from unseen.matching.videos import MARGIN_BITS, MATCHED_FRAMES_MIN, SHARE_MIN, Near

__all__ = [
    "MARGIN_BITS",
    "MATCHED_FRAMES_MIN",
    "SHARE_MIN",
    "Aims",
    "Comparison",
    "DigestTable",
    "Generation",
    "Index",
    "IndexWriter",
    "Matcher",
    "Near",
    "StoredColumn",
    "building_bytes",
    "check_threshold",
    "weigh",
    "without_repetition",
]
