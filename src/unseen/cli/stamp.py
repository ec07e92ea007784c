"""`unseen stamp`: tokens of a time stamping authority over the ledger of a store."""

from typing import Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

__all__ = ["add", "app", "request", "stamps"]

app = new_app(no_args_is_help=True)


@app.callback()
def stamps() -> None:
    """Have a time stamping authority state that a ledger exists: request, add."""


@app.command()
def request(
    *,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="Where to write the request; a new file.")],
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Write a request (RFC 3161) for a token over the newest checkpoint.

    Nothing is sent: that is for a tool of yours, such as curl. The authority learns a digest and nothing else.

    Example: unseen stamp request --out checkpoint.tsq
    """
    from unseen.casework.proof.stamping import request_stamp
    from unseen.cli import rows

    written = request_stamp(store, out)
    lines = [
        f"requested: a token over {voice.plural(written.size, 'entry', 'entries')}, in {voice.printable(written.path)}",
        f"  checkpoint  {voice.printable(written.checkpoint)}",
    ]
    voice.show(rows.request_row(written), lines, json=json)
    return 0


@app.command()
def add(
    token: Annotated[str, typer.Argument(metavar="FILE", help="What the authority has answered.")],
    *,
    authority: Annotated[
        str,
        typer.Option(
            "--authority", metavar="FILE", help="Certificates of the authority in PEM: its root, and those between."
        ),
    ],
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Verify the answer to a request, and keep it beside the ledger.

    Example: unseen stamp add checkpoint.tsr --authority authority.pem
    """
    from unseen.casework.proof.stamping import add_stamp, read_authority
    from unseen.cli import rows

    stamp = add_stamp(store, token, read_authority(authority))
    line = f"stamped: {voice.plural(stamp.size, 'entry', 'entries')} existed by {stamp.at_utc}, as the authority says"
    voice.show(rows.stamp_row(stamp), [line], json=json)
    return 0
