"""Values as lines for people. Values of list entries are never among them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from unseen.cli import voice
from unseen.model import (
    Acquired,
    Comparison,
    Finding,
    Ground,
    How,
    Mark,
    Match,
    NotScreened,
    Second,
    Signal,
    Summary,
    Verdict,
    VideoShare,
    Weight,
)
from unseen.reports.placings import placing_words, sureness_words
from unseen.reports.shown import show

if TYPE_CHECKING:
    from unseen.casework.asking import Told
    from unseen.casework.bundles import Repeated, WrittenBundle
    from unseen.casework.known.policies import ShownPolicy
    from unseen.casework.lists import ListAccount, ListInfo
    from unseen.casework.matching import Answer
    from unseen.casework.reporting import WrittenReport

__all__ = [
    "account_lines",
    "acquired_lines",
    "answer_lines",
    "bundle_lines",
    "comparisons_words",
    "finding_lines",
    "ground_words",
    "how_words",
    "list_lines",
    "match_lines",
    "not_screened_lines",
    "policy_lines",
    "repeated_line",
    "report_lines",
    "service_line",
    "summary_lines",
    "told_lines",
    "verdict_line",
    "video_words",
]

# A match is one line; all spans are in the JSON.
_SPANS_SHOWN = 3
# Exact and near say themselves by "same bytes" and bits.
_GROUNDS = {
    Ground.WEAK_DIGEST: "weak digest",
    Ground.NEAR_CORROBORATED: "corroborated",
    Ground.ALTERED_CORROBORATED: "altered, corroborated",
    Ground.ALTERED: "altered",
    Ground.LEAD: "lead",
}
# It stands beside what accuses: nobody should overlook it.
_MARKS = {Mark.CLEARED: "CLEARED: found here to be something else"}
_COMPARISONS = {
    Comparison.VERIFIED: "verified",
    Comparison.MISMATCH: "DIFFERS",
    Comparison.ABSENT: "not stored",
    Comparison.UNREAD: "cannot be compared",
}


def finding_lines(finding: Finding, *, with_id: bool = False) -> list[str]:
    """The item, under it one line for each match, nearest first, and the newest verdict."""
    head = f"{finding.id}  " if with_id else ""
    state = "" if finding.state == "allocated" else f" ({finding.state})"
    verdict = [] if finding.verdict is None else [verdict_line(finding.verdict)]
    gone = {
        "wholly": ["  WITHDRAWN SINCE: no entry that this finding rests on stands any more"],
        "partly": ["  withdrawn since: some of the entries that this finding rests on"],
        None: [],
    }[finding.rests_on_withdrawn]
    named = f"{head}finding: {show(str(finding.locator))}{state}"
    return [named, *match_lines(finding.matches), *gone, *verdict]


def acquired_lines(acquired: Acquired) -> list[str]:
    """The image, and what came of each digest that its acquisition stored."""
    return [f"image: {show(str(acquired.locator))}", f"  {comparisons_words(asdict(acquired.acquisition))}"]


def comparisons_words(acquisition: Mapping[str, Comparison]) -> str:
    """What came of each digest that an acquisition stored."""
    md5, sha1 = _COMPARISONS[acquisition["md5"]], _COMPARISONS[acquisition["sha1"]]
    return f"digests of its acquisition: MD5 {md5}, SHA-1 {sha1}"


def bundle_lines(written: "WrittenBundle") -> list[str]:
    """What is in a bundle, and with which key it verifies."""
    found = voice.plural(len(written.findings), "finding")
    return [
        f"bundle {voice.printable(written.path)}: {found} of scan {written.scan}, {written.entries} entries",
        f"  ledger {written.origin}, {written.size:,} entries when it was signed",
        f"  public key, for whoever verifies to have by another way: {written.key}",
    ]


def repeated_line(repeated: "Repeated") -> list[str]:
    """One match of a bundle, as cells: what it was, and what it comes to now."""
    match = repeated.match
    now = repeated.result.replace("_", " ")
    if repeated.result == "differs":
        now += f": {repeated.distance_bits} bits"
    if repeated.list not in {None, match.list}:
        now += f" (list {repeated.list})"
    list_name, entry = f"list {match.list}", f"entry {match.entry}"
    return [list_name, entry, match.signal, f"{match.distance_bits} bits", how_words(match.how), now]


def verdict_line(verdict: Verdict, *, is_newest: bool = True) -> str:
    """What was decided, by whom, when and why; and whether that is overtaken."""
    overtaken = " (open again: a match has come since)" if is_newest and not verdict.is_current else ""
    said = voice.printable(f"{verdict.decision} by {verdict.by}, {verdict.at_utc}: {verdict.reason}")
    return f"  {said}{overtaken}"


def told_lines(told: "Told") -> list[str]:
    """What a service answered about a finding, or why it did not."""
    words = {"unanswered": "the service gave no answer", "no_pdq": "not asked: it has no PDQ that can be compared"}
    said = told.classification if told.classification is not None else words[told.outcome]
    return [f"{told.finding}  {voice.printable(said)}"]


def service_line(answer: Mapping[str, str | None]) -> str:
    """What a service answered about the finding above, and when."""
    said = answer["classification"] or str(answer["outcome"])
    return f"  {answer['service']}, {answer['at_utc']}: {voice.printable(said)}"


def answer_lines(answer: "Answer") -> list[str]:
    """The hash as it was given, what became of it, and its matches."""
    word = answer.outcome.replace("_", " ")
    if answer.reason is not None:
        word += f" ({answer.reason.replace('_', ' ')})"
    elif answer.matches and not answer.is_finding:
        word += " (known or cleared only: no finding)"
    return [f"{word}: {show(answer.item)}", *match_lines(answer.matches)]


def list_lines(lists: Sequence["ListInfo"]) -> list[str]:
    """One line for each list."""
    head = ("name", "class", "entries", "format", "added (UTC)", "from")
    rows = [
        (info.name, info.list_class, f"{info.entry_count:,}", info.file_format, info.added_at_utc, info.origin)
        for info in lists
    ]
    return voice.columns([head, *rows]) if rows else ["no list"]


def account_lines(account: "ListAccount") -> list[str]:
    """What a list is and holds, in numbers."""
    info = account.info
    searchable = set(Signal)
    signals = [
        (signal, f"{count:,}", "" if signal in searchable else "not searchable here: kept and counted")
        for signal, count in sorted(account.by_signal.items())
    ]
    labels = [
        (f"{label.scheme} {label.code}", f"{count:,}")
        for label, count in sorted(account.by_label.items(), key=lambda pair: (pair[0].scheme, pair[0].code))
    ]
    return [
        f"list {info.name}: {voice.plural(info.entry_count, 'entry', 'entries')} of class {info.list_class}",
        f"  from {voice.printable(info.origin)} ({info.file_format}), added {info.added_at_utc}",
        f"  sha256 of that file {info.sha256.hex()}",
        *voice.columns(signals, indent="  signal "),
        *voice.columns(labels, indent="  label "),
    ]


def policy_lines(shown: "ShownPolicy") -> list[str]:
    """How matches of a list are weighed, in words; and who set it."""
    policy = shown.policy
    seconds = ", ".join(second for second in Second if second in policy.corroborated_by) or "nothing"
    weights = {Weight.FINDING: "a near match", Weight.LEAD: "a lead"}
    disputed = {Weight.FINDING: "count like any other", Weight.LEAD: "are leads"}
    newest = shown.history[-1] if shown.history else None
    said = f"set by {newest.by or 'somebody'}, {newest.at_utc}: {newest.reason or 'reason erased'}" if newest else None
    return [
        f"list {shown.list}: {'the default policy' if newest is None else voice.printable(str(said))}",
        f"  near is up to {voice.plural(policy.near_bits, 'bit')}; what lies beyond is a lead",
        f"  near and not corroborated is {weights[policy.near]}",
        *([] if policy.altered is Weight.FINDING else ["  an altered copy that nothing corroborates is a lead"]),
        f"  corroborated by {seconds}",
        f"  entries in dispute {disputed[policy.disputed]}",
        *([] if policy.publisher is None else [f"  published by {voice.printable(policy.publisher)}"]),
    ]


def match_lines(matches: Sequence[Match]) -> list[str]:
    """One line for each match: list, entry, signal, distance, how, and on what it stands where that must be said."""
    return voice.columns(
        (
            (
                f"list {match.list}",
                f"entry {match.entry}",
                match.signal,
                "same bytes" if match.how is None and match.distance_bits == 0 else f"{match.distance_bits} bits",
                how_words(match.how) if match.video is None else video_words(match.video),
                ground_words(match),
            )
            for match in matches
        ),
        indent="  ",
    )


def ground_words(match: Match) -> str:
    """What a match stands on, where that is not plain from its distance; and what must be said of its entry."""
    ground = _GROUNDS.get(match.ground) if match.ground is not None else None
    then = [_MARKS.get(mark, str(mark)) for mark in match.marks]
    since = [f"{mark} since" for mark in match.marks_now if mark not in match.marks]
    sure = [] if match.altered is None else [sureness_words(match.altered)]
    return ", ".join([*([] if ground is None else [ground]), *sure, *then, *since])


def how_words(how: How | None) -> str:
    """In which way the hash was taken, where it was not taken of the whole picture as it lies."""
    if how is None:
        return ""
    words = []
    if how.orientation not in {None, "original"}:
        words.append(str(how.orientation))
    if how.convention == "512":
        words.append("512x512 first")
    if how.alpha is not None:
        words.append(f"over {how.alpha}")
    if how.time_s is not None:
        words.append(f"at {how.time_s:g} s")
    if how.window is not None:
        words.append(placing_words(how))
    if how.candidate_distance_bits is not None:
        words.append(f"{how.candidate_distance_bits} bits before the closer look")
    return ", ".join(words)


def video_words(video: VideoShare) -> str:
    """How much of a known video was found, and where."""
    spans = [
        f"{first:g}" if first == last else f"{first:g} to {last:g}" for first, last in video.spans_s[:_SPANS_SHOWN]
    ]
    more = " and further on" if len(video.spans_s) > _SPANS_SHOWN else ""
    return f"shows {video.covered_frames:,} of {video.known_frames:,} frames, at {', '.join(spans)} s{more}"


def not_screened_lines(unscreened: NotScreened) -> list[str]:
    """The item and why."""
    reason = unscreened.reason.replace("_", " ")
    return [f"not screened: {show(str(unscreened.locator))} ({reason})"]


def report_lines(written: Sequence["WrittenReport"]) -> list[str]:
    """The report's id, and a line for each file."""
    files = [(one.path, voice.size(one.size_bytes), f"sha256 {one.sha256.hex()}") for one in written]
    return [f"report {written[0].report} of scan {written[0].scan}", *voice.columns(files, indent="  ")]


