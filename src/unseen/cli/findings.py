"""`unseen findings`: list what scans have found, and record what people decide about it."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app
from unseen.errors import UsageError

if TYPE_CHECKING:
    from unseen.model import Decision

__all__ = ["app", "ask", "clear", "confirm", "findings", "reopen", "show"]

app = new_app(invoke_without_command=True)

Ids = Annotated[
    list[str],
    typer.Argument(metavar="ID", help="Id of a finding, or its first digits where they name one finding only."),
]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]


@app.callback()
def findings(
    context: typer.Context,
    *,
    verdict: Annotated[
        Literal["open", "confirmed", "cleared"] | None,
        typer.Option("--verdict", help="Only findings that stand so."),
    ] = None,
    marked: Annotated[
        Literal["withdrawn", "disputed", "quarantined", "cleared"] | None,
        typer.Option("--marked", help="Only findings that rest on an entry of which this must be said now."),
    ] = None,
    in_no_case: Annotated[
        bool, typer.Option("--in-no-case", help="Only findings that stand in no case: nobody is asked about them.")
    ] = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """List what scans have found, one row for each item.

    However many scans saw an item, it stands here once, with the matches of the newest and the newest verdict. A
    verdict counts until a match comes that was unknown then; the finding is open again. Exits 1 where there is any.

    Example: unseen findings --json
    """
    if context.invoked_subcommand is not None:
        _refuse_options_before(context)
        return 0
    from unseen.casework.findings import list_findings
    from unseen.cli import rows, tables
    from unseen.model import Mark, Status

    count = 0
    status = None if verdict is None else Status(verdict)
    mark = None if marked is None else Mark(marked)
    for finding in list_findings(store, status=status, marked=mark, in_no_case=in_no_case):
        count += 1
        voice.show(rows.finding_row(finding, with_id=True), tables.finding_lines(finding, with_id=True), json=json)
    if not json:
        voice.write(f"{voice.plural(count, 'finding')}")
    return voice.FOUND if count else 0


@app.command()
def show(ids: Ids, *, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Show findings with every verdict on them, and every answer of a service that was asked, oldest first.

    Example: unseen findings show 9f86d081
    """
    from unseen.casework.asking import answers_about
    from unseen.casework.findings import show_findings
    from unseen.cli import rows, tables

    for finding, verdicts in show_findings(store, ids):
        answers = answers_about(store, finding.id)
        row = rows.finding_row(finding, with_id=True) | {"verdicts": [rows.verdict_row(one) for one in verdicts]}
        row["answers"] = answers
        earlier = [tables.verdict_line(one, is_newest=False) for one in verdicts[:-1]]
        *lines, newest = [*tables.finding_lines(finding, with_id=True), *([] if verdicts else ["  no verdict yet"])]
        voice.show(row, [*lines, *earlier, newest, *map(tables.service_line, answers)], json=json)
    return 0


@app.command()
def confirm(ids: Ids, *, by: By, reason: Reason, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Record that the match is right: the item is the known material, or a copy of it.

    Nothing has to be viewed for it. A verdict is reversed only by another one, and both stay on record.

    Example: unseen findings confirm 9f86d081 --by "D. Okafor" --reason "same bytes as the entry"
    """
    from unseen.model import Decision

    return _decide(ids, Decision.CONFIRMED, (by, reason), store=store, json=json)


@app.command()
def clear(
    ids: Ids,
    *,
    by: By,
    reason: Reason,
    add_to: Annotated[
        str | None,
        typer.Option("--add-to", metavar="LIST", help="Put their hashes on this list of class cleared."),
    ] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Record that the match is wrong: the item is something else.

    The finding stays on record, with this verdict, and so do its matches. What is on a list of class cleared is shown
    beside later matches, and hides none of them.

    Example: unseen findings clear 9f86d081 --by "D. Okafor" --reason "a test card that the list holds by mistake"
    """
    from unseen.model import Decision

    _decide(ids, Decision.CLEARED, (by, reason), store=store, json=json)
    if add_to is not None:
        from unseen.casework.known.changing import list_from_findings

        made = list_from_findings(store, add_to, by=by, reason=reason, list_class="cleared", ids=ids, note=voice.note)
        voice.note(f"list {add_to} of class cleared: {made.change.added} added, {made.change.entries_after} hashes")
    return 0


@app.command()
def reopen(ids: Ids, *, by: By, reason: Reason, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Take a verdict back without saying the opposite.

    Example: unseen findings reopen 9f86d081 --by "D. Okafor" --reason "meant another finding"
    """
    from unseen.model import Decision

    return _decide(ids, Decision.REOPENED, (by, reason), store=store, json=json)


@app.command()
def ask(
    ids: Ids,
    *,
    login: Annotated[str, typer.Option("--login", metavar="FILE", help="File that holds user:password, of mode 0600.")],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who wants it.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why these hashes may leave.")],
    address: Annotated[
        str, typer.Option("--address", metavar="URL", help="Of the service.")
    ] = "https://shield.projectarachnid.com",
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Ask Project Arachnid Shield about findings: their PDQs leave this machine, and nothing else.

    Only of the findings that are named here. Who wanted it, why, what was sent and what was answered is on record. An
    answer is one more opinion: it decides nothing. Exits 1 where anything is known there, 5 where something was not
    answered.

    Example: unseen findings ask 9f86d081 --login shield.login --by "D. Okafor" --reason "a second opinion"
    """
    from unseen.casework.asking import ask_about
    from unseen.cli import rows, tables

    is_known = is_left = False
    for told in ask_about(store, ids, login=login, by=by, reason=reason, address=address):
        is_known = is_known or told.is_known
        is_left = is_left or told.outcome != "answered"
        voice.show(rows.told_row(told), tables.told_lines(told), json=json)
    return voice.FOUND if is_known else 5 if is_left else 0


def _decide(ids: list[str], decision: "Decision", stated: tuple[str, str], *, store: str, json: bool) -> int:
    from unseen.casework.findings import decide
    from unseen.cli import rows, tables

    by, reason = stated
    for finding in decide(store, ids, decision, by=by, reason=reason):
        voice.show(rows.finding_row(finding, with_id=True), tables.finding_lines(finding, with_id=True), json=json)
    return 0


def _refuse_options_before(context: typer.Context) -> None:
    """An option before the name of a subcommand would be without effect; a verdict must not end in another store."""
    for name, option in (("verdict", "--verdict"), ("marked", "--marked"), ("store", "--store"), ("json", "--json")):
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            raise UsageError(
                f"{option} stands before {context.invoked_subcommand}, where it does nothing",
                hint=f"write `unseen findings {context.invoked_subcommand} ... {option}`",
            )
