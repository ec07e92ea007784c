"""`unseen recheck`: what the store already holds, against what its lists now say."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store, Threshold, new_app

if TYPE_CHECKING:
    from unseen.casework.kept.rechecking import Changed, Fallen, Gone, ReadAgain, RecheckSummary

__all__ = ["app", "recheck"]

app = new_app()


@app.command()
def recheck(
    *,
    threshold_bits: Threshold = 31,
    basis: Annotated[
        str | None, typer.Option("--basis", metavar="TEXT", help="Legal basis of this recheck, kept with it.")
    ] = None,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Compare hashes that the store already holds with what its lists now say.

    No item is read. New entries find old items; findings that lost their ground are listed, to be put right; and what
    cannot be compared any more is counted. An interrupted recheck goes on when the same command is run again. Exits 1
    where somebody must look into something, 5 where nothing was found but not everything could be compared.

    Example: unseen recheck
    """
    from unseen.casework.kept.rechecking import (
        Changed,
        Fallen,
        ReadAgain,
        RecheckSettings,
        RecheckSummary,
        run_recheck,
    )
    from unseen.cli import case_rows
    from unseen.cli.progress import Meter, is_watched
    from unseen.model import Gathered, InNoCase

    settings = RecheckSettings(store=store, threshold_bits=threshold_bits, basis=basis)
    code = 0
    with Meter("rechecking", json=json) as meter:
        for told in run_recheck(settings, note=voice.note, progress=meter.follow if is_watched(json=json) else None):
            if isinstance(told, Changed):
                _show_changed(told, json=json)
            elif isinstance(told, Fallen):
                _show_fallen(told, json=json)
            elif isinstance(told, ReadAgain):
                _show_read_again(told, json=json)
            elif isinstance(told, RecheckSummary):
                meter.stop()
                _show_summary(told, json=json)
                code = _exit_code(told)
            elif isinstance(told, Gathered | InNoCase):
                voice.show(case_rows.gathered_row(told), case_rows.gathered_lines(told), json=json)
            else:
                _show_gone(told, json=json)
    return code


def _exit_code(summary: "RecheckSummary") -> int:
    if summary.findings or summary.changed or summary.fallen_open:
        return voice.FOUND
    unseen = summary.never_kept + summary.erased + summary.read_again + summary.items_gone
    return voice.NOT_ALL_SCREENED if unseen else 0


def _show_changed(changed: "Changed", *, json: bool) -> None:
    from unseen.cli import rows, tables

    row = {**rows.finding_row(changed.finding), "is_new": changed.is_new}
    lines = tables.finding_lines(changed.finding)
    if not changed.is_new:
        lines.append("  known before, by other matches")
    voice.show(row, lines, json=json)


def _show_fallen(fallen: "Fallen", *, json: bool) -> None:
    from unseen.cli import rows

    finding = fallen.finding
    matches = [{"list": name, "entry": entry} for name, entry in fallen.matches]
    status = finding.status.value
    row = {"type": "fallen", "id": finding.id, "item": str(finding.locator), "status": status, "withdrawn": matches}
    verdict = None if finding.verdict is None else rows.verdict_row(finding.verdict)
    lines = [f"no ground left: {voice.printable(str(finding.locator))} ({status})"]
    lines += [
        f"  withdrawn: list {voice.printable(name)}  entry {voice.printable(entry)}" for name, entry in fallen.matches
    ]
    voice.show({**row, "verdict": verdict}, lines, json=json)


def _show_read_again(again: "ReadAgain", *, json: bool) -> None:
    row = {"type": "read_again", "item": str(again.locator), "scan": again.scan}
    voice.show(row, [f"to be read again: {voice.printable(str(again.locator))} (scan {again.scan})"], json=json)


def _show_gone(gone: "Gone", *, json: bool) -> None:
    row = {"type": "cannot_be_rechecked", "scan": gone.scan_id, "never_kept": gone.never_kept, "erased": gone.erased}
    parts = [
        f"{voice.plural(count, 'item')} whose hashes {what}"
        for count, what in ((gone.never_kept, "were never kept"), (gone.erased, "are erased"))
        if count
    ]
    voice.show(row, [f"cannot be rechecked: of scan {gone.scan_id} {', '.join(parts)}"], json=json)


def _show_summary(summary: "RecheckSummary", *, json: bool) -> None:
    new, known = voice.plural(summary.findings, "new finding"), voice.plural(summary.changed, "finding")
    entries = voice.plural(summary.entries_changed, "changed entry", "changed entries")
    lines = [
        "",
        f"{new}, {known} with other matches, {summary.fallen:,} without any left",
        f"  hashes of {voice.plural(summary.rechecked, 'item')} compared with {entries}",
    ]
    unseen = summary.never_kept + summary.erased
    if unseen:
        lines.append(f"  {voice.plural(unseen, 'item')} cannot be rechecked: only a scan can say")
    if summary.read_again:
        lines.append(f"  {voice.plural(summary.read_again, 'video')} to be read again")
    if summary.items_gone:
        lines.append(f"  of {voice.plural(summary.items_gone, 'finding')} the item was erased")
    if summary.altered_scans and summary.entries_changed:
        of_scans = voice.plural(summary.altered_scans, "scan")
        lines.append(f"  {of_scans} looked for altered copies: whether any shows what changed, only the files can tell")
    lines.append(f"  {summary.seconds:,.1f} seconds")
    row = {"type": "recheck_summary", **asdict(summary), "seconds": round(summary.seconds, 3)}
    voice.show(row, lines, json=json)
