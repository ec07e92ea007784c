"""`unseen file`: reports to the CyberTipline, from what would be sent to the receipt."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unseen.cli import voice
from unseen.cli.file_policy import policies, policy
from unseen.cli.options import DEFAULT_STORE, Json, Passwords, Store, Unsandboxed, new_app

if TYPE_CHECKING:
    from unseen.casework.filing.sending.preparing import Wanted

__all__ = [
    "app",
    "batch",
    "check",
    "decide",
    "file",
    "go_on",
    "ls",
    "prepare",
    "send",
    "show",
    "take_back",
]

app = new_app(no_args_is_help=True)

Case = Annotated[int, typer.Argument(metavar="CASE", help="Number of the case.")]
Filing = Annotated[int, typer.Argument(metavar="FILING", help="Number of the filing.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
Settings = Annotated[
    str,
    typer.Option(
        "--settings", metavar="FILE", envvar="UNSEEN_FILING", help="Who reports, for which service, to which desk."
    ),
]
Additions = Annotated[
    str | None, typer.Option("--additions", metavar="FILE", help="What is added by hand, by elements of the schema.")
]
FactsAlone = Annotated[
    list[str] | None,
    typer.Option(
        "--facts-alone",
        metavar="ID",
        help="Of this finding tell what is known without its file, which cannot be read any more; repeatable.",
    ),
]
Production = Annotated[
    bool, typer.Option("--production", help="To the desk that officers read, where the settings name it too.")
]


@app.callback(invoke_without_command=True)
def file(
    context: typer.Context,
    *,
    dry_run: Annotated[
        int | None,
        typer.Option("--dry-run", metavar="CASE", help="Rehearse the filing of a case; nothing is filed or written."),
    ] = None,
    settings: Annotated[
        str | None,
        typer.Option(
            "--settings", metavar="FILE", envvar="UNSEEN_FILING", help="For --dry-run: who reports, for which service."
        ),
    ] = None,
    additions: Additions = None,
    facts_alone: FactsAlone = None,
    xsd: Annotated[
        str | None,
        typer.Option("--xsd", metavar="FILE", help="For --dry-run: the service's schema; all is held against it."),
    ] = None,
    passwords: Passwords = None,
    unsafe_no_sandbox: Unsandboxed = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """File reports to the CyberTipline: prepare, decide, send, and rehearse it all with --dry-run.

    Nothing leaves without a named person's recorded decision. `--dry-run CASE` sends what would be sent to a
    CyberTipline of our own on this machine, which is as strict as the true one: the real files are read and digested on
    the way, nothing leaves the machine, and nothing is written.

    Example: unseen file --dry-run 17 --settings filing.toml --xsd cybertipline.xsd
    """
    if context.invoked_subcommand is not None:
        if dry_run is not None:
            raise typer.BadParameter("--dry-run stands alone, without a further command")
        return 0
    if dry_run is None or settings is None:
        raise typer.BadParameter("--dry-run CASE wants --settings FILE")
    from unseen.casework.filing.sending.rehearsing import rehearse
    from unseen.cli import file_rows as rows

    wanted = _wanted(dry_run, settings, additions, facts_alone, (passwords, unsafe_no_sandbox))
    rehearsed = rehearse(store, wanted, channel=_channel(settings), xsd=xsd)
    voice.show(rows.rehearsed_row(rehearsed), rows.rehearsed_lines(rehearsed), json=json)
    if rehearsed.course.standing == "filed":
        return 0
    return voice.CANNOT_READ


@app.command()
def prepare(
    case: Case,
    *,
    settings: Settings,
    additions: Additions = None,
    facts_alone: FactsAlone = None,
    passwords: Passwords = None,
    unsafe_no_sandbox: Unsandboxed = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Show what would be sent of a case, what an officer would miss in it, and what stands in its way.

    Every file is read once more, where it was found. Nothing is written and nothing leaves. Exits 3 where the report
    cannot be sent as it stands.

    Example: unseen file prepare 17 --settings filing.toml
    """
    from unseen.casework.filing.sending.preparing import prepare as prepare_case
    from unseen.cli import file_rows as rows

    wanted = _wanted(case, settings, additions, facts_alone, (passwords, unsafe_no_sandbox))
    prepared = prepare_case(store, wanted, channel=_channel(settings))
    voice.show(rows.prepared_row(prepared), rows.prepared_lines(prepared), json=json)
    return voice.CANNOT_READ if prepared.problems or prepared.unread else 0


