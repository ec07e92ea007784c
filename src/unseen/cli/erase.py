"""`unseen erase`: erase what has had its time: hashes of what matched nothing, and cases by two persons."""

from typing import TYPE_CHECKING, Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

if TYPE_CHECKING:
    from unseen.casework.kept.erasing import Erased

__all__ = ["app", "approve", "due", "expired", "hashes", "period", "propose", "withdraw"]

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decided it; kept on record.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept on record.")]

app = new_app(
    no_args_is_help=True, help="Erase what has had its time: hashes of what matched nothing, and cases by two persons."
)


@app.command()
def expired(*, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Erase the hashes whose date has come.

    Every command that writes to the store does this first; this one is for a timer. Findings keep their hashes.

    Example: unseen erase expired
    """
    from unseen.casework.kept.erasing import erase_expired

    erased = erase_expired(store, note=voice.note)
    for one in erased:
        _show(one, json=json)
    if not erased and not json:
        voice.write("no hashes are due")
    return 0


@app.command()
def hashes(
    scans: Annotated[list[int], typer.Argument(metavar="SCAN", help="Numbers of scans, as reports give them.")],
    *,
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Erase the hashes of what matched nothing in some scans, before their date: the exhibit went back.

    Findings keep their hashes, and what could not be screened stays told. It cannot be undone.

    Example: unseen erase hashes 7 --by "D. Okafor" --reason "exhibit returned"
    """
    from unseen.casework.kept.erasing import erase_of_scans

    for one in erase_of_scans(store, scans, by=by, reason=reason):
        _show(one, json=json)
    return 0


@app.command()
def due(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those whose time has not ended, too.")] = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """List the cases whose time has ended: those that may be erased, and those that a legal hold keeps.

    The time of a case runs from its newest receipt or hand-over to an authority. Exits 1 where a case may be erased.

    Example: unseen erase due
    """
    from unseen.casework.custody.erasing import list_clocks
    from unseen.cli import custody_rows as rows

    clocks = list_clocks(store)
    shown = [one for one in clocks if everything or one.clock.stage in {"due", "held"}]
    for one in shown:
        voice.show(rows.clock_row(one), rows.clock_lines(one), json=json)
    count = sum(one.clock.stage == "due" for one in clocks)
    if not json:
        voice.write(f"{voice.plural(count, 'case')} may be erased, of {len(clocks):,}")
    return voice.FOUND if count else 0


@app.command()
def propose(
    case: Annotated[int, typer.Argument(metavar="CASE", help="Number of the case.")],
    *,
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Propose to erase a case whose time has ended. Nothing is erased before somebody else approves.

    Example: unseen erase propose 17 --by "D. Okafor" --reason "a year since the receipt"
    """
    from unseen.casework.custody.erasing import propose_erasure
    from unseen.cli import custody_rows as rows

    act = propose_erasure(store, case, by=by, reason=reason)
    voice.show(rows.act_row(act), rows.proposed_lines(act), json=json)
    return 0


@app.command()
def withdraw(
    proposal: Annotated[int, typer.Argument(metavar="PROPOSAL", help="Number that `unseen erase propose` gave.")],
    *,
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Take a proposal to erase a case back, one's own or another's.

    Example: unseen erase withdraw 52 --by "M. Silva" --reason "the court may ask for it"
    """
    from unseen.casework.custody.erasing import withdraw_erasure
    from unseen.cli import custody_rows as rows

    act = withdraw_erasure(store, proposal, by=by, reason=reason)
    voice.show(rows.act_row(act), rows.act_lines(act), json=json)
    return 0


@app.command()
def approve(
    proposal: Annotated[int, typer.Argument(metavar="PROPOSAL", help="Number that `unseen erase propose` gave.")],
    *,
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Erase a case as somebody else has proposed. It cannot be undone.

    What the records of the case say is deleted, and the keys of what was kept of its files. The ledger stays whole,
    with a tombstone that says who had it erased. Copies of the store made before are not reached by it.

    Example: unseen erase approve 52 --by "M. Silva" --reason "checked: no hold, receipt of last year"
    """
    from unseen.casework.custody.erasing import approve_erasure
    from unseen.cli import custody_rows as rows

    gone = approve_erasure(store, proposal, by=by, reason=reason)
    voice.show(rows.gone_row(gone), rows.gone_lines(gone), json=json)
    return 0


@app.command()
def period(
    days: Annotated[int | None, typer.Argument(metavar="[DAYS]", help="For how many days; none to be told.")] = None,
    *,
    shorter: Annotated[bool, typer.Option("--shorter", help="That fewer days than 365 are meant.")] = False,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decided it; kept on record.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why; kept on record.")] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Say for how many days what was reported is kept from its receipt, or be told.

    It counts for all cases, also for those whose time runs already. Without a decision it is 365 days.

    Example: unseen erase period 1825 --by "M. Silva" --reason "five years by national law"
    """
    from unseen.casework.custody.erasing import read_period, set_period
    from unseen.cli import custody_rows as rows

    if days is None:
        kept, act = read_period(store)
    else:
        act = set_period(store, days, is_shorter_meant=shorter, by=by or "", reason=reason or "")
        kept = days
    voice.show(rows.period_row(kept, act), rows.period_lines(kept, act), json=json)
    return 0


def _show(erased: "Erased", *, json: bool) -> None:
    row = {
        "type": "erased",
        "scan": erased.scan,
        "items": erased.items,
        "items_left": erased.left,
        "why": erased.why,
        "is_off_disk": erased.is_off_disk,
        "holds": list(erased.holds),
    }
    if erased.holds:
        numbers = ", ".join(str(hold) for hold in erased.holds)
        voice.show(row, [f"scan {erased.scan}: its hashes are due, and kept by hold {numbers}"], json=json)
        return
    lines = [f"scan {erased.scan}: the hashes of {erased.items:,} items that matched nothing are erased"]
    if erased.left:
        lines.append(f"  {erased.left:,} items keep theirs: the records of an older version hold them whole")
    if not erased.is_off_disk:
        lines.append(
            "  another process reads the store: they leave its log when `unseen erase expired` is run after it"
        )
    voice.show(row, lines, json=json)
