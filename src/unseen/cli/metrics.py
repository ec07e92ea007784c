"""`unseen metrics`: what a store lacks right now, as figures for whatever calls people."""

from typing import Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, new_app

__all__ = ["app", "metrics"]

app = new_app()


@app.command()
def metrics(
    *,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Replace this file, whole, instead of printing.")
    ] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Print alarms, ages and what waits as metrics, in the text format of Prometheus.

    Counts and spans of time, and never a name, a subject, a place or a hash. With --out for the textfile collector of
    the node exporter. Nothing is changed. Exits 0 whatever they say: alerts are for whoever reads them.

    Example: unseen metrics --out /var/lib/node_exporter/textfile/unseen.prom
    """
    from unseen.casework.cases.metrics import METRICS, as_prometheus, read_metrics, write_metrics

    found = read_metrics(store)
    if json:
        for one in found:
            name = METRICS[one.name][0]
            labels = {} if name is None else {name: one.label}
            voice.write_row({"metric": one.name, "labels": labels, "value": one.value})
        return 0
    text = as_prometheus(found)
    if out is not None:
        write_metrics(out, text)
    else:
        for line in text.splitlines():
            voice.write(line)
    return 0