def _video_lines(summary: Summary) -> list[str]:
    """Never called clean without saying so: between keyframes nobody looked."""
    if not summary.videos_by_keyframes:
        return []
    of_all = voice.plural(summary.videos, "video")
    return [
        f"  {summary.videos_by_keyframes:,} of {of_all} looked at by keyframes alone (--video thorough looks further)"
    ]


def summary_lines(summary: Summary) -> list[str]:
    """The account, so that it can be added up."""
    in_part = f", {summary.truncated:,} of them hashed in part" if summary.truncated else ""
    known = f" ({summary.known_file:,} of them known files)" if summary.known_file else ""
    screened = f"{summary.hashed:,} hashed, {summary.digest_only:,} by digest only{known}"
    beyond = summary.entries_not_searchable
    leads = f" ({summary.leads:,} of them on leads alone)" if summary.leads else ""
    return [
        "",
        f"{voice.plural(summary.findings, 'finding')} in {voice.plural(summary.items, 'item')}{leads}",
        f"  {screened}, {summary.not_screened:,} not screened{in_part}",
        *_video_lines(summary),
        f"  compared with {voice.plural(summary.entries_searchable, 'entry', 'entries')}"
        + (
            f"; {beyond:,} more {'is of a signal' if beyond == 1 else 'are of signals'} that cannot be searched here"
            if beyond
            else ""
        ),
        f"  {summary.seconds:,.1f} seconds",
    ]
