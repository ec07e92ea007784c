"""`unseen list policy`: how matches of a list are weighed."""

from typing import Annotated, Any, Literal

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store
from unseen.errors import UsageError

__all__ = ["policy"]

Weighed = Literal["finding", "lead"]
_SECONDS = ("digest", "frames", "publisher", "hasher")


def policy(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the list.")],
    *,
    near_bits: Annotated[
        int | None, typer.Option("--near-bits", metavar="BITS", min=0, max=31, help="Largest distance that is near.")
    ] = None,
    near: Annotated[Weighed | None, typer.Option("--near", help="What a near match alone counts as.")] = None,
    altered: Annotated[
        Weighed | None, typer.Option("--altered", help="What a match of an altered copy alone counts as.")
    ] = None,
    corroborated_by: Annotated[
        str | None,
        typer.Option(
            "--corroborated-by",
            metavar="KINDS",
            help=f"What corroborates a near match: {', '.join(_SECONDS)}, joined by commas; or nothing.",
        ),
    ] = None,
    disputed: Annotated[Weighed | None, typer.Option("--disputed", help="What an entry in dispute counts as.")] = None,
    publisher: Annotated[
        str | None, typer.Option("--publisher", metavar="NAME", help="Who published entries that name nobody.")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Begin from the default policy.")] = False,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why.")] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Show on what ground matches of a list stand, or set it for the scans to come.

    What no option names stays as it is. Findings keep what they were found to stand on.

    Example: unseen list policy known
    """
    from unseen.casework.known.policies import set_policy, show_policy
    from unseen.cli import rows, tables

    changes: dict[str, Any] = {"near_bits": near_bits, "near": near, "altered": altered, "disputed": disputed}
    changes["publisher"] = publisher
    changes = {field: value for field, value in changes.items() if value is not None} | _kinds(corroborated_by)
    if not changes and not default:
        if by is not None or reason is not None:
            raise UsageError("no option says what to set", hint="`unseen list policy --help` names them")
        shown = show_policy(store, name)
    elif by is None or reason is None:
        raise UsageError("a policy is a person's: it needs --by and --reason")
    else:
        shown = set_policy(store, name, changes, by=by, reason=reason, anew=default)
    voice.show(rows.policy_row(shown), tables.policy_lines(shown), json=json)
    return 0


def _kinds(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    words = [] if text.strip() == "nothing" else [word.strip() for word in text.split(",")]
    if unknown := [word for word in words if word not in _SECONDS]:
        raise UsageError(f"{unknown[0][:40]!r} corroborates nothing", hint=f"one of {', '.join(_SECONDS)}; or: nothing")
    return {"corroborated_by": words}
