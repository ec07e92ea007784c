"""`unseen audit triage`: from a table, rows or an example to everything that can be said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from unseen.casework.auditing.triage.examples import EXAMPLES
from unseen.casework.auditing.triage.measures import compare, cut_of
from unseen.casework.auditing.triage.missing import PREVALENCES, hidden_below, missed_at
from unseen.casework.auditing.triage.reading import TriageData, read_rows, read_table
from unseen.casework.auditing.triage.waiting import Backlog, simulate
from unseen.casework.proof.clock import now_utc
from unseen.errors import UsageError
from unseen.reports.audits.triage_values import TriageAudit

__all__ = ["TriageSettings", "audit_triage", "read_settings"]

# A week of ten thousand is more than any country has.
_PEOPLE_A_WEEK_MAX = 10_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageSettings:
    """What is asked; exactly one of `table`, `rows` and `example` is given.

    Attributes:
        table: Path of a published table.
        name: What its instrument is called.
        low: Its bands that would be left waiting.
        rows: Path of a file of rows.
        cuts: Of each instrument in it, from which value on nobody is left waiting.
        example: Name of an example.
        prevalences: Shares of people who harm, 0 … 1.
        hidden: Share of all people who have harmed and were not found out; None for no scenario.
        backlog: What comes and what can be done; None for no simulation.
    """

    table: str | None = None
    name: str = "instrument"
    low: Sequence[str] = ()
    rows: str | None = None
    cuts: Mapping[str, float]
    example: str | None = None
    prevalences: Sequence[float] = PREVALENCES
    hidden: float | None = None
    backlog: Backlog | None = None


def read_settings(
    *,
    table: str | None,
    low: Sequence[str],
    rows: str | None,
    cuts: Sequence[str],
    example: str | None,
    hidden: float | None,
    flow: tuple[float | None, float | None, int],
) -> TriageSettings:
    """Read what the command line says.

    Args:
        table: Path.
        low: Names of bands.
        rows: Path.
        cuts: Each `NAME=VALUE`.
        example: Name.
        hidden: Share.
        flow: Arrivals and capacity a week, both or neither, and for how many weeks.

    Raises:
        UsageError: Something is no such thing.
    """
    arrivals, capacity, weeks = flow
    if (arrivals is None) != (capacity is None):
        raise UsageError("a backlog needs both arrivals and capacity", hint="--arrivals N --capacity N")
    backlog = None
    if arrivals is not None and capacity is not None:
        if not (0 <= arrivals <= _PEOPLE_A_WEEK_MAX and 0 <= capacity <= _PEOPLE_A_WEEK_MAX):
            raise UsageError(f"between 0 and {_PEOPLE_A_WEEK_MAX:,.0f} people a week can be simulated")
        backlog = Backlog(arrivals=arrivals, capacity=capacity, weeks=weeks)
    return TriageSettings(
        table=table, low=low, rows=rows, cuts=dict(map(_cut, cuts)), example=example, hidden=hidden, backlog=backlog
    )


def _cut(text: str) -> tuple[str, float]:
    name, _, value = text.rpartition("=")
    try:
        return name.strip(), float(value)
    except ValueError:
        raise UsageError(f"{text[:80]!r} is no cut", hint="--cut NAME=VALUE") from None


def audit_triage(settings: TriageSettings) -> TriageAudit:
    """Say what an instrument tells apart, and whom its low bands leave waiting.

    Raises:
        UsageError: Not exactly one source, or it is not what it must be.
    """
    if sum(given is not None for given in (settings.table, settings.rows, settings.example)) != 1:
        raise UsageError("say what is audited", hint="one of --table FILE, --rows FILE and --example NAME")
    if any(not 0 <= share <= 1 for share in (*settings.prevalences, settings.hidden or 0)):
        raise UsageError("a share lies between 0 and 1")
    data, hidden, notes = _data(settings)
    cuts = tuple(cut_of(instrument) for instrument in data.instruments)
    comparison = compare(data.instruments[0], data.instruments[1], data.rows) if len(data.instruments) == 2 else None
    share = hidden if settings.hidden is None else settings.hidden
    return TriageAudit(
        audited_at_utc=now_utc(),
        version=version("unseen"),
        source=settings.table or settings.rows or str(settings.example),
        sha256=data.sha256 or None,
        cuts=cuts,
        missed=tuple(missed_at(cut, settings.prevalences) for cut in cuts),
        hidden=() if share is None else tuple(hidden_below(cut, share) for cut in cuts),
        comparison=comparison,
        waiting=None if settings.backlog is None else simulate(data.instruments[0], settings.backlog),
        notes=notes,
    )


def _data(settings: TriageSettings) -> tuple[TriageData, float | None, tuple[str, ...]]:
    if settings.table is not None:
        return read_table(settings.table, name=settings.name, low=settings.low), None, ()
    if settings.rows is not None:
        return read_rows(settings.rows, cuts=settings.cuts), None, ()
    example = EXAMPLES.get(str(settings.example))
    if example is None:
        raise UsageError(f"there is no example {settings.example!r}", hint=f"there is {', '.join(EXAMPLES)}")
    instrument, hidden, notes = example
    return TriageData("", (instrument,), ()), hidden, notes
