"""`unseen hash`: digests, PDQ and quality of files; no store is needed."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import Json, Passwords, Unsandboxed, Video, Workers, new_app

__all__ = ["app", "hash_paths"]

app = new_app()


@app.command()
def hash_paths(
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH", help="Files, directories, buckets, locators; - for a list of paths.")
    ],
    *,
    video: Video = "thorough",
    vpdq: Annotated[
        Path | None,
        typer.Option("--vpdq", metavar="FOLDER", help="Write the frames of each video there, as Meta's vpdq does."),
    ] = None,
    passwords: Passwords = None,
    workers: Workers = None,
    unsafe_no_sandbox: Unsandboxed = False,
    json: Json = False,
) -> int:
    """Print digests, PDQ and quality of files; no store is needed.

    Files are opened read-only and decoded in the darkroom; so is all that lies in them. The locator of something in a
    file, as other commands print it, stands for that alone. With --json the rows hold every variant and can be given
    to `unseen list add`.

    Example: unseen hash --json photographs/ > hashes.jsonl
    """
    from unseen.casework.hashing import hash_sources, open_paths, write_vpdq
    from unseen.cli import rows
    from unseen.cli.progress import Meter
    from unseen.model import VideoMode

    items = open_paths(paths, listed=sys.stdin.buffer)
    was_all_screened = True
    with Meter("hashing", json=json) as meter:
        answers = hash_sources(
            items,
            workers=workers,
            unsafe_no_sandbox=unsafe_no_sandbox,
            on_sandbox=_tell_gaps,
            video=VideoMode(video),
            passwords=passwords,
        )
        for answer in answers:
            if vpdq is not None:
                write_vpdq(vpdq, answer[1])
            row = rows.hash_row(*answer)
            if row["outcome"] == "not_screened" or row["reason"] == "truncated":
                was_all_screened = False
            meter.count(row["size_bytes"])
            if json:
                voice.write_row(row)
            else:
                _write(row)
    return 0 if was_all_screened else voice.NOT_ALL_SCREENED


def _tell_gaps(sandbox: object) -> None:
    for gap in getattr(sandbox, "gaps", ()):
        voice.note(gap)


def _write(row: dict[str, object]) -> None:
    """What was taken, one value a line, under the item it was taken from."""
    from unseen.reports.shown import show

    voice.write(show(str(row["item"])))
    for signal in ("pdq", "md5", "sha1", "sha256"):
        if row[signal] is not None:
            quality = f"  quality {row['pdq_quality']}" if signal == "pdq" else ""
            voice.write(f"  {signal}:{row[signal]}{quality}")
    if isinstance(frames := row["vpdq"], list):
        voice.write(f"  vpdq: {len(frames)} frames, {row['video_mode']}")
    if isinstance(acquisition := row["acquisition"], dict):
        from unseen.cli import tables

        voice.write(f"  {tables.comparisons_words(acquisition)}")
    if row["reason"] is not None:
        outcome = "hashed in part" if row["outcome"] == "hashed" else str(row["outcome"]).replace("_", " ")
        voice.write(f"  {outcome}: {str(row['reason']).replace('_', ' ')}")
