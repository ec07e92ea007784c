"""Tables that studies publish, and rows without names: what an audit of triage is made from.

A table has one line for each band, from the lowest up: `band,harmed,others`. Rows have one line for each person and
nothing that could say who it is: `harmed` (0 or 1) and one or two instruments, each a number that grows with its alarm.
"""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unseen.errors import UsageError
from unseen.reports.audits.triage_values import Band, Instrument

__all__ = ["TriageData", "read_rows", "read_table"]

# A study of a million people would be the largest ever by far.
FILE_BYTES_MAX = 64 << 20
BANDS_MAX = 1_000
COUNT_MAX = 10_000_000
_TABLE = ("band", "harmed", "others")
_OUTCOME = "harmed"


@dataclass(frozen=True, slots=True)
class TriageData:
    """What a file held.

    Attributes:
        sha256: Of its bytes.
        instruments: One or two.
        rows: Of each person the place of the band in either, and the outcome; empty for a table.
    """

    sha256: str
    instruments: tuple[Instrument, ...]
    rows: tuple[tuple[int, int, bool], ...]


def read_table(path: str, *, name: str, low: Sequence[str]) -> TriageData:
    """Read a published table.

    Args:
        path: Of a CSV file.
        name: Of the instrument.
        low: Names of the bands that would be left waiting: the lowest ones, in any order.

    Raises:
        UsageError: It cannot be read or is none; or `low` names no bands, or not the lowest.
    """
    lines, sha256 = _lines(path)
    if tuple(lines[0]) != _TABLE:
        raise UsageError(f"{path} does not begin with {','.join(_TABLE)}", hint="bands from the lowest to the highest")
    bands = tuple(
        Band(_name(row[0], path, at), _count(row[1], path, at), _count(row[2], path, at))
        for at, row in enumerate(lines[1:], start=2)
    )
    names = [band.name for band in bands]
    if len(set(names)) < len(names) or not 2 <= len(bands) <= BANDS_MAX:
        raise UsageError(f"{path} has bands of one name, or fewer than two, or more than {BANDS_MAX:,}")
    if not low or set(names[: len(set(low))]) != set(low) or len(set(low)) == len(names):
        raise UsageError(f"{', '.join(low) or 'nothing'} is not the lowest of {', '.join(names)}", hint="--low BAND")
    return TriageData(sha256, (Instrument(name, bands, len(set(low))),), ())


def read_rows(path: str, *, cuts: Mapping[str, float]) -> TriageData:
    """Read rows of people.

    Args:
        path: Of a CSV file.
        cuts: Of each instrument the value from which on people are not left waiting.

    Raises:
        UsageError: It cannot be read or is none, has any column but the outcome and the instruments that `cuts` names,
            or `cuts` names one that is not there.
    """
    lines, sha256 = _lines(path)
    head = lines[0]
    names = [name for name in head if name != _OUTCOME]
    if head.count(_OUTCOME) != 1 or not 1 <= len(names) <= 2 or len(set(names)) < len(names):
        raise UsageError(
            f"{path} has other columns than {_OUTCOME!r} and one or two instruments",
            hint="whatever could say who somebody is does not belong here",
        )
    if set(cuts) != set(names):
        raise UsageError(f"--cut names {', '.join(cuts) or 'none'}, and {path} has {', '.join(names)}")
    outcomes = [_outcome(row[head.index(_OUTCOME)], path, at) for at, row in enumerate(lines[1:], start=2)]
    instruments, placed = [], []
    for name in names:
        column = head.index(name)
        values = [_value(row[column], path, at) for at, row in enumerate(lines[1:], start=2)]
        instrument, places = _banded(name, values, outcomes, cuts[name])
        instruments.append(instrument)
        placed.append(places)
    pairs = zip(placed[0], placed[-1], outcomes, strict=True) if len(names) == 2 else ()
    return TriageData(sha256, tuple(instruments), tuple(pairs))


def _banded(name: str, values: Sequence[float], outcomes: Sequence[bool], cut: float) -> tuple[Instrument, list[int]]:
    """People of one value are one band."""
    distinct = sorted(set(values))
    place_of = {value: place for place, value in enumerate(distinct)}
    counts = [[0, 0] for _ in distinct]
    for value, has_harmed in zip(values, outcomes, strict=True):
        counts[place_of[value]][not has_harmed] += 1
    bands = tuple(Band(f"{value:g}", *two) for value, two in zip(distinct, counts, strict=True))
    low = sum(value < cut for value in distinct)
    return Instrument(name, bands, low), [place_of[value] for value in values]


def _lines(path: str) -> tuple[list[list[str]], str]:
    try:
        with Path(path).open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
        text = content.removeprefix(b"\xef\xbb\xbf").decode()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text in UTF-8") from None
    if len(content) > FILE_BYTES_MAX:
        raise UsageError(f"{path} has more than {FILE_BYTES_MAX:,} bytes")
    try:
        lines = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise UsageError(f"{path} is no CSV: {error}") from None
    if len(lines) < 2 or any(len(row) != len(lines[0]) for row in lines):
        raise UsageError(f"{path} has no lines, or lines of different lengths")
    return lines, hashlib.sha256(content).hexdigest()


def _name(text: str, path: str, at: int) -> str:
    if not text or len(text) > 100 or not text.isprintable():
        raise UsageError(f"{path}, line {at}: no name of a band")
    return text


def _count(text: str, path: str, at: int) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 8 or int(text) > COUNT_MAX:
        raise UsageError(f"{path}, line {at}: no number of people, up to {COUNT_MAX:,}")
    return int(text)


def _outcome(text: str, path: str, at: int) -> bool:
    if text not in {"0", "1"}:
        raise UsageError(f"{path}, line {at}: {_OUTCOME} is 0 or 1")
    return text == "1"


def _value(text: str, path: str, at: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or abs(value) == float("inf"):  # noqa: PLR0124  # only what is no number differs from itself
        raise UsageError(f"{path}, line {at}: no number")
    return value
