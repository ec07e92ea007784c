"""`unseen list`: take hash lists in, count what they hold, take them out again."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unseen.cli import voice
from unseen.cli.list_life import from_findings, quarantine, release
from unseen.cli.list_policy import policy
from unseen.cli.list_sync import follow, sources, sync
from unseen.cli.options import DEFAULT_STORE, Json, Signal, Store, new_app

if TYPE_CHECKING:
    from unseen.casework.lists import AddedList

__all__ = [
    "add",
    "app",
    "export",
    "follow",
    "from_findings",
    "lists",
    "ls",
    "policy",
    "quarantine",
    "release",
    "rm",
    "show",
    "sources",
    "sync",
]

app = new_app(no_args_is_help=True)

# As many as fit on a screen; `--json` and the record name more.
_REFUSED_SHOWN_MAX = 20

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list.")]


@app.callback()
def lists() -> None:
    """Keep hash lists: take them in, keep them true, set them right."""


@app.command()
def add(
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The list; - for standard input.")],
    *,
    file_format: Annotated[
        Literal[
            "text",
            "csv",
            "jsonl",
            "hash",
            "vics",
            "vpdq",
            "digests",
            "iwf",
            "take-it-down",
            "threatexchange-state",
            "nsrl",
        ]
        | None,
        typer.Option("--format", help="Format of the file. Default: guessed from its content."),
    ] = None,
    signal: Signal = None,
    list_class: Annotated[
        Literal["csam", "user_reported", "known_file", "cleared"] | None,
        typer.Option("--class", help="What the list is for. Default: csam, or what the format says."),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take the place of a list of this name.")] = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Take a list from a file into the store.

    A corrupt entry is refused and named by its place, and the rest is taken; of a file of which more than one entry in
    ten is corrupt, nothing is.

    In plain text each line names its signal (pdq:HEX, md5:HEX), or --signal does. Also reads CSV, JSON Lines, rows of
    `unseen hash --json`, Project VIC / CAID JSON, and the SQLite files of the NSRL.

    Example: unseen list add known hashes.jsonl
    """
    from unseen.casework.lists import add_list
    from unseen.cli import rows, tables

    added = add_list(
        store,
        name,
        file,
        file_format=file_format,
        signal=signal,
        list_class=list_class,
        replace=replace,
        note=voice.note,
    )
    _tell(added)
    voice.show(rows.added_row(added), tables.account_lines(added.account), json=json)
    # As for items: ran, and something was not taken.
    return 5 if added.refused_count else 0


@app.command()
def ls(*, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Name the lists of the store.

    Example: unseen list ls
    """
    from unseen.casework.lists import list_lists
    from unseen.cli import rows, tables

    found = list_lists(store)
    if json:
        for info in found:
            voice.write_row(rows.list_row(info))
    else:
        for line in tables.list_lines(found):
            voice.write(line)
    return 0


@app.command()
def show(
    name: Name,
    *,
    entry: Annotated[
        str | None, typer.Option("--entry", metavar="ID", help="Show where one entry comes from, and how it stands.")
    ] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Count what a list holds: signals and labels, never a value.

    Example: unseen list show known
    """
    from unseen.cli import rows, tables

    if entry is not None:
        from unseen.casework.known.changing import show_entry
        from unseen.cli import lives

        found = show_entry(store, name, entry)
        voice.show(lives.entry_row(found), lives.entry_lines(found), json=json)
        return 0
    from unseen.casework.lists import show_list

    account = show_list(store, name)
    voice.show(rows.account_row(account), tables.account_lines(account), json=json)
    return 0


@app.command()
def rm(name: Name, *, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Take a list out of the store; findings that it led to stay.

    Example: unseen list rm known
    """
    from unseen.casework.lists import remove_list

    count = remove_list(store, name)
    said = f"list {name} is gone from the store with {voice.plural(count, 'entry', 'entries')}"
    voice.show({"list": name, "entries": count}, [said], json=json)
    return 0


@app.command()
def export(
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE", help="A new file, which only its owner may read.")],
    *,
    file_format: Annotated[
        Literal["jsonl", "text"],
        typer.Option("--format", help="jsonl keeps everything, text keeps signals and values only."),
    ] = "jsonl",
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Write the entries of a list to a new file.

    Values never go to the terminal, only into a file that somebody named.

    Example: unseen list export known known.jsonl
    """
    from unseen.casework.lists import export_list

    count = export_list(store, name, file, file_format=file_format)
    said = f"{voice.plural(count, 'entry', 'entries')} of list {name} written to {voice.printable(file)}"
    voice.show({"list": name, "entries": count, "file": file}, [said], json=json)
    return 0


for _command in (follow, sync, sources, policy, quarantine, release):
    app.command()(_command)
app.command("from-findings")(from_findings)


def _tell(added: "AddedList") -> None:
    """What a person should know of how the list was read."""
    if added.class_is_assumed:
        voice.note(f"no --class was given: the list counts as {added.account.info.list_class}")
    if added.format_is_guessed:
        voice.note(f"no --format was given: the file was read as {added.account.info.file_format}")
    for reason, count in sorted(added.passed_over.items()):
        voice.note(f"left out {count:,} on purpose: {reason.replace('_', ' ')}")
    if added.duplicates:
        voice.note(f"left out {voice.plural(added.duplicates, 'duplicate')}")
    if added.refused_count:
        for refused in added.refused[:_REFUSED_SHOWN_MAX]:
            voice.note(f"refused {refused.position}: {refused.why}")
        more = added.refused_count - _REFUSED_SHOWN_MAX
        voice.note(
            f"refused {voice.plural(added.refused_count, 'entry', 'entries')}: they are not searched for"
            + (f"; {more:,} are not named here" if more > 0 else "")
        )
    if added.unread_columns:
        voice.note(f"columns not read: {', '.join(added.unread_columns)}")
