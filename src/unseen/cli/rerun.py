"""`unseen rerun`: repeat the matches of a bundle from the hashes in it."""

from itertools import groupby
from typing import Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Lists, Store, new_app

__all__ = ["app", "rerun"]

app = new_app()


@app.command()
def rerun(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="Folder of a bundle, or its zip file.")],
    *,
    lists: Lists = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="PUBLIC",
            help="Public key, or a file that holds it, received by another way than the bundle.",
        ),
    ] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Repeat the matches of a bundle from the hashes in it.

    No item is needed. The bundle is verified first. Exits 0 where every match holds at the same distance, 4 where one
    does not, and 3 where of some it cannot be said, because their list is not there.

    Example: unseen rerun bundle --list known.jsonl
    """
    from unseen.casework.bundles import rerun as run
    from unseen.cli import rows, tables
    from unseen.reports.shown import show

    done = run(bundle, store=store, lists=lists or (), key=key)
    for (finding, item), matches in groupby(done.matches, key=lambda one: (one.finding, one.item)):
        group = list(matches)
        if json:
            for one in group:
                voice.write_row(rows.repeated_row(one))
        else:
            voice.write(f"{finding}  finding: {show(item)}")
            for line in voice.columns(map(tables.repeated_line, group), indent="  "):
                voice.write(line)
    held = f"{done.count_held} of {voice.plural(len(done.matches), 'match', 'matches')} hold"
    voice.show(rows.rerun_row(done), [f"{held}, threshold {done.threshold_bits} bits"], json=json)
    if not done.is_pinned:
        voice.warn(
            "no key was given: whoever made this bundle could have made the key in it too",
            "get the public key from its owner by another way, and repeat with --key",
        )
    return voice.CANNOT_READ if done.holds is None else 0 if done.holds else voice.DOES_NOT_VERIFY
