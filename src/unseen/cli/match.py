"""`unseen match`: compare hashes you already have with the lists; no file is decoded."""

from typing import Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Lists, Signal, Store, Threshold, new_app

__all__ = ["app", "match"]

app = new_app()


@app.command()
def match(
    hashes: Annotated[
        list[str],
        typer.Argument(
            metavar="HASH|FILE",
            help="A hash that names its signal (pdq:HEX), or a file of hashes in any format that `unseen list add`"
            " reads; - for standard input.",
        ),
    ],
    *,
    lists: Lists = None,
    threshold_bits: Threshold = 31,
    signal: Signal = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Compare hashes you already have with the lists; no file is decoded.

    Rows of `unseen hash --json` are compared with all their variants. Exits 1 where something was found.

    Example: unseen match --list known hashes.jsonl
    """
    from unseen.casework.matching import match_hashes
    from unseen.cli import rows, tables

    found = unscreened = 0
    answers = match_hashes(store, hashes, lists=lists or (), threshold_bits=threshold_bits, signal=signal)
    for answer in answers:
        found += answer.is_finding
        unscreened += answer.outcome == "not_screened"
        voice.show(rows.answer_row(answer), tables.answer_lines(answer), json=json)
    return voice.FOUND if found else voice.NOT_ALL_SCREENED if unscreened else 0
