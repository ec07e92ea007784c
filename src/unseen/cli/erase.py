"""`unseen erase`: erase hashes of items that matched nothing."""

from typing import TYPE_CHECKING, Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

if TYPE_CHECKING:
    from unseen.casework.kept.erasing import Erased

__all__ = ["app", "expired", "hashes"]

app = new_app(no_args_is_help=True, help="Erase hashes of items that matched nothing: expired, hashes.")


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
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decided it; kept on record.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; kept on record.")],
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
