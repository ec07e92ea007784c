"""`unseen metrics`: what a store lacks right now, as figures for whatever calls people.

Counts and spans of time. No label names a person, a subject, a place or a hash: metrics are kept for long, and read by
many who look after machines.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from unseen.casework.cases.course import LIMITS, Alarm, alarms, due, fold
from unseen.casework.cases.filed import filing_alarms
from unseen.casework.proof.places import LEDGER_FOLDER, open_to_read
from unseen.casework.proof.standing import count_missing, signed_size
from unseen.errors import SourceError, UsageError
from unseen.ledger.tiles import CHECKPOINT_NAME
from unseen.model import Reason
from unseen.store import Figures, Store, count_entries, count_without_case, list_cases, read_figures

__all__ = ["METRICS", "Metric", "as_prometheus", "read_metrics", "write_metrics"]

# Every metric that there is: its label, where it has one, and what it says.
METRICS = {
    "unseen_cases_open": (None, "Cases that wait for their outcome."),
    "unseen_cases_alarming": ("alarm", "Open cases that raise this alarm."),
    "unseen_case_oldest_seconds": (None, "For how long the oldest open case has been known."),
    "unseen_case_longest_overdue_seconds": (
        None,
        "For how long the next action of a case has been overdue.",
    ),
    "unseen_findings_in_no_case": (None, "Findings of known material that stand in no case."),
    "unseen_letters_waiting": ("kind", "Letters of the outbox that have not left."),
    "unseen_letter_longest_waiting_seconds": ("kind", "For how long the oldest letter has waited."),
    "unseen_list_age_seconds": ("list", "Since the newest change of a list that is on record."),
    "unseen_ledger_checkpoint_age_seconds": (None, "Since the ledger was signed."),
    "unseen_ledger_entries_unsealed": (None, "Entries of the ledger that no checkpoint covers yet."),
    "unseen_ledger_entries_missing": (None, "Entries that were signed and are gone: an older copy was put back."),
    "unseen_scan_age_seconds": (None, "Since the newest scan was finished."),
    "unseen_scan_items": (None, "Items of the newest finished scan."),
    "unseen_scan_not_screened": (
        "reason",
        "Items of that scan that were not screened, or in part.",
    ),
}
# Of items that were screened by digest, as it should be.
_NO_GAP = frozenset({Reason.NOT_MEDIA, Reason.LOW_QUALITY, Reason.KNOWN_FILE})


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure.

    Attributes:
        name: Of `METRICS`.
        label: Value of its label; None where it has none.
        value: A count, or a span in seconds; below zero where a record is later than the clock of this machine.
    """

    name: str
    label: str | None
    value: float


def read_metrics(location: str) -> list[Metric]:
    """Read every figure, those that are zero included; spans since what never was are left out.

    Raises:
        StoreError: There is no store, or it cannot be read.
        VerificationError: What was signed cannot be read any more.
    """
    with open_to_read(location) as store:
        now = datetime.now(UTC)
        made = [*_of_cases(store, now), *_of_ledger(store, now), *_of_store(read_figures(store), now)]
    order = list(METRICS)
    return sorted(made, key=lambda metric: order.index(metric.name))


def as_prometheus(metrics: Iterable[Metric]) -> str:
    """Write figures in the text format of Prometheus.

    Raises:
        UsageError: The extra that writes it is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, Gauge, generate_latest
    except ImportError as error:
        raise UsageError(
            "this needs prometheus-client, which is not installed", hint="pip install 'unseen[metrics]', or use --json"
        ) from error
    registry = CollectorRegistry()
    gauges: dict[str, Gauge] = {}
    for metric in metrics:
        label, said = METRICS[metric.name]
        if metric.name not in gauges:
            gauges[metric.name] = Gauge(metric.name, said, [] if label is None else [label], registry=registry)
        gauge = gauges[metric.name] if metric.label is None else gauges[metric.name].labels(metric.label)
        gauge.set(metric.value)
    return generate_latest(registry).decode()


def write_metrics(path: str, text: str) -> None:
    """Put text in the place of a file, whole: whoever collects it reads the old or the new.

    Raises:
        SourceError: It cannot be written; what was there stays.
    """
    # Collectors read what ends in .prom.
    whole = Path(path)
    part = whole.with_name(f".{whole.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(whole)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SourceError(f"cannot write {path}: {error.strerror or error}") from error


def _of_cases(store: Store, now: datetime) -> Iterator[Metric]:
    raised = dict.fromkeys(Alarm, 0)
    open_ones, oldest_s, overdue_s = 0, 0.0, 0.0
    of_filings = filing_alarms(store, now=now)
    for events in list_cases(store):
        case = fold(events)
        for alarm in alarms(case, now=now, limits=LIMITS, of_filings=of_filings.get(case.id, ())):
            raised[alarm] += 1
        if not case.is_open:
            continue
        open_ones += 1
        oldest_s = max(oldest_s, _since(case.known_at_utc, now))
        overdue_s = max(overdue_s, (now - due(case, limits=LIMITS)).total_seconds())
    yield Metric("unseen_cases_open", None, open_ones)
    for alarm, count in raised.items():
        yield Metric("unseen_cases_alarming", alarm.value, count)
    yield Metric("unseen_case_oldest_seconds", None, oldest_s)
    yield Metric("unseen_case_longest_overdue_seconds", None, overdue_s)
    yield Metric("unseen_findings_in_no_case", None, count_without_case(store))


def _of_ledger(store: Store, now: datetime) -> Iterator[Metric]:
    try:
        signed_s = (store.path / LEDGER_FOLDER / CHECKPOINT_NAME).stat().st_mtime
        yield Metric("unseen_ledger_checkpoint_age_seconds", None, now.timestamp() - signed_s)
    except FileNotFoundError:
        pass
    signed = signed_size(store)
    yield Metric("unseen_ledger_entries_unsealed", None, max(0, count_entries(store) - signed))
    yield Metric("unseen_ledger_entries_missing", None, count_missing(store))


def _of_store(figures: Figures, now: datetime) -> Iterator[Metric]:
    for kind, (count, since) in figures.letters.items():
        yield Metric("unseen_letters_waiting", kind, count)
        yield Metric("unseen_letter_longest_waiting_seconds", kind, 0 if since is None else _since(since, now))
    for name, entry in figures.lists_changed.items():
        yield Metric("unseen_list_age_seconds", name, _since(json.loads(entry)["at"], now))
    if figures.scanned_at_utc is None:
        return
    yield Metric("unseen_scan_age_seconds", None, _since(figures.scanned_at_utc, now))
    yield Metric("unseen_scan_items", None, figures.items)
    for reason in Reason:
        if reason not in _NO_GAP:
            yield Metric("unseen_scan_not_screened", reason.value, figures.not_screened.get(reason.value, 0))


def _since(at_utc: str, now: datetime) -> float:
    return (now - datetime.fromisoformat(at_utc)).total_seconds()
