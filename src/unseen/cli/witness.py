"""`unseen witness`: cosign the ledger of a store, if it continues what this witness has seen."""

from typing import TYPE_CHECKING, Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, new_app
from unseen.errors import UsageError

if TYPE_CHECKING:
    from unseen.casework.proof.witnessing import Cosigned

__all__ = ["app", "witness"]

app = new_app()

_NOT_PINNED = (
    "this ledger was never seen here, and no key was given: the one beside it was taken, and is remembered",
    "compare the key above with what its owner says by another way",
)

State = Annotated[
    str | None,
    typer.Option(
        "--state", metavar="DIR", help="Folder of the witness: its key, and what it has seen. Made at the first use."
    ),
]
Since = Annotated[
    int | None,
    typer.Option(
        "--since",
        metavar="SIZE",
        min=0,
        help="Cosign nothing: write to --out what a witness elsewhere needs who has seen so many entries.",
    ),
]


@app.command()
def witness(
    path: Annotated[
        str,
        typer.Argument(
            metavar="[STORE|LEDGER|REQUEST]",
            envvar="UNSEEN_STORE",
            help="A store, or the folder of its ledger alone; or a file that --since has written.",
        ),
    ] = DEFAULT_STORE,
    *,
    state: State = None,
    since: Since = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Name of the witness, as its cosignatures carry it.")
    ] = "witness",
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="PUBLIC",
            help="Public key of the ledger, or a file that holds it, received by another way; remembered from then on.",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FILE", help="Write the cosigned checkpoint there, and leave the ledger alone."),
    ] = None,
    json: Json = False,
) -> int:
    """Cosign the ledger of a store, if it continues what this witness has seen.

    For somebody other than the store's owner. The whole ledger is verified first, and what was seen is on disk before
    anything is signed. A witness who shall not have the ledger gets a request, with its checkpoint and a proof. Exits
    4 where the ledger does not verify, has shrunk, or has another history.

    Example: unseen witness --state witness --name witness.example.org
    """
    from unseen.casework.proof.witnessing import witness as run
    from unseen.cli import rows
    from unseen.errors import VerificationError

    if since is not None:
        return _ask(path, since=since, out=out, json=json)
    if state is None:
        raise UsageError("a witness has a memory", hint="give --state DIR; or --since SIZE to ask one elsewhere")
    try:
        cosigned = run(path, state=state, name=name, key=key, out=out, note=voice.note)
    except VerificationError as error:
        if json:
            voice.write_row(rows.not_verified_row(error))
        raise
    voice.show(rows.cosigned_row(cosigned), _lines(cosigned), json=json)
    if not cosigned.is_pinned:
        voice.warn(*_NOT_PINNED)
    return 0


def _ask(path: str, *, since: int, out: str | None, json: bool) -> int:
    from unseen.casework.proof.witnessing import ask_witness
    from unseen.cli import rows

    if out is None:
        raise UsageError("the request has to go somewhere", hint="give --out FILE")
    asked = ask_witness(path, since=since, out=out)
    line = f"asked: {voice.printable(asked.path)} leads a witness from {asked.old_size:,} to {asked.size:,} entries"
    voice.show(rows.asked_row(asked), [line], json=json)
    return 0


def _lines(cosigned: "Cosigned") -> list[str]:
    seen = "never seen before" if cosigned.seen_size is None else f"continues {cosigned.seen_size} entries"
    return [
        f"cosigned: ledger {voice.printable(cosigned.origin)}, {seen}",
        f"  checkpoint  {cosigned.size}:{cosigned.root.hex()}",
        f"  signed by   {voice.printable(cosigned.key)}",
        f"  cosigned by {voice.printable(cosigned.witness)}",
        f"  written to  {voice.printable(cosigned.path)}",
    ]