@app.command()
def decide(
    case: Case,
    *,
    settings: Settings,
    by: By,
    reason: Reason,
    additions: Additions = None,
    facts_alone: FactsAlone = None,
    production: Production = False,
    passwords: Passwords = None,
    unsafe_no_sandbox: Unsandboxed = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Decide that a case is reported. What `prepare` shows is kept word for word, and the next `send` sends it.

    Example: unseen file decide 17 --settings filing.toml --by "D. Okafor" --reason "known material, confirmed"
    """
    from unseen.casework.filing.sending.deciding import decide as decide_case
    from unseen.cli import file_rows as rows

    wanted = _wanted(case, settings, additions, facts_alone, (passwords, unsafe_no_sandbox))
    decided = decide_case(store, wanted, by=by, reason=reason, is_production=production)
    voice.show(rows.decided_row(decided), rows.decided_lines(decided), json=json)
    return 0


@app.command()
def batch(
    sha256: Annotated[str, typer.Argument(metavar="SHA256", help="Of the content, or its first digits.")],
    *,
    cases: Annotated[
        list[int], typer.Option("--case", metavar="CASE", help="A case of an account that has it; two at least.")
    ],
    viral: Annotated[bool, typer.Option("--viral", help="It goes round.")] = False,
    meme: Annotated[bool, typer.Option("--meme", help="It may be meant as a joke.")] = False,
    settings: Settings,
    by: By,
    reason: Reason,
    production: Production = False,
    passwords: Passwords = None,
    unsafe_no_sandbox: Unsandboxed = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Decide that one content that goes round is reported once, with every account that has it.

    Such a report says nothing of an account but its identifier: where more is known, report its case by itself.

    Example: unseen file batch 9f86d081 --case 17 --case 23 --viral --settings filing.toml --by Okafor --reason "viral"
    """
    from unseen.casework.filing.sending.deciding import decide_batched
    from unseen.cli import file_rows as rows

    spread: list[Literal["viral", "potentialMeme"]] = []
    spread += ["viral"] if viral else []
    spread += ["potentialMeme"] if meme else []
    wanted = _wanted(cases[0], settings, None, None, (passwords, unsafe_no_sandbox))
    decided = decide_batched(
        store, wanted, sha256, cases, spread=spread, by=by, reason=reason, is_production=production
    )
    voice.show(rows.decided_row(decided), rows.decided_lines(decided), json=json)
    return 0


@app.command()
def send(
    *,
    settings: Settings,
    production: Production = False,
    passwords: Passwords = None,
    unsafe_no_sandbox: Unsandboxed = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Send what was decided on and is due, and keep every call and every answer.

    Several may run at once; whoever is killed loses nothing, and the next run goes on in the same report. Exits 1
    where a filing waits for a person, 3 where one could not be sent and is tried again by a later run.

    Example: unseen file send --settings filing.toml
    """
    from unseen.casework.filing.sending.working import Working
    from unseen.casework.filing.sending.working import send as send_due
    from unseen.cli import file_rows as rows

    working = Working(
        settings=settings,
        is_production=production,
        passwords=passwords,
        unsafe_no_sandbox=unsafe_no_sandbox,
        note=voice.note,
    )
    outcomes: list[str] = []
    for worked in send_due(store, working):
        outcomes.append(worked.outcome)
        voice.show(rows.worked_row(worked), rows.worked_lines(worked), json=json)
    if not json:
        voice.write(f"{voice.plural(len(outcomes), 'filing')} in hand, {outcomes.count('accepted'):,} filed")
    if {"failed", "unknown"} & set(outcomes):
        return voice.CANNOT_READ
    return voice.FOUND if "waits" in outcomes else 0


@app.command()
def ls(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that have ended, too.")] = False,
    case: Annotated[int | None, typer.Option("--case", metavar="CASE", help="Only those about this case.")] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """List filings: those that wait for a person first. Exits 1 where one does.

    Example: unseen file ls --all
    """
    from unseen.casework.filing.sending.listing import list_filings
    from unseen.cli import file_rows as rows

    found = list_filings(store, everything=everything, case=case)
    for account in found:
        voice.show(rows.account_row(account), rows.account_lines(account), json=json)
    waiting = sum(account.waits for account in found)
    if not json:
        waits = f"{waiting:,} waiting for a person"
        voice.write(f"{voice.plural(len(found), 'filing')}, {waits}")
    return voice.FOUND if waiting else 0


@app.command()
def show(
    filing: Filing,
    *,
    receipt: Annotated[bool, typer.Option("--receipt", help="Write the service's receipt, byte for byte.")] = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Show a filing: what was decided on, every call that was made for it, and the receipt.

    Example: unseen file show 44
    """
    from unseen.casework.filing.sending.listing import show_filing
    from unseen.cli import file_rows as rows

    account = show_filing(store, filing)
    if receipt:
        if account.receipt is None:
            voice.complain(f"there is no receipt of filing {filing}", "`unseen file ls` says how far it has come")
            return voice.CANNOT_READ
        voice.write(account.receipt.answer.decode("utf-8", "replace"))
        return 0
    voice.show(rows.whole_account_row(account), rows.whole_account_lines(account), json=json)
    return voice.FOUND if account.waits else 0


@app.command("go-on")
def go_on(
    filing: Filing,
    *,
    anew: Annotated[
        bool, typer.Option("--anew", help="Open another report: the first is left, and the service forgets it.")
    ] = False,
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Let a filing go on that waits for a person, after they found out what came of it.

    Example: unseen file go-on 44 --by "D. Okafor" --reason "the service knows no such report (Request-ID 7f2c)"
    """
    return _turn(filing, "anew" if anew else "go_on", (by, reason), store=store, json=json)


@app.command("take-back")
def take_back(filing: Filing, *, by: By, reason: Reason, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Decide that a filing shall not be filed. What is open at the service is taken back by the next `send`.

    Example: unseen file take-back 44 --by "D. Okafor" --reason "the finding was cleared"
    """
    return _turn(filing, "take_back", (by, reason), store=store, json=json)


app.command()(policy)
app.command()(policies)


@app.command()
def check(
    *,
    settings: Settings,
    production: Production = False,
    save: Annotated[
        str | None, typer.Option("--save", metavar="FILE", help="Write the service's schema to a file, for --dry-run.")
    ] = None,
    json: Json = False,
) -> int:
    """Ask the service whether it is there and takes the credentials, and for its schema. Nothing is filed.

    Example: unseen file check --settings filing.toml --save cybertipline.xsd
    """
    from unseen.casework.filing.sending.rehearsing import check_connection, save_schema
    from unseen.cli import file_rows as rows

    checked = check_connection(settings, is_production=production)
    voice.show(rows.checked_row(checked), rows.checked_lines(checked), json=json)
    if save is not None:
        save_schema(checked, save)
    return 0


def _turn(filing: int, how: str, said: tuple[str, str], *, store: str, json: bool) -> int:
    from unseen.casework.filing.sending.deciding import turn
    from unseen.casework.filing.sending.listing import show_filing
    from unseen.cli import file_rows as rows

    turn(store, filing, how, by=said[0], reason=said[1])
    account = show_filing(store, filing)
    voice.show(rows.account_row(account), rows.account_lines(account), json=json)
    return 0


def _wanted(
    case: int,
    settings: str,
    additions: str | None,
    facts_alone: list[str] | None,
    reading: tuple[str | None, bool],
) -> "Wanted":
    from unseen.casework.filing.sending.preparing import Wanted

    passwords, unsafe_no_sandbox = reading
    return Wanted(
        case=case,
        settings=settings,
        additions=additions,
        facts_alone=facts_alone or (),
        passwords=passwords,
        unsafe_no_sandbox=unsafe_no_sandbox,
    )


def _channel(settings: str) -> str:
    from unseen.casework.filing.sending.ways import named_by

    return named_by(settings).channel
