"""`unseen doctor`: say what this machine can do, and what it lacks."""

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

__all__ = ["app", "doctor"]

app = new_app()

_WIDTH = 9


@app.command()
def doctor(*, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Say what this machine can do, and what it lacks.

    Nothing is changed. Exits 3 where decoding would be refused, else 0.

    Example: unseen doctor
    """
    from unseen.casework.doctor import State, examine
    from unseen.cli import rows

    code = 0
    for check in examine(store):
        if check.state is State.REFUSED:
            code = voice.CANNOT_READ
        if json:
            voice.write_row(rows.check_row(check))
            continue
        state = "" if check.state is State.FINE else f"{check.state}: "
        voice.write(f"{check.name:<{_WIDTH}} {voice.printable(state + check.said)}")
        if check.hint:
            voice.write(f"{'':<{_WIDTH}} hint: {voice.printable(check.hint)}")
    return code
