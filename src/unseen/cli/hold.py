"""`unseen hold`: what must not be erased."""

from typing import TYPE_CHECKING, Annotated

import typer

from unseen.cli import rows, voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

if TYPE_CHECKING:
    from unseen.casework.custody.holds import Hold

__all__ = ["app", "lift", "ls", "set_hold"]

app = new_app(no_args_is_help=True, help="Legal holds: nothing that they cover is erased: set, lift, ls.")

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so.")]


@app.command("set")
def set_hold(
    *,
    case: Annotated[int | None, typer.Option("--case", metavar="ID", help="The case that is held.")] = None,
    finding: Annotated[str | None, typer.Option("--finding", metavar="ID", help="Or the finding.")] = None,
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="On which order.")],
    without_hashes: Annotated[
        bool,
        typer.Option(
            "--without-hashes", help="Let hashes of what matched nothing go in their time: other people's files."
        ),
    ] = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Have nothing of a case or of a finding erased until the hold is lifted.

    It beats every date and every decision to erase. In the scans that saw these findings it keeps the hashes of what
    matched nothing, too, unless told otherwise.

    Example: unseen hold set --case 17 --by "M. Silva" --reason "preservation order 2026-4711"
    """
    from unseen.casework.custody.holds import set_hold as run

    hold = run(store, case=case, finding=finding, by=by, reason=reason, with_hashes=not without_hashes)
    _show(hold, json=json)
    return 0


@app.command()
def lift(
    hold: Annotated[int, typer.Argument(metavar="HOLD", help="Number of the hold.")],
    *,
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it ends.")],
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Lift a hold. What it kept beyond its time is erased from then on as everything else is.

    Example: unseen hold lift 41 --by "M. Silva" --reason "order 2026-4711 withdrawn"
    """
    from unseen.casework.custody.holds import lift_hold

    _show(lift_hold(store, hold, by=by, reason=reason), json=json)
    return 0


@app.command()
def ls(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that were lifted, too.")] = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """List the holds that stand, oldest first.

    Example: unseen hold ls
    """
    from unseen.casework.custody.holds import list_holds

    found = list_holds(store, everything=everything)
    for hold in found:
        _show(hold, json=json)
    if not json:
        voice.write(voice.plural(len(found), "hold"))
    return 0


def _show(hold: "Hold", *, json: bool) -> None:
    act, lifted = hold.act, hold.lifted
    row: rows.Row = {
        "type": "hold",
        "hold": act.id,
        "case": act.case,
        "finding": act.finding,
        "extent": act.extent,
        "by": act.by,
        "text": act.text,
        "at_utc": act.at_utc,
        "lifted": None,
    }
    what = f"case {act.case}" if act.finding is None else f"finding {act.finding[:16]}"
    hashes = ", with the hashes of its scans" if act.extent == "scans" else ""
    said = voice.printable(f"{act.by}: {act.text}")
    lines = [f"hold {act.id}: {what}{hashes}, since {act.at_utc}", f"  {said}"]
    if lifted is not None:
        row["lifted"] = {"act": lifted.id, "by": lifted.by, "text": lifted.text, "at_utc": lifted.at_utc}
        lines.append(f"  lifted {lifted.at_utc} by {voice.printable(f'{lifted.by}: {lifted.text}')}")
    voice.show(row, lines, json=json)
