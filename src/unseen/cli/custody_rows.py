"""Acts of custody for programs and for people."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from unseen.cli import rows, voice
from unseen.model import CustodyAct, CustodyKind

if TYPE_CHECKING:
    from unseen.casework.custody.erasing import CaseClock, Gone
    from unseen.casework.custody.keeping import Tried
    from unseen.casework.custody.record import CustodyLine, CustodyRecord

__all__ = [
    "act_lines",
    "act_row",
    "announced_lines",
    "clock_lines",
    "clock_row",
    "gone_lines",
    "gone_row",
    "period_lines",
    "period_row",
    "proposed_lines",
    "record_lines",
    "record_row",
    "tried_lines",
    "tried_row",
]

_DIGEST_CHARS = 64
_SAID = {
    CustodyKind.STATED: "states",
    CustodyKind.VIEW_ANNOUNCED: "is going to view it",
    CustodyKind.VIEWED: "has viewed it",
    CustodyKind.HELD: "holds it",
    CustodyKind.HOLD_LIFTED: "lifts a hold",
    CustodyKind.RETENTION_SET: "sets how long reports are kept",
    CustodyKind.PRESERVING_SET: "says whether content is kept",
    CustodyKind.CONTENT_OPENED: "opens the content that was kept",
    CustodyKind.ERASURE_PROPOSED: "proposes to erase it",
    CustodyKind.ERASURE_WITHDRAWN: "takes the proposal back",
    CustodyKind.ERASURE_APPROVED: "has it erased",
}


def act_row(act: CustodyAct) -> rows.Row:
    """An act as a row."""
    return {
        "type": "custody_act",
        "act": act.id,
        "kind": act.kind,
        "at_utc": act.at_utc,
        "by": act.by,
        "asked_by": act.asked_by,
        "case": act.case,
        "finding": act.finding,
        "answers": act.answers,
        "extent": act.extent,
        "text": act.text,
    }


def act_lines(act: CustodyAct) -> list[str]:
    """An act in a line."""
    parts = [
        act.case and f"case {act.case}",
        act.finding and f"finding {act.finding[:16]}",
        act.answers and f"of {act.answers}",
        act.extent,
        act.asked_by and f"asked by {act.asked_by}",
        act.text,
    ]
    said = "  ".join(voice.printable(part) for part in parts if part)
    return [f"{act.id}  {act.at_utc}  {voice.printable(act.by)} {_SAID[act.kind]}{'  ' if said else ''}{said}"]


def announced_lines(act: CustodyAct) -> list[str]:
    """What is said to whoever is going to view a file."""
    return [
        *act_lines(act),
        "  unseen shows nothing, and no file has to be viewed to report it: each view harms the child again",
        f"  afterwards: unseen case viewed {act.id} --by NAME --extent whole|part|none",
    ]


def proposed_lines(act: CustodyAct) -> list[str]:
    """What is said to whoever proposes to erase a case."""
    return [*act_lines(act), f"  somebody else approves: unseen erase approve {act.id} --by NAME --reason TEXT"]


def clock_row(one: "CaseClock") -> rows.Row:
    """How long a case is kept, as a row."""
    return {
        "type": "case_clock",
        "case": one.case.id,
        "stage": one.clock.stage,
        "from_utc": one.clock.from_utc,
        "until_utc": one.clock.until_utc,
        "holds": list(one.clock.holds),
        "proposal": None if one.proposal is None else one.proposal.id,
        "proposed_by": None if one.proposal is None else one.proposal.by,
    }


def clock_lines(one: "CaseClock") -> list[str]:
    """How long a case is kept, in lines."""
    clock = one.clock
    said = {
        "open": "open, and kept",
        "no_receipt": "ended without a receipt from which its time could run",
        "running": f"kept until {clock.until_utc}, a time that runs from {clock.from_utc}",
        "held": f"its time ended {clock.until_utc}",
        "due": f"may be erased since {clock.until_utc}",
    }
    lines = [f"case {one.case.id}: {voice.printable(str(one.case.subject))}: {said[clock.stage]}"]
    if clock.holds:
        lines.append("  kept by hold " + ", ".join(str(hold) for hold in clock.holds))
    if one.proposal is not None:
        lines.append(
            f"  proposed by {voice.printable(one.proposal.by)} as act {one.proposal.id}: somebody else approves"
        )
    return lines


def gone_row(gone: "Gone") -> rows.Row:
    """What was erased, as a row."""
    erased = gone.erased
    return {
        "type": "case_erased",
        "case": erased.act.case,
        "act": erased.act.id,
        "findings": erased.findings,
        "findings_staying": erased.staying,
        "records": erased.records,
        "contents": len(erased.files),
        "is_off_disk": gone.is_off_disk,
    }


def gone_lines(gone: "Gone") -> list[str]:
    """What was erased, in lines."""
    erased = gone.erased
    went = f"{voice.plural(erased.findings, 'finding')}, {voice.plural(erased.records, 'record')}"
    lines = [f"case {erased.act.case} is erased: {went}, {voice.plural(len(erased.files), 'kept content')}"]
    if erased.staying:
        lines.append(f"  {voice.plural(erased.staying, 'finding')} of it stay: they stand in other cases too")
    if not gone.is_off_disk:
        lines.append("  another process reads the store: run `unseen erase expired` after it, to clear its log")
    return [*lines, f"  act {erased.act.id} says who had it erased; copies of the store made before are not reached"]


def period_row(days: int, act: CustodyAct | None) -> rows.Row:
    """For how long reports are kept, as a row."""
    return {"type": "period", "days": days, "by": act and act.by, "text": act and act.text, "act": act and act.id}


def period_lines(days: int, act: CustodyAct | None) -> list[str]:
    """For how long reports are kept, in a line."""
    said = "nobody has said otherwise" if act is None else voice.printable(f"{act.by}, {act.at_utc}: {act.text}")
    return [f"what was reported is kept for {voice.plural(days, 'day')} from the newest receipt ({said})"]


def record_row(record: "CustodyRecord") -> rows.Row:
    """The custody record of a case, as a row."""
    return {
        "type": "custody_record",
        "case": record.case,
        **{name: list(said) for name, said in record.stated.items()},
        "scan_bases": list(record.bases),
        "hand_offs": [asdict(one) for one in record.hand_offs],
        "holds": list(record.holds),
        "lines": [asdict(line) for line in record.lines],
    }


def record_lines(record: "CustodyRecord") -> list[str]:
    """The custody record of a case, in lines."""
    lines = [f"custody of case {record.case}"]
    for name, said in record.stated.items():
        newest = voice.printable(said[-1]) if said else "not stated"
        earlier = f" (stated otherwise before: {len(said) - 1})" if len(said) > 1 else ""
        lines.append(f"  {'legal basis' if name == 'basis' else name}: {newest}{earlier}")
    lines += [f"  basis of a scan: {voice.printable(basis)}" for basis in record.bases]
    for one in record.hand_offs:
        answer = f"{one.answer} {one.answered_at_utc}" if one.answer else "not answered"
        persons = voice.printable(f"{one.offered_by} to {one.to}")
        lines.append(f"  handed over: {persons}, offered {one.offered_at_utc}, {answer}")
    if record.holds:
        lines.append("  under hold " + ", ".join(str(hold) for hold in record.holds))
    return lines + [_record_line(line) for line in record.lines]


def _record_line(line: "CustodyLine") -> str:
    more = (_short(value) if name == "extent" else f"{name} {_short(value)}" for name, value in line.more.items())
    towards = "asked by" if line.what == CustodyKind.VIEW_ANNOUNCED else "to"
    parts = [
        line.by and f"by {line.by}",
        line.to and f"{towards} {line.to}",
        line.finding and f"finding {line.finding[:16]}",
        *more,
        line.text,
    ]
    said = "  ".join(voice.printable(str(part)) for part in parts if part)
    return f"{line.record:>8}  {line.at_utc}  {line.what.replace('_', ' ')}{'  ' if said else ''}{said}"


def _short(value: object) -> str:
    """A value as a line of text can hold it: of a report, the names of its files and how their digests begin."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {str(digest)[:16]}" for name, digest in value.items())
    return str(value)[:16] if len(str(value)) == _DIGEST_CHARS else str(value)


def tried_row(tried: "Tried") -> rows.Row:
    """What came of keeping a content, as a row."""
    return {"type": "content", **asdict(tried)}


def tried_lines(tried: "Tried") -> list[str]:
    """What came of keeping a content, in a line."""
    if tried.reason == "already":
        return [f"finding {tried.finding[:16]}: its content is kept already"]
    if tried.reason is not None:
        return [f"finding {tried.finding[:16]}: its content is not kept: {tried.reason}"]
    return [f"finding {tried.finding[:16]}: its content is kept, encrypted: {voice.size(tried.size_bytes)}"]
