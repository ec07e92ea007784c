"""How entries and changes of lists are printed: for programs and for people. Never a value."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from unseen.cli import voice
from unseen.model import EntryAccount, EntryRow, EntryVerdict, Import, ListChange

if TYPE_CHECKING:
    from unseen.casework.known.changing import OwnList

__all__ = ["change_lines", "change_row", "entry_lines", "entry_row", "own_list_lines", "own_list_row"]

Row = dict[str, object]


def entry_row(account: EntryAccount) -> Row:
    """The row of `unseen list show --entry --json`, and of `quarantine` and `release`."""
    return {
        "type": "entry",
        "list": account.list,
        "class": account.list_class,
        "version": account.version,
        "entry": account.entry,
        "marks": list(account.marks),
        "hashes": [_hash_row(row) for row in account.rows],
        "opinions": [
            {
                "publisher": publisher,
                "holder": opinion.holder,
                "stance": opinion.stance,
                "signal": opinion.signal,
                "reasons": list(opinion.reasons),
            }
            for publisher, opinion in account.opinions
        ],
        "decisions": [asdict(one) for one in account.decisions],
    }


def entry_lines(account: EntryAccount) -> list[str]:
    """What an entry is, where each of its hashes came from, and what is said of it."""
    marks = f": {', '.join(account.marks)}" if account.marks else ""
    head = f"entry {account.entry} of list {account.list} (class {account.list_class}){marks}"
    lines = [voice.printable(head)]
    for row in account.rows:
        lines += _hash_lines(row)
    for publisher, opinion in account.opinions:
        of = f" of the entry of {publisher}" if publisher else ""
        why = f": {'; '.join(opinion.reasons)}" if opinion.reasons else ""
        lines.append("  " + voice.printable(f"{opinion.holder} says {opinion.stance}{of}{why}"))
    return [*lines, *(_decision_line(one) for one in account.decisions)]


def change_row(change: ListChange) -> Row:
    """What a change of a list came to: of `unseen list sync --json` and `list from-findings --json`."""
    return {
        "list": change.list,
        "version": change.version,
        "waiting": change.waiting,
        "added": change.added,
        "replaced": change.replaced,
        "withdrawn": change.withdrawn,
        "unchanged": change.unchanged,
        "findings": change.findings,
        "refused": change.refused,
        "refused_at": [{"position": each.position, "why": each.why} for each in change.refusals],
        "entries_before": change.entries_before,
        "entries": change.entries_after,
    }


def change_lines(change: ListChange) -> list[str]:
    """What changed, or would; hashes and entries are counted, values never shown."""
    counts = [
        f"{getattr(change, name):,} {name}" for name in ("added", "replaced", "withdrawn") if getattr(change, name)
    ]
    waits = "" if change.waiting is None else " once somebody accepts it"
    said = [f"list {change.list}{waits}: {', '.join(counts) or 'nothing has changed'}"]
    said.append(f"  {voice.plural(change.entries_after, 'hash', 'hashes')}, {change.entries_before:,} before")
    if change.refused:
        said.append(f"  refused: {voice.plural(change.refused, 'entry', 'entries')}")
    if change.findings:
        rest = voice.plural(change.findings, "finding rests", "findings rest")
        said.append(f"  {rest} on what was withdrawn: `unseen findings --marked withdrawn`")
    return said


def own_list_row(made: "OwnList") -> Row:
    """The row of `unseen list from-findings --json`."""
    return {**change_row(made.change), "left_out": dict(made.left_out)}


def own_list_lines(made: "OwnList") -> list[str]:
    """What came of a list of what was judged here."""
    lines = change_lines(made.change)
    if count := made.left_out.get("not_csam", 0):
        lines.append(f"  left out {voice.plural(count, 'finding')} that no list of class csam made")
    return lines


def _hash_row(row: EntryRow) -> Row:
    return {
        "signal": row.signal,
        "publisher": row.publisher,
        "published_at": row.published_at,
        "labels": [asdict(label) for label in row.labels],
        "added": asdict(row.added),
        "withdrawn": None if row.withdrawn is None else asdict(row.withdrawn),
    }


def _hash_lines(row: EntryRow) -> list[str]:
    publisher = f" of publisher {row.publisher}" if row.publisher else ""
    labels = ", ".join(f"{label.scheme} {label.code}" for label in row.labels)
    lines = [voice.printable(f"  {row.signal}{publisher}{': ' if labels else ''}{labels}")]
    lines.append("    " + _import_words("came", row.added))
    if row.withdrawn is not None:
        lines.append("    " + _import_words("withdrawn", row.withdrawn))
    return lines


def _import_words(verb: str, change: Import) -> str:
    by = f" by {change.by}" if change.by else ""
    origin = f" from {change.origin}" if change.origin else ""
    return voice.printable(f"{verb} {change.at_utc}{by}{origin}, record {change.record}")


def _decision_line(one: EntryVerdict) -> str:
    by = one.by or "a measurement"
    return "  " + voice.printable(f"{one.decision} by {by}, {one.at_utc}: {one.reason}")
