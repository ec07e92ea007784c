"""`unseen demo`: see the whole of it at work on benign photographs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import TYPE_CHECKING, Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import Json, new_app

if TYPE_CHECKING:
    from unseen.casework.demo import AlteredCopy, DemoResult
    from unseen.model import How, Match, NotScreened

__all__ = ["app", "demo"]

app = new_app()

_COLUMNS = 80


@app.command()
def demo(
    *,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="DIR", help="Make everything in this new directory, and keep it.")
    ] = None,
    json: Json = False,
) -> int:
    """See the whole of it at work on benign photographs.

    Puts the hashes of four photographs among a million others, alters copies of them in many ways, and scans for them.
    Nothing is fetched: scikit-image ships the photographs, and none shows a person. Exits 0 where every copy within
    reach of PDQ was found and every file is accounted for, else 3.

    Example: unseen demo --keep demo
    """
    from unseen.casework.demo import run_demo
    from unseen.cli import rows

    with _folder(keep) as folder:
        result = run_demo(folder, tell=voice.note)
    if json:
        for row in rows.demo_rows(result):
            voice.write_row(row)
    else:
        for line in _lines(result, folder, is_kept=keep is not None):
            voice.write(line)
    for fault in result.faults:
        voice.complain(fault, "this is a fault of unseen: please report it with what `unseen doctor` prints")
    return voice.CANNOT_READ if result.faults else 0


@contextmanager
def _folder(keep: str | None) -> Iterator[Path]:
    if keep is None:
        with TemporaryDirectory(prefix="unseen-demo-") as made:
            yield Path(made)
    else:
        from unseen.errors import UsageError

        folder = Path(keep)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"{keep} exists already", hint="give the name of a new directory")
        yield folder


def _lines(result: "DemoResult", folder: Path, *, is_kept: bool) -> Iterator[str]:
    known = list(dict.fromkeys(copy.photograph for copy in result.copies))
    yield ""
    yield from _said(
        f"List {result.list_name!r}: {', '.join(known)} among {result.decoys:,} random hashes. The photographs show"
        f" things and places; scikit-image ships them. Made and taken in within {result.list_seconds:.1f} seconds."
    )
    yield ""
    yield from _table(result.copies, known)
    yield ""
    yield from _said(
        "Distances in bits of 256; up to 31 count as a match, 0 is the same hash. A picture that got a border or was"
        " cropped has its parts in other places, and PDQ hashes places: the scan undoes that where it can. An eighth"
        " off each edge is more than it can; docs/explanation/altered-copies.md measures how much is."
    )
    yield ""
    names = ", ".join(Path(item).stem for item in result.unrelated)
    yield from _said(f"{len(result.unrelated)} photographs that nobody knows: no match. ({names})")
    for unscreened in result.unscreened:
        yield from _said(_unscreened(unscreened, result.torn))
    yield from _said(f"{result.ordinary_count} ordinary files: compared by digest only.")
    yield ""
    yield from _account(result)
    yield from _said("Each finding now waits for a person: a match is arithmetic; a verdict is a person's.")
    yield ""
    if result.verified is not None:
        yield from _said(
            f"Verified: {result.verified.size} records, each against its row, lead to the root that was signed"
            f" ({result.verified.size}:{result.verified.root.hex()[:16]}...). That shows that nothing was altered"
            " since; not that what was recorded is true, nor anything to somebody who did not get the key by another"
            " way."
        )
    yield ""
    yield from _next(folder, is_kept=is_kept)


def _table(copies: "list[AlteredCopy]", known: list[str]) -> list[str]:
    lines = [("altered copy", *known, "found as")]
    for alteration in dict.fromkeys(copy.alteration for copy in copies):
        of_it = [copy for copy in copies if copy.alteration == alteration]
        ways = [_way(copy.match.how) for copy in of_it if copy.match is not None and copy.match.how is not None]
        way = "not found" if not any(copy.match for copy in of_it) else ", ".join(dict.fromkeys(ways))
        lines.append((alteration, *(_distance(copy) for copy in of_it), way))
    return voice.columns(lines)


def _way(how: "How") -> str:
    if how.window is not None:
        return "what was done is undone"
    return "as it lies" if how.orientation == "original" else str(how.orientation)


def _distance(copy: "AlteredCopy") -> str:
    if copy.match is None:
        return "-"
    return "same" if copy.match.how is None else str(copy.match.distance_bits)


def _account(result: "DemoResult") -> Iterator[str]:
    account = result.summary
    if account is None:
        return
    yield from _said(
        f"The account: {account.items} files = {account.hashed} hashed + {account.digest_only} by digest only +"
        f" {account.not_screened} not screened - {account.truncated} hashed in part all the same."
    )
    found = sum(copy.match is not None for copy in result.copies)
    yield from _said(
        f"Found {found} of {len(result.copies)} altered copies; {voice.plural(account.findings, 'finding')} in all."
        f" Compared with {account.entries_searchable:,} entries in {account.seconds:.1f} seconds, starting the"
        " darkroom and loading the list included."
    )


def _next(folder: Path, *, is_kept: bool) -> Iterator[str]:
    if is_kept:
        yield f"Kept in {voice.printable(str(folder))}: known/ uploads/ list.csv store/"
    yield "Next:"
    if is_kept:
        yield f"  unseen findings --store {voice.printable(str(folder / 'store'))}"
    yield from voice.columns(
        [
            ("unseen list add NAME FILE", "take in a list of your own"),
            ("unseen scan SOURCE", "find what it knows in files of yours"),
            ("unseen doctor", "see how well this machine can be locked"),
        ],
        indent="  ",
    )


def _unscreened(unscreened: "NotScreened", torn: "Match | None") -> str:
    name, reason = Path(str(unscreened.locator)).name, unscreened.reason.replace("_", " ")
    if unscreened.reason != "truncated":
        return f"{name}: not screened, {reason}; it has a row of its own, which says so."
    found = "no match" if torn is None else f"found at {torn.distance_bits} bits all the same"
    return f"{name}: hashed in part, {reason}: {found}; it has a row of its own besides."


def _said(text: str) -> list[str]:
    return wrap(text, _COLUMNS, break_on_hyphens=False)
