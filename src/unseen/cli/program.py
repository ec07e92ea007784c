"""The program `unseen`: finds the command, runs it, and turns whatever ends it into one exit code.

Commands are imported when they are used: `unseen --help` answers before numpy could be loaded.
"""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from unseen.cli import voice
from unseen.cli.options import new_app
from unseen.errors import UnseenError

__all__ = ["COMMANDS", "app", "main", "run"]

# Name, and the first sentence of its help, in the order a newcomer meets them. A test compares the sentences.
COMMANDS = {
    "demo": "See the whole of it at work on benign photographs.",
    "hash": "Print digests, PDQ and quality of files; no store is needed.",
    "match": "Compare hashes you already have with the lists; no file is decoded.",
    "list": "Keep hash lists: take them in, keep them true, set them right.",
    "scan": "Find known material in what lies at the sources.",
    "recheck": "Compare hashes that the store already holds with what its lists now say.",
    "findings": "List what scans have found, one row for each item.",
    "erase": "Erase what has had its time: hashes of what matched nothing, and cases by two persons.",
    "hold": "Legal holds: nothing that they cover is erased: set, lift, ls.",
    "case": "Cases: findings of one subject, until somebody records their outcome.",
    "file": "File reports to the CyberTipline: prepare, decide, send, and rehearse it all with --dry-run.",
    "feedback": "Tell those who publish lists what became of their entries: give, send, ls, reasons.",
    "report": "Write a report of one scan, as HTML, PDF and JSON.",
    "rerun": "Repeat the matches of a bundle from the hashes in it.",
    "audit": "Measure error rates, of matching and of triage: threshold, recall, triage.",
    "metrics": "Print alarms, ages and what waits as metrics, in the text format of Prometheus.",
    "verify": "Say whether a store or a bundle is what was signed.",
    "key": "Show the key that a store is signed with, or change it: show, rotate.",
    "stamp": "Have a time stamping authority state that a ledger exists: request, add.",
    "witness": "Cosign the ledger of a store, if it continues what this witness has seen.",
    "doctor": "Say what this machine can do, and what it lacks.",
    "bench": "Measure how fast this machine hashes, decodes and searches.",
}


class _Commands(TyperGroup):
    """The commands by name; each is imported only when it is asked for."""

    def list_commands(self, _ctx: typer.Context) -> list[str]:  # type: ignore[override]  # the base names its own copy
        """Names in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, _ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # as above
        """Import one command; None where there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        command = typer.main.get_command(import_module(f"unseen.cli.{cmd_name}").app)
        command.name = cmd_name
        return command

    def format_commands(self, _ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # as above
        """Write the help of all commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        from importlib.metadata import version

        voice.write(f"unseen {version('unseen')}")
        raise typer.Exit


app = new_app(cls=_Commands, no_args_is_help=True)


@app.callback()
def _unseen(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_tell_version)
    ] = False,
) -> None:
    """Find known child sexual abuse material in lawfully held files without anyone looking at them.

    A match is arithmetic; a verdict is a person's.
    """
    if chosen := os.environ.get("UNSEEN_KERNEL"):
        from unseen.casework.kernel import choose_kernel

        choose_kernel(chosen)


def main() -> None:
    """Run the program with the arguments it was started with, and exit."""
    # numpy would start a thread for each core, which turns round and waits for matrices; none are multiplied here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    code = run(sys.argv[1:])
    # Results are on stdout: what could not be delivered was not done.
    if voice.is_output_closed():
        code = voice.CANNOT_READ
        voice.let_go_of_output()
    # All that is left goes with the process; looking through it once more for cycles would take a tenth of a second.
    gc.freeze()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Returns:
        The exit code, as docs/reference/exit-codes.md has it.
    """
    voice.prepare()
    program = typer.main.get_command(app)
    try:
        with program.make_context("unseen", list(arguments)) as context:
            return int(program.invoke(context) or 0)
    except typer.Exit as end:
        return end.exit_code
    except (KeyboardInterrupt, typer.Abort):
        # A scan keeps what it has done; the others keep nothing that could be half done.
        is_resumed = arguments[:1] in (["scan"], ["recheck"]) or arguments[:2] in (["list", "sync"], ["file", "send"])
        goes_on = " to go on" if is_resumed else ""
        voice.complain("interrupted", f"run the same command again{goes_on}")
        return voice.INTERRUPTED
    except voice.OutputClosedError:
        # Whoever read our output has heard enough, as `head` does; but not all of it was delivered.
        return voice.CANNOT_READ
    except UnseenError as error:
        voice.complain(str(error), error.hint)
        return error.exit_code
    except typer.TyperException as error:
        return _refuse(error)
    except Exception as error:
        if os.environ.get("UNSEEN_DEBUG"):
            raise
        return _confess(error)


def _refuse(error: typer.TyperException) -> int:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "unseen"
    if type(error).__name__ == "NoArgsIsHelpError":
        voice.note_plain(str(error))
        return voice.USAGE
    # Typer words what its own validation says in this way.
    text = error.format_message().replace("Value error, ", "").rstrip(".")
    voice.complain(text[:1].lower() + text[1:], f"`{path} --help` explains it")
    return voice.USAGE


def _confess(error: Exception) -> int:
    """An error that nobody foresaw is ours, and says nothing about the evidence."""
    if isinstance(error, OSError):
        where = f" {error.filename!r}" if error.filename else ""
        voice.complain(f"{error.strerror or error}{where}", "set UNSEEN_DEBUG=1 to see where it happened")
    else:
        voice.complain(
            f"unexpected {type(error).__name__}: {error}",
            "this is a fault of unseen: please report it with what UNSEEN_DEBUG=1 prints, and never with evidence",
        )
    return voice.CANNOT_READ
