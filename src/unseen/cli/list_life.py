"""`unseen list quarantine`, `release` and `from-findings`: what people here decide about entries."""

from typing import Annotated, Literal

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store

__all__ = ["from_findings", "quarantine", "release"]

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list.")]
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="Identifier of the entry, as matches name it.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]


def quarantine(
    name: Name, entry: Entry, *, by: By, reason: Reason, store: Store = DEFAULT_STORE, json: Json = False
) -> int:
    """Quarantine an entry: it is searched and shown as before, and what it alone matches is a lead.

    Example: unseen list quarantine known 17 --by "D. Okafor" --reason "matches a logo"
    """
    return _decide((name, entry), "quarantined", (by, reason), store=store, json=json)


def release(
    name: Name, entry: Entry, *, by: By, reason: Reason, store: Store = DEFAULT_STORE, json: Json = False
) -> int:
    """Release an entry from quarantine.

    Example: unseen list release known 17 --by "D. Okafor" --reason "its publisher has confirmed it"
    """
    return _decide((name, entry), "released", (by, reason), store=store, json=json)


def from_findings(
    name: Name,
    *,
    list_class: Annotated[
        Literal["csam", "cleared"],
        typer.Option("--class", help="csam: of findings that were confirmed. cleared: of those that were cleared."),
    ] = "csam",
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Make a list of what was judged here, or bring it up to date: digests, and PDQs that are of use.

    Each finding is an entry under its own id. One that was judged otherwise since is withdrawn.

    Example: unseen list from-findings ours --by "D. Okafor" --reason "to find them again"
    """
    from unseen.casework.known.changing import list_from_findings
    from unseen.cli import lives

    made = list_from_findings(store, name, by=by, reason=reason, list_class=list_class, note=voice.note)
    voice.show(lives.own_list_row(made), lives.own_list_lines(made), json=json)
    return 0


def _decide(named: tuple[str, str], chosen: str, stated: tuple[str, str], *, store: str, json: bool) -> int:
    from unseen.casework.known.changing import decide_entry
    from unseen.cli import lives
    from unseen.model import EntryDecision

    (name, entry), (by, reason) = named, stated
    decision = EntryDecision(chosen)
    has_changed, account = decide_entry(store, name, entry, decision, by=by, reason=reason)
    if not has_changed:
        voice.note(f"nothing was changed: entry {entry} of list {name} was {decision} already, or never quarantined")
    voice.show(lives.entry_row(account), lives.entry_lines(account), json=json)
    return 0
