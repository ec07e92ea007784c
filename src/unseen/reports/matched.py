"""What a report says of a match, and of what it stands on."""

from collections.abc import Iterator, Mapping

from unseen.model import Ground, ListClass, ListPolicy, Mark, Match, Second, Signal, Weight
from unseen.model.report import ReportedFinding, ReportedList, ReportedMatch
from unseen.reports import words
from unseen.reports.placings import sureness_words
from unseen.reports.shown import show

__all__ = ["GROUNDS", "MARKS", "SECONDS", "ground_of", "match_row", "policy_words", "signal_words"]

Cell = str | Mapping[str, str]

GROUNDS = {
    Ground.EXACT: "exact: the same bytes, by SHA-256 or by two digests of one entry",
    Ground.NEAR_CORROBORATED: "near, and corroborated by a second signal; not known to be the same bytes",
    Ground.ALTERED_CORROBORATED: "near after an alteration was undone, and corroborated by a second signal",
    Ground.WEAK_DIGEST: "a weak digest: two files with one such digest can be made on purpose",
    Ground.NEAR: "near: one perceptual hash, which nothing else corroborates",
    Ground.ALTERED: "near after an alteration was undone, by a calibrated bound; nothing else corroborates it",
    Ground.LEAD: "a lead: farther away than near, or of an entry that nobody reviewed or that is in doubt",
}
_SHORT = {
    Ground.EXACT: "exact",
    Ground.NEAR_CORROBORATED: "near, corroborated",
    Ground.ALTERED_CORROBORATED: "altered, corroborated",
    Ground.WEAK_DIGEST: "weak digest",
    Ground.NEAR: "near",
    Ground.ALTERED: "altered",
    Ground.LEAD: "lead",
}
MARKS = {
    Mark.DISPUTED: "disputed by a member of its service",
    Mark.QUARANTINED: "quarantined",
    Mark.WITHDRAWN: "withdrawn",
    Mark.CLEARED: "cleared: somebody found what this hash stands for to be something else",
}
SECONDS = {
    Second.DIGEST: "a digest",
    Second.FRAMES: "several frames",
    Second.PUBLISHER: "a second publisher",
    Second.HASHER: "another perceptual hash of the same entry",
}


def match_row(reported: ReportedMatch) -> list[Cell]:
    """Its list, entry, labels, distance with what it stands on, and how the hash was taken."""
    match = reported.match
    if reported.labels is None:
        labels: Cell = "no longer held"
    elif reported.labels:
        labels = _code(", ".join(f"{label.scheme} {label.code}" for label in reported.labels))
    else:
        labels = "none"
    how = words.how_words(match.how) if match.video is None else words.video_words(match.video)
    ground = [] if match.ground is None else [_SHORT[match.ground]]
    since = (f"{MARKS[mark]}, since this scan" for mark in match.marks_now if mark not in match.marks)
    sure = [] if match.altered is None else [sureness_words(match.altered)]
    said = "; ".join([_distance(match), *sure, *ground, *(MARKS[mark] for mark in match.marks), *since])
    return [_code(match.list), _code(match.entry), labels, said, how]


def ground_of(finding: ReportedFinding) -> str:
    """What a finding stands on: the first of all grounds that its matches have."""
    ground = Ground.first(reported.match.ground for reported in finding.matches)
    return "not recorded: an older version scanned" if ground is None else GROUNDS[ground]


def policy_words(one: ReportedList) -> Iterator[str]:
    """How matches of a list were weighed; nothing for lists whose matches no policy changes."""
    policy = one.policy
    if policy is None or one.list_class != ListClass.CSAM:
        return
    if policy == ListPolicy():
        yield "the default"
    alone = "findings" if policy.near is Weight.FINDING else "leads"
    disputed = "counted like any other" if policy.disputed is Weight.FINDING else "were leads"
    seconds = ", ".join(SECONDS[second] for second in Second if second in policy.corroborated_by) or "nothing"
    yield f"near was up to {policy.near_bits} bits; near matches alone were {alone}; corroborated by: {seconds}"
    if policy.altered is Weight.LEAD:
        yield "altered copies that nothing corroborated were leads"
    yield f"entries in dispute {disputed}"


def signal_words(name: str) -> str:
    """A signal as people write it."""
    return words.SIGNALS.get(name, show(name))


def _distance(match: Match) -> str:
    if match.how is None and match.distance_bits == 0:
        return f"same bytes ({signal_words(match.signal)})"
    unit = " of 256 bits" if match.signal in {Signal.PDQ, Signal.VPDQ} else ""
    return f"{signal_words(match.signal)}, {match.distance_bits}{unit}"


def _code(text: str) -> Mapping[str, str]:
    return {"code": show(text)}
