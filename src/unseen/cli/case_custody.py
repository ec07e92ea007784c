"""`unseen case custody`, `state`, `view`, `viewed`, `preserving`, `preserve`: what is done with what a case holds."""

from typing import Annotated, Literal

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Passwords, Store, Unsandboxed

__all__ = ["custody", "preserve", "preserving", "state", "view", "viewed"]

Id = Annotated[int, typer.Argument(metavar="ID", help="Number of the case.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who does this.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]


def custody(case_id: Id, *, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Show the custody record of a case: examiner, exhibit, legal basis, hand-offs, and everything done with it.

    Of a case that was erased it shows who proposed and who approved that. Reading this record is not itself recorded:
    it shows what persons did, and no file.

    Example: unseen case custody 17
    """
    from unseen.casework.custody.record import read_custody
    from unseen.cli import custody_rows as rows

    found = read_custody(store, case_id)
    voice.show(rows.record_row(found), rows.record_lines(found), json=json)
    return 0


def state(
    case_id: Id,
    *,
    examiner: Annotated[str | None, typer.Option("--examiner", metavar="NAME", help="Who examines it.")] = None,
    exhibit: Annotated[str | None, typer.Option("--exhibit", metavar="TEXT", help="Which exhibit it is.")] = None,
    basis: Annotated[str | None, typer.Option("--basis", metavar="TEXT", help="On which legal basis.")] = None,
    by: By,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Record who examines a case, which exhibit it is, and on which legal basis. The newest of each counts.

    Example: unseen case state 17 --examiner "D. Okafor" --exhibit "JD/1" --basis "warrant 2026-88" --by "D. Okafor"
    """
    from unseen.casework.custody.record import state as run
    from unseen.cli import custody_rows as rows

    for act in run(store, case_id, {"examiner": examiner, "exhibit": exhibit, "basis": basis}, by=by):
        voice.show(rows.act_row(act), rows.act_lines(act), json=json)
    return 0


def view(
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="Id of the finding, or its first digits.")],
    *,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who is going to view it.")],
    asked_by: Annotated[str, typer.Option("--asked-by", metavar="NAME", help="Who asked for it.")],
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Record, before it is done, that somebody is going to view the file of a finding. Nothing is shown.

    No file has to be viewed to report it. Whoever views it uses their own means, and says with `unseen case viewed`
    how much of it they saw.

    Example: unseen case view 3f9a2c41 --by "D. Okafor" --asked-by "M. Silva" --reason "the court asks for it"
    """
    from unseen.casework.custody.views import announce_view
    from unseen.cli import custody_rows as rows

    act = announce_view(store, finding, by=by, asked_by=asked_by, reason=reason)
    voice.show(rows.act_row(act), rows.announced_lines(act), json=json)
    return 0


def viewed(
    view: Annotated[int, typer.Argument(metavar="VIEW", help="Number that `unseen case view` gave.")],
    *,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who viewed it: whoever had announced it.")],
    extent: Annotated[
        Literal["whole", "part", "none"], typer.Option("--extent", help="How much of the file was seen.")
    ],
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="What else there is to say.")] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Record how much of a file was viewed. A report says that it was viewed only where all of it was.

    Example: unseen case viewed 41 --by "D. Okafor" --extent whole
    """
    from unseen.casework.custody.views import record_view
    from unseen.cli import custody_rows as rows

    act = record_view(store, view, by=by, extent=extent, note=note)
    voice.show(rows.act_row(act), rows.act_lines(act), json=json)
    return 0


def preserving(
    state: Annotated[Literal["on", "off"], typer.Argument(metavar="on|off", help="Whether contents are kept.")],
    *,
    by: By,
    reason: Reason,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Say whether the contents of found files are kept, encrypted, in this store. They are not, unless this says so.

    The key to them is made beside the signing key of the store, outside of it: keep a copy of it elsewhere. What is
    kept already stays until it is erased with its case.

    Example: unseen case preserving on --by "M. Silva" --reason "18 U.S.C. 2258A(h)"
    """
    from unseen.casework.custody.preserving import set_preserving
    from unseen.cli import custody_rows as rows

    act = set_preserving(store, is_on=state == "on", by=by, reason=reason)
    voice.show(rows.act_row(act), rows.act_lines(act), json=json)
    return 0


def preserve(
    case_id: Id,
    *,
    by: By,
    reason: Reason,
    passwords: Passwords = None,
    unsafe_no_sandbox: Unsandboxed = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Keep the contents of the files of a case, encrypted, read again where they were found.

    Only where `unseen case preserving on` has said that contents are kept; scans then keep those of what they find by
    themselves. Exits 3 where the content of a finding cannot be had any more as it was found.

    Example: unseen case preserve 17 --by "D. Okafor" --reason "18 U.S.C. 2258A(h)"
    """
    from unseen.casework.custody.keeping import preserve_case
    from unseen.cli import custody_rows as rows

    is_whole = True
    tried = preserve_case(
        store, case_id, by=by, reason=reason, passwords=passwords, unsafe_no_sandbox=unsafe_no_sandbox
    )
    for one in tried:
        is_whole = is_whole and one.reason in {None, "already"}
        voice.show(rows.tried_row(one), rows.tried_lines(one), json=json)
    return 0 if is_whole else voice.CANNOT_READ
