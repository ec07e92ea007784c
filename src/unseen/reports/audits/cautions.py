"""What a person should know before using an audit: a small set warns, and is never refused."""

from collections.abc import Iterator

from unseen.reports.audits.values import RecallAudit, ThresholdAudit

__all__ = ["number_a_day", "percent", "recall_cautions", "threshold_cautions"]

# Below this, a rate of one in a thousand stays possible however few match: 3/3000.
_CLUSTERS_WANTED = 3_000
# Below this, an interval in the middle of the scale is wider than ten points to either side.
_PICTURES_WANTED = 100


def threshold_cautions(audit: ThresholdAudit) -> Iterator[str]:
    """Give sentences; none for an audit of many files with nothing wrong about them."""
    row = audit.in_use
    if row.clusters.of < _CLUSTERS_WANTED:
        yield (
            f"a small set: with {_plural(row.clusters.of, 'cluster')} even no match would leave a rate of"
            f" {percent(min(1.0, 3 / row.clusters.of)) if row.clusters.of else '100 %'} possible;"
            f" {_CLUSTERS_WANTED:,} are needed to speak of one in a thousand"
        )
    if audit.by_digest:
        yield (
            f"{_plural(audit.by_digest, 'file')} matched by a digest: no benign files, or those entries are wrong; they"
            " are counted apart, and somebody must find out which"
        )
    if audit.quarantined:
        yield (
            f"{_plural(audit.quarantined, 'entry', 'entries')} of these lists quarantined already: their matches are"
            " leads, and count nowhere here"
        )
    if crowded := [one for one in audit.crowded if one.state != "released"]:
        entries = _plural(len(crowded), "entry", "entries")
        yield (
            f"{entries} came near {audit.crowd_clusters} or more unrelated clusters: that says little about whoever has"
            " such a file, and waits for a named person"
        )


def recall_cautions(audit: RecallAudit) -> Iterator[str]:
    """Give sentences; none for an audit of many pictures."""
    if audit.pictures < _PICTURES_WANTED:
        yield (
            f"a small set: with {_plural(audit.pictures, 'picture')} the intervals are wide; {_PICTURES_WANTED} make"
            " them narrower than ten points to either side"
        )


def percent(share: float) -> str:
    """`0.031 %`: two digits that count; 100 % and 0 % only where it is all or nothing."""
    if share >= 1.0:
        return "100 %"
    return f"{100 * share:.2g} %" if share < 0.995 else "> 99 %"


def number_a_day(expected: float) -> str:
    """`0.031`, `4.6`, `12,000`: two digits that count, written out."""
    return f"{expected:.2g}" if expected < 100 else f"{float(f'{expected:.2g}'):,.0f}"


def _plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
