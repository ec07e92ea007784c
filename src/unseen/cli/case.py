"""`unseen case`: what waits for somebody to act, and every step until it has ended."""

from typing import Annotated, Literal

import typer

from unseen.cli import voice
from unseen.cli.case_custody import custody, preserve, preserving, state, view, viewed
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

__all__ = [
    "accept",
    "app",
    "case",
    "close",
    "decline",
    "escalate",
    "export",
    "facts",
    "forward",
    "ls",
    "next_action",
    "note",
    "offer",
    "reopen",
    "show",
    "stand_down",
    "take",
]

app = new_app(no_args_is_help=True)

Id = Annotated[int, typer.Argument(metavar="ID", help="Number of the case.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does this.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]


@app.callback()
def case() -> None:
    """Cases: findings of one subject, until somebody records their outcome."""


# The record of what is done with what a case holds.
for command in (custody, state, view, viewed, preserving, preserve):
    app.command()(command)


@app.command()
def ls(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    owner: Annotated[str | None, typer.Option("--owner", metavar="NAME", help="Only of this person.")] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """List cases: where a child may be in danger first, then what is overdue, then the longest known.

    How many files a case has, and of what kind, changes nothing about its place. Exits 1 where a case raises an alarm:
    it has no owner, its next action is overdue, nobody outside has heard of it in time, nobody has moved it, or a
    hand-over was not answered; or where a finding of known material stands in no case. Exits 4 where an older copy of
    the store was put back, so that cases may be missing.

    Example: unseen case ls --owner "D. Okafor"
    """
    from unseen.casework.cases.verbs import check_complete, count_without_case, list_cases
    from unseen.cli import case_rows as rows

    found = list_cases(store, everything=everything, owner=owner)
    for account in found:
        voice.show(rows.case_row(account), rows.case_lines(account), json=json)
    alarmed = sum(bool(account.alarms) for account in found)
    if not json:
        voice.write(f"{voice.plural(len(found), 'case')}, {alarmed:,} with an alarm")
    if without := count_without_case(store):
        voice.warn(
            f"{voice.plural(without, 'finding')} of known material in no case: of an older version, or of a list gone",
            "`unseen findings --in-no-case` lists them; to scan the same sources again brings each into a case",
        )
    # Last, so that what is left is listed all the same.
    check_complete(store)
    return voice.FOUND if alarmed or without else 0


@app.command()
def show(case_id: Id, *, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Show a case: how it stands, its findings, all that happened, and which other cases hold the same files.

    Example: unseen case show 17
    """
    from unseen.casework.cases.verbs import show_case
    from unseen.cli import case_rows as rows

    account = show_case(store, case_id)
    voice.show(rows.whole_case_row(account), rows.whole_case_lines(account), json=json)
    return 0


@app.command()
def take(case_id: Id, *, by: By, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Become the owner of a case that has none.

    Example: unseen case take 17 --by "D. Okafor"
    """
    return _act(case_id, "taken", store=store, json=json, by=by)


@app.command()
def offer(
    case_id: Id,
    *,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Who shall have it.")],
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Offer a case to somebody. It stays with its owner until it is accepted.

    Example: unseen case offer 17 --to "M. Silva" --by "D. Okafor" --reason "on leave from Monday"
    """
    return _act(case_id, "offered", store=store, json=json, by=by, to=to, text=reason)


@app.command()
def accept(case_id: Id, *, by: By, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Take over a case that was offered to you.

    Example: unseen case accept 17 --by "M. Silva"
    """
    return _act(case_id, "accepted", store=store, json=json, by=by)


@app.command()
def decline(case_id: Id, *, by: By, reason: Reason, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Say that you do not take over a case that was offered to you.

    Example: unseen case decline 17 --by "M. Silva" --reason "no access to that service"
    """
    return _act(case_id, "declined", store=store, json=json, by=by, text=reason)


@app.command("next")
def next_action(
    case_id: Id,
    *,
    action: Annotated[str, typer.Option("--action", metavar="TEXT", help="What is to be done.")],
    due: Annotated[str, typer.Option("--due", metavar="WHEN", help="Until when: 4h, 2d, or a moment (ISO 8601).")],
    by: By,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """State the next action, and until when it is done.

    Example: unseen case next 17 --action "file the report" --due 4h --by "D. Okafor"
    """
    from datetime import UTC, datetime

    from unseen.casework.cases.verbs import parse_due

    due_at_utc = parse_due(due, now=datetime.now(UTC))
    return _act(case_id, "next_action", store=store, json=json, by=by, text=action, due_at_utc=due_at_utc)


@app.command()
def escalate(case_id: Id, *, by: By, reason: Reason, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Put a case first, because facts say that a child may be in danger now.

    Example: unseen case escalate 17 --by "D. Okafor" --reason "uploaded within the last hour from a live stream"
    """
    return _act(case_id, "escalated", store=store, json=json, by=by, text=reason)


@app.command("stand-down")
def stand_down(case_id: Id, *, by: By, reason: Reason, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """End an escalation. The case keeps its clock.

    Example: unseen case stand-down 17 --by "D. Okafor" --reason "police have reached the child"
    """
    return _act(case_id, "escalation_ended", store=store, json=json, by=by, text=reason)


@app.command()
def note(
    case_id: Id,
    *,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="What is noted.")],
    by: By,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Note something about a case.

    Example: unseen case note 17 --text "asked the storage team for logs" --by "D. Okafor"
    """
    return _act(case_id, "noted", store=store, json=json, by=by, text=text)


@app.command()
def forward(
    case_id: Id,
    *,
    to: Annotated[str, typer.Option("--to", metavar="TEXT", help="Where it went, and under which reference.")],
    by: By,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Record that a case was handed to an authority in a way of your own.

    Example: unseen case forward 17 --to "State police, reference 2026-4711" --by "D. Okafor"
    """
    return _act(case_id, "forwarded", store=store, json=json, by=by, text=to)


@app.command()
def facts(
    file: Annotated[str, typer.Argument(metavar="FILE", help="As JSON Lines, as `unseen scan --facts` takes it.")],
    *,
    by: By,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Add what was learned later of findings: whose each is, and how it came. Of other items nothing is kept.

    A finding comes into the case of the subject that the file names, beside the one that it may stand in. Prints the
    cases to which something was added.

    Example: unseen case facts facts.jsonl --by "D. Okafor"
    """
    from unseen.casework.cases.facts import add_facts
    from unseen.cli import case_rows as rows

    changed = add_facts(store, file, by=by)
    for one in changed:
        voice.show(rows.gathered_row(one), rows.gathered_lines(one), json=json)
    if not json:
        count = sum(one.findings for one in changed)
        voice.write(f"something new about {voice.plural(count, 'finding')} in {voice.plural(len(changed), 'case')}")
    return 0


@app.command()
def close(
    case_id: Id,
    *,
    outcome: Annotated[
        Literal["reported", "cleared", "merged", "not_ours"], typer.Option("--outcome", help="How it ends.")
    ],
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """End a case. `reported` wants to know where it went first; `cleared` wants every finding cleared.

    Example: unseen case close 17 --outcome reported --by "D. Okafor" --reason "receipt 2026-4711 on file"
    """
    return _act(case_id, "closed", store=store, json=json, by=by, text=reason, outcome=outcome)


@app.command()
def reopen(case_id: Id, *, by: By, reason: Reason, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Open a case again. Its clock begins anew, and whoever had it has it again.

    Example: unseen case reopen 17 --by "D. Okafor" --reason "the police ask for the rest"
    """
    return _act(case_id, "reopened", store=store, json=json, by=by, text=reason)


@app.command()
def export(
    case_id: Id,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A file that does not exist yet.")],
    *,
    file_format: Annotated[
        Literal["csv", "vics", "vics-1.3", "case", "fields", "police", "iwf", "nca"],
        typer.Option("--format", help="vics is 2.0; case is CASE/UCO; fields is JSON; the last three have templates."),
    ],
    country: Annotated[Literal["US", "UK"], typer.Option("--country", help="Whose categories VICS 2.0 names.")] = "US",
    template: Annotated[
        str | None, typer.Option("--template", metavar="FILE", help="Your own, in the place of the one of the format.")
    ] = None,
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Write what is known of a case to a file: facts about the files, never the files.

    Digests of files leave with it, so that it is a named person's act, and on record.

    Example: unseen case export 17 case-17.json --format vics --by "D. Okafor" --reason "for the police, 2026-4711"
    """
    from unseen.casework.cases.exporting import export_case
    from unseen.cli import case_rows as rows

    written = export_case(
        store, case_id, file, form=file_format, country=country, template=template, by=by, reason=reason
    )
    voice.show(rows.export_row(written), rows.export_lines(written), json=json)
    return 0


def _act(case_id: int, kind: str, *, store: str, json: bool, by: str, **stated: str) -> int:
    from unseen.casework.cases.verbs import act
    from unseen.cli import case_rows as rows
    from unseen.model import CaseOutcome, EventKind

    outcome = stated.pop("outcome", None)
    account = act(
        store,
        case_id,
        EventKind(kind),
        by=by,
        outcome=None if outcome is None else CaseOutcome(outcome),
        **stated,
    )
    voice.show(rows.case_row(account), rows.case_lines(account), json=json)
    return 0
