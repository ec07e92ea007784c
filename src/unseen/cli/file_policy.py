"""`unseen file policy`: which kinds of match are filed without a decision on each case."""

from typing import Annotated, Literal

import typer

from unseen.cli.options import DEFAULT_STORE, Json, Store

__all__ = ["policies", "policy"]

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]


def policy(
    name: Annotated[str, typer.Argument(metavar="LIST", help="A list of class csam.")],
    kind: Annotated[
        Literal["exact", "two_lists"],
        typer.Argument(metavar="KIND", help="exact: the same SHA-256; two_lists: an independent list says the same."),
    ],
    state: Annotated[Literal["on", "off"], typer.Argument(metavar="on|off", help="Whether it is filed by itself.")],
    *,
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Say whether a kind of match of a list is filed without a decision on each case. Off until somebody says on.

    Example: unseen file policy hotline exact on --by "D. Okafor" --reason "agreed with counsel, minutes of 3 May"
    """
    from unseen.casework.filing.sending.automatic import MatchKind, set_filing_policy
    from unseen.cli import file_rows as rows

    set_filing_policy(store, name, MatchKind(kind), is_on=state == "on", by=by, reason=reason)
    return rows.show_policies(store, json=json, only=(name, kind))


def policies(*, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """List which kinds of match are filed by themselves, on or off, and who said so.

    Example: unseen file policies
    """
    from unseen.cli import file_rows as rows

    return rows.show_policies(store, json=json)
