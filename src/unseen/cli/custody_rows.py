"""Acts of custody for programs and for people."""

from unseen.cli import rows, voice
from unseen.model import CustodyAct, CustodyKind

__all__ = ["act_lines", "act_row", "announced_lines"]

_SAID = {
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
