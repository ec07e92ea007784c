"""`unseen bench`: measure how fast this machine hashes, decodes and searches."""

from pathlib import Path
from tempfile import TemporaryDirectory

from unseen.cli import voice
from unseen.cli.options import Json, new_app

__all__ = ["app", "bench"]

app = new_app()

_NAME_WIDTH = 58


@app.command()
def bench(*, json: Json = False) -> int:
    """Measure how fast this machine hashes, decodes and searches.

    Medians of seven rounds of CPU time on one core, with the smallest and the largest. Pictures are drawn by code and
    hashes are random; nothing is compared with other programs.

    Example: unseen bench
    """
    from unseen.casework.bench import measure
    from unseen.casework.kernel import kernel_in_use
    from unseen.cli import rows

    voice.note(f"kernel {kernel_in_use()}; about ten seconds")
    with TemporaryDirectory(prefix="unseen-bench-") as folder:
        for one in measure(Path(folder)):
            spread = "" if one.rounds == 1 else f"  ({one.smallest:,.2f} to {one.largest:,.2f})"
            line = f"{one.name:<{_NAME_WIDTH}} {one.value:>10,.2f} {one.unit}{spread}"
            voice.show(rows.measurement_row(one), [line], json=json)
    return 0
