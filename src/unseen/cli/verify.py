"""`unseen verify`: say whether a store or a bundle is what was signed."""

from typing import TYPE_CHECKING, Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, new_app

if TYPE_CHECKING:
    from unseen.casework.proof.verifying import Verified

__all__ = ["app", "verify"]

app = new_app()

_NOT_PINNED = (
    "no key was given: whoever holds these files could have made both them and the key beside them",
    "get the public key from its owner by another way, and repeat with --key",
)


@app.command()
def verify(
    path: Annotated[
        str,
        typer.Argument(
            metavar="[STORE|BUNDLE]",
            envvar="UNSEEN_STORE",
            help="A store, or a bundle: a folder, or a zip file.",
        ),
    ] = DEFAULT_STORE,
    *,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="PUBLIC",
            help="Public key, or a file that holds it, received by another way than the data.",
        ),
    ] = None,
    witnesses: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="PUBLIC", help="Public key of a witness who must have cosigned; may repeat."),
    ] = None,
    reports: Annotated[
        list[str] | None,
        typer.Option("--report", metavar="FILE", help="A report that must be the one on record; may be repeated."),
    ] = None,
    authority: Annotated[
        str | None,
        typer.Option(
            "--authority",
            metavar="FILE",
            help="Certificates in PEM of the time stamping authority whose tokens lie beside the ledger.",
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Say whether a store or a bundle is what was signed.

    Offline, and nothing is written. Of a store: signatures, the tree, every record against its entry, every list
    against its digest, the index against the lists. Exits 0 where all of it holds, 4 at the first thing that does
    not, and names it.

    Example: unseen verify --key unseen.pub
    """
    from unseen.casework.proof.verifying import verify as run
    from unseen.cli import rows
    from unseen.errors import VerificationError

    try:
        verified = run(path, key=key, witnesses=witnesses or (), reports=reports or (), authority=authority)
    except VerificationError as error:
        if json:
            voice.write_row(rows.not_verified_row(error))
        raise
    voice.show(rows.verified_row(verified), _lines(verified), json=json)
    if not verified.is_pinned:
        voice.warn(*_NOT_PINNED)
    return 0


def _lines(verified: "Verified") -> list[str]:
    of_a_bundle = f"{voice.plural(verified.entries_shown, 'entry', 'entries')} of " if verified.kind == "bundle" else ""
    lines = [
        f"verified: {verified.kind}, {of_a_bundle}ledger {voice.printable(verified.origin)}",
        f"  checkpoint  {verified.size}:{verified.root.hex()}",
        f"  signed by   {voice.printable(verified.key)}" + (" (pinned)" if verified.is_pinned else ""),
    ]
    if verified.rotations:
        lines.append(f"  the pinned key handed over {voice.plural(verified.rotations, 'time')}")
    lines += [f"  cosigned by {voice.printable(name)}" for name in verified.witnesses]
    lines += [f"  report      {voice.printable(name)}: the one on record" for name in verified.reports]
    for stamp in verified.stamps:
        held = "" if stamp.is_verified else "; not verified: no --authority was given"
        lines.append(f"  stamped     {voice.plural(stamp.size, 'entry', 'entries')} by {stamp.at_utc}{held}")
    records = verified.records
    if records is not None:
        counted = ", ".join(f"{count:,} {name}" for name, count in sorted(records.by_type.items()))
        lines.append(f"  entries     {counted}")
        lines.append(f"  written     {records.first_at_utc} to {records.last_at_utc} by the clock of that machine")
        if records.erased:
            lines.append(f"  erased      {voice.plural(records.erased, 'value')}, each with a record of it")
        if verified.contents:
            lines.append(f"  contents    {voice.plural(verified.contents, 'content')} kept, encrypted, as recorded")
        if records.clock_steps_back:
            lines.append(f"  the clock went back {voice.plural(records.clock_steps_back, 'time')}; the order stands")
        if records.later:
            lines.append(f"  {voice.plural(records.later, 'newer entry was', 'newer entries were')} signed meanwhile")
        if records.unsigned:
            lines.append(
                f"  {voice.plural(records.unsigned, 'newer entry is', 'newer entries are')} not signed yet: a scan is"
                " running"
            )
    if verified.index is not None:
        compared = voice.plural(len(verified.index.lists), "list")
        lines.append(f"  index       {verified.index.sha256}: {compared} compared")
        lines += [f"  index       not compared: list {voice.printable(name)}" for name in verified.index.passed_over]
    return lines
