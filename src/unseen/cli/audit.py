"""`unseen audit`: error rates, measured on files of one's own that are known to be benign."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unseen.cli import voice
from unseen.cli.options import (
    DEFAULT_STORE,
    Altered,
    Json,
    Lists,
    Store,
    Threshold,
    Unsandboxed,
    Video,
    Workers,
    new_app,
)

if TYPE_CHECKING:
    from unseen.casework.auditing.threshold import ThresholdSettings

__all__ = ["app", "audit", "recall", "threshold", "triage"]

app = new_app(no_args_is_help=True)

Benign = Annotated[
    list[str],
    typer.Option("--benign", metavar="DIR", help="A folder, or file, of benign files only; may be repeated."),
]
Out = Annotated[
    str | None,
    typer.Option("--out", metavar="DIR", help="Folder for the files; made where there is none. Default: here."),
]


@app.callback()
def audit() -> None:
    """Measure error rates, of matching and of triage: threshold, recall, triage."""


@app.command()
def threshold(
    *,
    benign: Benign,
    lists: Lists = None,
    threshold_bits: Threshold = 31,
    volume: Annotated[
        int | None,
        typer.Option("--volume", metavar="N", min=1, help="Files screened a day: says what the rate would mean."),
    ] = None,
    cluster_bits: Annotated[
        int,
        typer.Option("--cluster-bits", metavar="BITS", min=0, max=64, help="Distance of near-duplicates, inclusive."),
    ] = 31,
    crowd_clusters: Annotated[
        int,
        typer.Option(
            "--crowd-clusters", metavar="N", min=2, help="Set an entry aside that comes near so many clusters."
        ),
    ] = 3,
    out: Out = None,
    video: Video = "fast",
    workers: Workers = None,
    unsafe_no_sandbox: Unsandboxed = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Say how often benign files match these lists, at every threshold.

    Files are screened as a scan would screen them, and nothing of them is kept. Near-duplicates count once. Writes the
    result as JSON and as a page with a plot, and puts its digest on record.

    Example: unseen audit threshold --benign /srv/benign --volume 2000000
    """
    from unseen.casework.auditing.threshold import ThresholdSettings
    from unseen.model import VideoMode

    settings = ThresholdSettings(
        store=store,
        sources=tuple(benign),
        lists=tuple(lists or ()),
        threshold_bits=threshold_bits,
        cluster_bits=cluster_bits,
        crowd_clusters=crowd_clusters,
        volume=volume,
        workers=workers,
        video=VideoMode(video),
        unsafe_no_sandbox=unsafe_no_sandbox,
    )
    return _run_threshold(settings, out or ".", json=json)


def _run_threshold(settings: "ThresholdSettings", folder: str, *, json: bool) -> int:
    from unseen.casework.auditing.threshold import audit_threshold
    from unseen.casework.auditing.writing import write_audit
    from unseen.cli import audits, rows, tables
    from unseen.cli.progress import Meter, is_watched
    from unseen.model import NotScreened

    with Meter("auditing", json=json) as meter:
        progress = meter.follow if is_watched(json=json) else None
        for told in audit_threshold(settings, note=voice.note, progress=progress):
            if isinstance(told, NotScreened):
                voice.show(rows.not_screened_row(told), tables.not_screened_lines(told), json=json)
            else:
                meter.stop()
                written = write_audit(told, store=settings.store, folder=folder, note=voice.note)
                voice.show(written.document, audits.threshold_lines(told), json=json)
                voice.show(audits.written_row(written), audits.written_lines(written), json=json)
    return 0


@app.command()
def recall(
    *,
    benign: Benign,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", min=0, max=2**31 - 1, help="Of what alterations draw at random.")
    ] = 1,
    altered: Altered = "off",
    out: Out = None,
    workers: Workers = None,
    unsafe_no_sandbox: Unsandboxed = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Say which alterations of benign pictures are still found, at several thresholds.

    Each picture is decoded, altered and hashed inside the darkroom, once for each alteration; only hashes leave it. No
    list is needed. With --altered a column says what a scan finds that looks for altered copies as far. Takes some
    seconds of a core for each picture, with thorough a minute.

    Example: unseen audit recall --benign /srv/benign
    """
    from unseen import model
    from unseen.casework.auditing.recall import RecallSettings, audit_recall
    from unseen.casework.auditing.writing import write_audit
    from unseen.cli import audits, rows, tables
    from unseen.cli.progress import Meter

    settings = RecallSettings(
        sources=tuple(benign),
        seed=seed,
        altered=model.Altered(altered),
        workers=workers,
        unsafe_no_sandbox=unsafe_no_sandbox,
        store=store,
    )
    with Meter("auditing", json=json) as meter:
        for told in audit_recall(settings, note=voice.note, on_copy=meter.count):
            if isinstance(told, model.NotScreened):
                voice.show(rows.not_screened_row(told), tables.not_screened_lines(told), json=json)
            else:
                meter.stop()
                written = write_audit(told, store=store, folder=out or ".", note=voice.note)
                voice.show(written.document, audits.recall_lines(told), json=json)
                voice.show(audits.written_row(written), audits.written_lines(written), json=json)
    return 0


@app.command()
def triage(
    *,
    example: Annotated[
        Literal["kirat-2"] | None, typer.Option("--example", help="Work through published figures.")
    ] = None,
    table: Annotated[
        str | None, typer.Option("--table", metavar="FILE", help="A published table as CSV: band,harmed,others.")
    ] = None,
    low: Annotated[
        list[str] | None, typer.Option("--low", metavar="BAND", help="A band of it that is left waiting; repeatable.")
    ] = None,
    rows: Annotated[
        str | None, typer.Option("--rows", metavar="FILE", help="CSV: harmed (0 or 1), and one or two instruments.")
    ] = None,
    cut: Annotated[
        list[str] | None,
        typer.Option("--cut", metavar="NAME=VALUE", help="From which value of an instrument on nobody waits."),
    ] = None,
    hidden: Annotated[
        float | None, typer.Option("--hidden", metavar="SHARE", help="Scenario: harmed and never found out, 0 to 1.")
    ] = None,
    arrivals: Annotated[float | None, typer.Option("--arrivals", metavar="N", help="People a week.")] = None,
    capacity: Annotated[float | None, typer.Option("--capacity", metavar="N", help="People a week dealt with.")] = None,
    weeks: Annotated[int, typer.Option("--weeks", metavar="N", min=1, max=520, help="Of the simulation.")] = 104,
    out: Out = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Say what prioritising by a triage instrument would miss.

    Of groups only: nothing is computed or printed about any one person, and whatever could name one is refused. With
    --arrivals and --capacity a backlog is simulated under two rules.

    Example: unseen audit triage --example kirat-2 --arrivals 250 --capacity 150
    """
    from unseen.casework.auditing.triage.auditing import audit_triage, read_settings
    from unseen.casework.auditing.writing import write_audit
    from unseen.cli import audits

    told = audit_triage(
        read_settings(
            table=table,
            low=low or (),
            rows=rows,
            cuts=cut or (),
            example=example,
            hidden=hidden,
            flow=(arrivals, capacity, weeks),
        )
    )
    written = write_audit(told, store=store, folder=out or ".", note=voice.note)
    voice.show(written.document, audits.triage_lines(told), json=json)
    voice.show(audits.written_row(written), audits.written_lines(written), json=json)
    return 0
