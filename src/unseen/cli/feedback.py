"""`unseen feedback`: tell those who publish lists what became of their entries."""

from typing import Annotated, Literal

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

__all__ = ["app", "feedback", "give", "ls", "reasons", "send"]

app = new_app(no_args_is_help=True)

Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID", help="Id of a finding, or its first digits where they name one finding only."),
]


@app.callback()
def feedback() -> None:
    """Tell those who publish lists what became of their entries: give, send, ls, reasons."""


@app.command()
def give(
    ids: Ids,
    *,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so. Does not leave.")],
    codes: Annotated[
        list[str] | None,
        typer.Option("--code", metavar="CODE", help="Why a cleared entry is wrong, in the service's codes."),
    ] = None,
    lists: Annotated[
        list[str] | None, typer.Option("--list", metavar="LIST", help="Only on entries of this list; repeatable.")
    ] = None,
    entries: Annotated[
        list[str] | None, typer.Option("--entry", metavar="ENTRY", help="Only on this entry; repeatable.")
    ] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Queue feedback on what findings matched: positive where they were confirmed, negative where cleared.

    Entry, signal and codes are all that will leave: no hash, no picture, nothing about a person. Nothing leaves yet.

    Example: unseen feedback give 9f86d081 --by Okafor --code 01234567
    """
    from unseen.casework.feedback import give_feedback
    from unseen.cli import letters

    for given in give_feedback(store, ids, by=by, codes=codes or (), lists=lists or (), entries=entries or ()):
        voice.show(letters.given_row(given), letters.given_lines(given), json=json)
    return 0


@app.command()
def send(*, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Send all feedback that is due, and keep what is answered.

    What did not surely arrive is sent again by a later run. Exits 3 where something was not taken.

    Example: unseen feedback send
    """
    from unseen.casework.feedback import deliver
    from unseen.cli import letters

    left: list[str] = []

    def stays(sentence: str) -> None:
        left.append(sentence)
        voice.note(sentence)

    for tried in deliver(store, note=stays):
        if tried.outcome != "accepted":
            left.append(tried.answer)
        voice.show(letters.tried_row(tried), letters.tried_lines(tried), json=json)
    return voice.CANNOT_READ if left else 0


@app.command()
def ls(
    *,
    state: Annotated[
        Literal["pending", "sent", "refused", "overtaken"] | None, typer.Option("--state", help="Only what stands so.")
    ] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Show all feedback, oldest first, with every attempt and its receipt.

    Example: unseen feedback ls --state pending
    """
    from unseen.casework.feedback import list_feedback, parse_state
    from unseen.cli import letters

    count = 0
    for queued in list_feedback(store, state=parse_state(state)):
        count += 1
        voice.show(letters.queued_row(queued), letters.queued_lines(queued), json=json)
    if not json:
        voice.write(f"{voice.plural(count, 'letter')}")
    return 0


@app.command()
def reasons(
    name: Annotated[str, typer.Argument(metavar="LIST", help="A list that comes from a service.")],
    signal: Annotated[str, typer.Argument(metavar="SIGNAL", help="Signal of the hash that is wrong: md5, sha1, pdq.")],
    *,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Ask the service of a list which codes there are for saying that a hash is wrong.

    Example: unseen feedback reasons hotline md5
    """
    from unseen.casework.feedback import list_reasons

    for reason in list_reasons(store, name, signal):
        row = {"list": name, "signal": signal, "code": reason.guid, "name": reason.name}
        voice.show(row, [f"{voice.printable(reason.guid)}  {voice.printable(reason.name)}"], json=json)
    return 0
