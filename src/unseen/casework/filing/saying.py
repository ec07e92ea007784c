"""What a report says in words of a file and of itself: only what is on record, plainly, and never about a person."""

import re
from collections.abc import Iterator

from unseen.casework.filing.values import CaseMaterial, FoundFile
from unseen.model import Facts, ListClass, Locator, Mark, Match, Signal
from unseen.reports.placings import placing_words, sureness_words

__all__ = ["DANGER_CHARS_MAX", "about_file", "about_report", "accusing", "fitting", "is_of_container", "plain"]

# XML 1.0, section 2.2: whatever is none of these cannot stand in a document.
_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BYTES = range(0xDC80, 0xDD00)
# An officer reads this. A long video may match thousands of frames; the nearest say what the others repeat.
MATCHES_TOLD_MAX = 50
# Of `escalateToHighPriority` by the schema; what is longer is told in full beside it.
DANGER_CHARS_MAX = 3000
_DIGESTS = {Signal.MD5: "MD5", Signal.SHA1: "SHA-1", Signal.SHA256: "SHA-256"}
_MARKS = {
    Mark.DISPUTED: "a member of that service says that this entry is wrong",
    Mark.QUARANTINED: "this entry has matched unrelated files here, and is held back until it is looked into",
    Mark.WITHDRAWN: "its publisher has withdrawn this entry since",
    Mark.CLEARED: "the same is on a list of what was found to be something else",
}
_UNVIEWED = (
    "fileViewedByEsp is false: no person at the company opened this file in finding or reporting it, and no view of it "
    "is on record. It was found by comparing hashes, by machine."
)
_WHAT_A_MATCH_IS = (
    "What each match rests on stands with its file. A match says that a file equals, or is near, an entry of a list: "
    "nothing else, and nothing about anybody."
)
_VIEWED = "fileViewedByEsp is true: a named person at the company viewed the entire content of this very file."


def plain(text: str) -> str:
    r"""Text of others as XML can hold it: what it cannot becomes an escape, `\xff` for a byte, `\u{1}` for the rest."""
    return _NOT_XML.sub(_escape, text)


def fitting(text: str | None, chars_max: int) -> str | None:
    """Text of others that fits a field; None where there is none, or where it does not fit and is told elsewhere."""
    shown = None if text is None else plain(text)
    return shown if shown and len(shown) <= chars_max else None


def about_file(file: FoundFile, *, is_viewed: bool, labels_used: tuple[str, ...]) -> tuple[str, ...]:
    """What stands in `additionalInfo` of a file."""
    return (
        _VIEWED if is_viewed else _UNVIEWED,
        *_matches(file),
        *_where(file),
        *(f"From the list's own label: {used}" for used in labels_used),
    )


def about_report(material: CaseMaterial, *, files: int, viewed: int, left_out: int) -> str:
    """What stands in `additionalInfo` of a report."""
    whose = f"{material.subject.kind} {plain(material.subject.id)}"
    case = (
        f"Case {material.id} of ledger {material.ledger or '(unnamed)'}, {whose}, known since {material.known_at_utc}."
    )
    found = f"{files} file{'' if files == 1 else 's'}, found by comparing hashes with lists of known material"
    seen = f"viewed in full by a person at the company: {viewed}; not viewed: {files - viewed}"
    lines = [case, f"{found} (unseen {material.version}); {seen}.", _WHAT_A_MATCH_IS]
    if material.danger is not None and len(plain(material.danger)) > DANGER_CHARS_MAX:
        lines.append(f"Why a child may be in danger now, in full: {plain(material.danger)}")
    if left_out:
        lines.append(f"Findings of this case that are not in this report: {left_out}.")
    return "\n".join(lines)


def _matches(file: FoundFile) -> Iterator[str]:
    """Matches with lists of known material, and what speaks against them."""
    told = accusing(file)
    if not told:
        # A person confirmed it, by matches of an earlier scan.
        yield "By the newest scan of it this file matches no list of known material that was searched then."
    yield from (_match(file, match) for match in told[:MATCHES_TOLD_MAX])
    if len(told) > MATCHES_TOLD_MAX:
        yield f"Further matches of this file, none nearer: {len(told) - MATCHES_TOLD_MAX}."
    for name in sorted({match.list for match in file.finding.matches if _class(file, match) is ListClass.CLEARED}):
        yield f"This file also matches list {plain(name)}, which holds what was found to be something else."


def _match(file: FoundFile, match: Match) -> str:
    version = file.searched.get(match.list)
    listed = f"entry {plain(match.entry)} of list {plain(match.list)} (version: {version or 'not on record any more'})"
    if match.signal in _DIGESTS:
        said = f"Exact match: the {_DIGESTS[Signal(match.signal)]} digest of this file is that of {listed}"
        if match.signal != Signal.SHA256:
            said += ". Files can be made that share such a digest; see the other matches of this file, if any"
    else:
        said = _perceptual(match) + listed
        said += "".join(f"; {how}" for how in _how(match))
        said += ". A near hash says that two pictures look alike, not that they are the same file"
    marks = dict.fromkeys((*match.marks, *match.marks_now))
    return said + "".join(f". Beware: {_MARKS[mark]}" for mark in marks) + "."


def _perceptual(match: Match) -> str:
    if match.altered is None or match.how is None:
        return (
            f"Perceptual match, not an exact one: a {match.signal.upper()} hash of this file is at a distance of "
            f"{match.distance_bits} bits from "
        )
    return (
        "Match of an altered copy, not an exact one: this file itself is not near the entry. After its picture was "
        f"placed anew ({placing_words(match.how)}; {sureness_words(match.altered)}), a {match.signal.upper()} hash of "
        f"what lies there is at a distance of {match.distance_bits} bits ({match.how.candidate_distance_bits} before a "
        "closer look) from "
    )


def _how(match: Match) -> Iterator[str]:
    how, video = match.how, match.video
    if how is not None and how.orientation != "original":
        yield f"compared as {how.orientation}"
    if how is not None and how.time_s is not None:
        yield f"compared by the frame at {how.time_s:g} s"
    if video is not None:
        yield f"{video.covered_frames} of {video.known_frames} frames of the known video are found in this one"


def _where(file: FoundFile) -> Iterator[str]:
    locator, facts = file.finding.locator, file.facts
    yield f"Where the company holds it: {plain(str(locator))}."
    if facts is None:
        return
    if is_of_container(locator, facts):
        named = f", which was uploaded under the name {plain(facts.original_name)}" if facts.original_name else ""
        yield (
            f"It lies inside another file{named}. Time of upload and network address, where given, are those of the "
            "file around it."
        )
    elif facts.original_name and len(plain(facts.original_name)) > 2056:
        yield f"Its original name, which is longer than the field for it: {plain(facts.original_name)}"


def is_of_container(locator: Locator, facts: Facts) -> bool:
    """Whether what is known speaks, or may speak, of a file around the item and not of the item itself."""
    return len(locator.steps) > 1 and facts.about != str(locator)


def accusing(file: FoundFile) -> list[Match]:
    """The matches of a file with lists of known material, or with lists of which nothing is on record any more."""
    return [match for match in file.finding.matches if _class(file, match) in {None, ListClass.CSAM}]


def _class(file: FoundFile, match: Match) -> ListClass | None:
    searched = file.searched.get(match.list)
    return None if searched is None else searched.list_class


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code - 0xDC00:02x}" if code in _BYTES else f"\\u{{{code:x}}}"
