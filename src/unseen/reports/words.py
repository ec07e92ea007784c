"""What every report says in plain words: prose.toml, and a word for each value of the closed lists."""

import tomllib
from pathlib import Path

from unseen.model import (
    Altered,
    How,
    ListClass,
    Outcome,
    Reason,
    Retention,
    Signal,
    State,
    Summary,
    Times,
    VideoMode,
    VideoShare,
)
from unseen.model.report import Stated
from unseen.reports.placings import placing_words

__all__ = [
    "CLASSES",
    "DEFINITIONS",
    "DIGESTS",
    "LIMITS",
    "LOOKED_FOR",
    "OUTCOMES",
    "READING",
    "REASONS",
    "SIGNALS",
    "STATED",
    "STATES",
    "WITHOUT_LEDGER",
    "WITH_LEDGER",
    "by_keyframes",
    "how_words",
    "kept_words",
    "rechecked",
    "times_words",
    "video_words",
]

_PROSE = tomllib.loads((Path(__file__).parent / "prose.toml").read_text(encoding="utf-8"))


def _pairs(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((each["name"], " ".join(each["text"].split())) for each in _PROSE[name])


def _paragraphs(name: str) -> tuple[str, ...]:
    return tuple(" ".join(paragraph.split()) for paragraph in _PROSE["record"][name].split("\n\n"))


SIGNALS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "pdq": "PDQ", "vpdq": "PDQ of a video's frame"}

# Pairs of a short statement and its explanation.
READING, LIMITS, DEFINITIONS = _pairs("reading"), _pairs("limits"), _pairs("definitions")
WITH_LEDGER = (*_paragraphs("with_ledger"), *_paragraphs("always"))
WITHOUT_LEDGER = (*_paragraphs("without_ledger"), *_paragraphs("always"))

# In the order in which a report gives them.
DIGESTS = (Signal.SHA256, Signal.SHA1, Signal.MD5)

STATED = {
    "by": "Written by",
    "agency": "Agency",
    "case": "Case",
    "exhibit": "Exhibit",
}
assert set(STATED) == set(Stated.__dataclass_fields__)

CLASSES = {
    ListClass.CSAM: "child sexual abuse material",
    ListClass.USER_REPORTED: "reported by the people depicted; reviewed by nobody",
    ListClass.KNOWN_FILE: "commonplace files; never makes or hides a finding",
    ListClass.CLEARED: "found to be wrong in some list; never makes or hides a finding",
}

OUTCOMES = {
    Outcome.MATCH: "digests and PDQ were compared",
    Outcome.NO_MATCH: "digests and PDQ were compared",
    Outcome.DIGEST_ONLY: "only digests were compared",
    Outcome.NOT_SCREENED: "could not be decoded; the digests of what was read were compared",
}

_TIMES = {
    "modified_at_utc": "Content written",
    "accessed_at_utc": "Last read",
    "changed_at_utc": "Description changed",
    "born_at_utc": "Made",
}

STATES = {
    State.ALLOCATED: "in place, not deleted",
    State.DELETED: "still listed by the file system; its space may have been used again",
    State.ORPHAN: "still listed by the file system, its folder unknown; its space may have been used again",
    State.CARVED: "recovered by its own structure, where nothing lists a file",
}

REASONS = {
    Reason.NOT_MEDIA: "neither picture nor video, by content and not by name; among them containers, looked into",
    Reason.LOW_QUALITY: "a picture too flat for PDQ: no reading of it reaches quality 50",
    Reason.KNOWN_FILE: "a commonplace file, by a list of known files: its digests were compared, no more",
    Reason.UNREADABLE: "could not be opened or read, or nothing of it could be decoded",
    Reason.CHANGED: "changed or vanished while it was read",
    Reason.TRUNCATED: "ends early or is damaged, or has more frames than are read: screened as far as it goes",
    Reason.UNSUPPORTED: "of a kind, or packed in a way, that nothing here looks into; or a device, a pipe, a link",
    Reason.TOO_LARGE: "more bytes or pixels than the limits allow; digests were compared",
    Reason.TOO_DEEP: "nested deeper than is looked into",
    Reason.ENCRYPTED: "needs a password or key, and none that was given opens it",
    Reason.TIMED_OUT: "decoding or reading it did not end in time, twice",
    Reason.DECODER_CRASHED: "the decoder died, twice",
    Reason.TOO_MANY: "a container that holds more than is looked into",
    Reason.HASH_MISMATCH: "not the medium whose digest its acquisition stored; it was screened all the same",
    Reason.OFFLINE: "kept in an archive of the service, from which it must be restored before it can be read",
    Reason.READER_CRASHED: "the process that looked into it died of it, twice",
    Reason.ALTERED_UNFINISHED: "screened as it lies; but altered copies in it could not be looked for to the end",
    Reason.READER_NOT_INSTALLED: "needs a component that was not installed",
}

