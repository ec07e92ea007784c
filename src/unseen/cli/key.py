"""`unseen key`: the key that a store is signed with."""

from typing import TYPE_CHECKING

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

if TYPE_CHECKING:
    from unseen.casework.proof.keys import Rotated

__all__ = ["app", "keys", "rotate", "show"]

app = new_app(no_args_is_help=True)


@app.callback()
def keys() -> None:
    """Show the key that a store is signed with, or change it: show, rotate."""


@app.command()
def show(*, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Print the public key of a store, as `--key` takes it.

    Give it to whoever shall verify, by another way than the data.

    Example: unseen key show > unseen.pub
    """
    from unseen.casework.proof.keys import show_key
    from unseen.cli import rows

    shown = show_key(store)
    voice.show(rows.key_row(shown), [voice.printable(shown.key)], json=json)
    return 0


@app.command()
def rotate(*, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Make a new key, and have the present one hand over to it.

    Both sign the record of it. Whoever was given the former key is led to the new one. A key that somebody else has
    can no longer be replaced in this way: they can hand over too.

    Example: unseen key rotate
    """
    from unseen.casework.proof.keys import rotate_key
    from unseen.cli import rows

    rotated = rotate_key(store, note=voice.note)
    voice.show(rows.rotated_row(rotated), _lines(rotated), json=json)
    voice.note("keep a copy of the new key elsewhere, and give its public half to whoever shall verify")
    return 0


def _lines(rotated: "Rotated") -> list[str]:
    return [
        f"rotated: the key of ledger {voice.printable(rotated.origin)}",
        f"  former      {voice.printable(rotated.former)}",
        f"  now         {voice.printable(rotated.key)}",
        f"  on record   under its first checkpoint, of {voice.plural(rotated.size, 'entry', 'entries')}",
    ]
