"""`unseen scan`: find known material in what lies at the sources."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import (
    DEFAULT_STORE,
    Altered,
    Facts,
    Json,
    KeepHashes,
    Lists,
    Passwords,
    Store,
    Subject,
    Threshold,
    Unsandboxed,
    VerifyFirst,
    Video,
    Workers,
    new_app,
)

if TYPE_CHECKING:
    from unseen.casework.scanning import ScanSettings
    from unseen.model import Acquired, Finding, Gathered, InNoCase, NotScreened, Summary

__all__ = ["app", "scan"]

app = new_app()


@app.command()
def scan(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE", help="Directories, files, s3:// gs:// az://; - for a list of paths."),
    ],
    *,
    lists: Lists = None,
    threshold_bits: Threshold = 31,
    video: Video = "fast",
    altered: Altered = "fast",
    passwords: Passwords = None,
    workers: Workers = None,
    basis: Annotated[
        str | None, typer.Option("--basis", metavar="TEXT", help="Legal basis of this scan, kept with it.")
    ] = None,
    keep_hashes: KeepHashes = "exhibit",
    subject: Subject = None,
    facts: Facts = None,
    verify_first: VerifyFirst = False,
    unsafe_no_sandbox: Unsandboxed = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Find known material in what lies at the sources.

    Everything is opened read-only. An interrupted scan goes on when the same command is run again. Exits 1 where
    something was found, 5 where nothing was found but something was not screened.

    Example: unseen scan --list known /srv/uploads
    """
    from unseen import model
    from unseen.casework.scanning import ScanSettings

    settings = ScanSettings(
        store=store,
        sources=tuple(sources),
        lists=tuple(lists or ()),
        threshold_bits=threshold_bits,
        workers=workers,
        basis=basis,
        retention=model.Retention.parse(keep_hashes),
        unsafe_no_sandbox=unsafe_no_sandbox,
        video=model.VideoMode(video),
        altered=model.Altered(altered),
        passwords=passwords,
        subject=subject,
        facts=facts,
        verify_first=verify_first,
    )
    return _run(settings, json=json)


def _run(settings: "ScanSettings", *, json: bool) -> int:
    from unseen.casework.scanning import ScanWatchers, run_scan
    from unseen.cli.progress import Meter, is_watched
    from unseen.model import Finding, Summary

    code, found = 0, list[str]()
    with Meter("scanning", json=json) as meter:
        progress = meter.follow if is_watched(json=json) else None
        watchers = ScanWatchers(progress=progress, note=voice.note, verified=_note_verified)
        for told in run_scan(settings, paths=sys.stdin.buffer, watchers=watchers):
            if isinstance(told, Finding):
                found.append(told.id)
            if isinstance(told, Summary):
                meter.stop()
                code = voice.FOUND if told.findings else voice.NOT_ALL_SCREENED if told.not_screened else 0
            _tell(told, json=json)
    if found:
        # Not before: what this needs takes as long to import as workers take to warm up.
        from unseen.casework.custody.keeping import keep_found

        keep_found(
            settings.store,
            found,
            passwords=settings.passwords,
            unsafe_no_sandbox=settings.unsafe_no_sandbox,
            note=voice.note,
        )
    return code


def _note_verified(acquired: "Acquired") -> None:
    from unseen.cli import tables

    image, digests = tables.acquired_lines(acquired)
    voice.note(f"{image}, before anything is screened: {digests.strip()}")


def _tell(told: "Finding | NotScreened | Acquired | Gathered | InNoCase | Summary", *, json: bool) -> None:
    from unseen.cli import case_rows, rows, tables
    from unseen.model import Acquired, Finding, NotScreened, Summary

    if isinstance(told, Finding):
        voice.show(rows.finding_row(told), tables.finding_lines(told), json=json)
    elif isinstance(told, NotScreened):
        voice.show(rows.not_screened_row(told), tables.not_screened_lines(told), json=json)
    elif isinstance(told, Acquired):
        voice.show(rows.acquired_row(told), tables.acquired_lines(told), json=json)
    elif isinstance(told, Summary):
        voice.show(rows.summary_row(told), tables.summary_lines(told), json=json)
    else:
        voice.show(case_rows.gathered_row(told), case_rows.gathered_lines(told), json=json)