LOOKED_FOR = {
    Altered.OFF: "were not looked for",
    Altered.FAST: "were looked for: fast, by what each picture itself proposes and the commonest"
    " crops and turns, within 64 bits before a closer look",
    Altered.THOROUGH: "were looked for: thoroughly, by what each picture proposes and a systematic family of windows"
    " and angles, within 64 bits before a closer look",
}

_ORIENTATIONS = {
    "rotate90": "turned by 90\u00b0",
    "rotate180": "turned by 180\u00b0",
    "rotate270": "turned by 270\u00b0",
    "flipx": "mirrored top to bottom",
    "flipy": "mirrored left to right",
    "plus": "mirrored along a diagonal (plus)",
    "minus": "mirrored along a diagonal (minus)",
}


def how_words(how: How | None) -> str:
    """In which way an item's hash was taken."""
    if how is None:
        return ""  # digests know only one way
    words = []
    if how.orientation in _ORIENTATIONS:
        words.append(_ORIENTATIONS[how.orientation])
    if how.convention == "512":
        words.append("stretched to 512 \u00d7 512 first")
    if how.alpha is not None:
        words.append(f"transparent parts over {how.alpha}")
    if how.time_s is not None:
        words.append(f"frame at {how.time_s:g} s")
    if how.window is not None:
        words.append(placing_words(how))
    if how.candidate_distance_bits is not None:
        words.append(f"{how.candidate_distance_bits} bits before the closer look")
    return ", ".join(words) or "as it lies"


def kept_words(retention: Retention, began_at_utc: str) -> str:
    """What becomes of the hashes of items that matched nothing."""
    due = retention.due_utc(began_at_utc)
    if due is not None:
        return f"of items that matched nothing until {due[:10]}, for a recheck; then they are erased"
    if retention.days == 0:
        return "none of items that matched nothing: no recheck can see them"
    return "of items that matched nothing as long as the exhibit, for a recheck"


def rechecked(summary: Summary) -> str:
    """That no file was read, as a sentence to begin with; nothing for a scan."""
    if not summary.rechecked:
        return ""
    return "This was a recheck: hashes that earlier scans had kept were compared again, and no file was read. "


def by_keyframes(summary: Summary) -> str:
    """That videos were not looked at throughout, as a further sentence; nothing where all were."""
    count = summary.videos_by_keyframes
    if not count:
        return ""
    return f" Of {summary.videos:,} videos {count:,} looked at by keyframes alone: what lies between was not screened."


def video_words(video: VideoShare) -> str:
    """How much of a known video was found, and where."""
    spans = ", ".join(f"{first:g}" if first == last else f"{first:g} to {last:g}" for first, last in video.spans_s)
    mode = "keyframes alone" if video.mode is VideoMode.FAST else "one frame a second"
    return f"shows {video.covered_frames} of {video.known_frames} frames, at {spans} s; looked at by {mode}"


def times_words(times: Times | None, layer: str = "file") -> list[tuple[str, str]]:
    """What is known of when an item was touched: pairs of what happened and when.

    Args:
        times: As its source said.
        layer: Of the source: FAT keeps no time zone, and nothing is told as UTC that may be hours away from it.
    """
    told = {} if times is None else times.in_utc()
    zone = ", by the clock of the device; its time zone is not kept" if layer == "fat" else " UTC"
    return [(_TIMES[name], _moment(text) + zone) for name, text in told.items() if text is not None]


def _moment(text: str) -> str:
    """A time in ISO 8601 as people write it; no fraction of a second where there is none."""
    moment, _, fraction = text.removesuffix("Z").replace("T", " ").partition(".")
    fraction = fraction.rstrip("0")
    return f"{moment}.{fraction}" if fraction else moment
