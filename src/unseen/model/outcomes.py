"""How an item lay, and what became of it: closed lists, so that nothing ends in a state nobody named."""

from enum import StrEnum

__all__ = ["Outcome", "Reason", "State"]


class Outcome(StrEnum):
    """What became of an item. Closed."""

    MATCH = "match"
    NO_MATCH = "no_match"
    # Digests were matched; a perceptual hash makes no sense. Counted, without a row of its own.
    DIGEST_ONLY = "digest_only"
    NOT_SCREENED = "not_screened"


class Reason(StrEnum):
    """Why an item was screened by digest only, in part, or not at all. Closed."""

    # Of digest_only.
    NOT_MEDIA = "not_media"
    LOW_QUALITY = "low_quality"
    # Commonplace, by a list of class known_file: its digests were matched, and no more work spent on it.
    KNOWN_FILE = "known_file"
    # Of not_screened. A picture that decodes in part keeps its outcome and has a row `truncated` besides.
    UNREADABLE = "unreadable"
    CHANGED = "changed"
    TRUNCATED = "truncated"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    ENCRYPTED = "encrypted"
    TIMED_OUT = "timed_out"
    DECODER_CRASHED = "decoder_crashed"
    READER_NOT_INSTALLED = "reader_not_installed"
    # A container gave more items than the limit; or the process that looked into it died of it.
    TOO_MANY = "too_many"
    READER_CRASHED = "reader_crashed"
    # Kept where it must be restored before anybody can read it.
    OFFLINE = "offline"
    # The medium in an image is not the one that its acquisition stored a digest of.
    HASH_MISMATCH = "hash_mismatch"


class State(StrEnum):
    """How an item lay in its source. Closed."""

    ALLOCATED = "allocated"
    DELETED = "deleted"
    ORPHAN = "orphan"
    CARVED = "carved"
