"""What a person adds to a report by hand: any element of the schema, by its own name, checked with its place.

What is added is on record as added. A few elements are nobody's to add, because they are true or false by what is on
record here.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from unseen.casework.filing.values import Composed, ComposedFile
from unseen.casework.given.tables import Table, fill, read_table
from unseen.errors import UsageError
from unseen.filing.cybertipline.schema import FileDetails, Report

__all__ = ["NO_ADDITIONS", "Additions", "add_by_hand", "read_additions"]

_HINT = "docs/reference/filing-additions.md describes such a file"
# Their reasons are told to whoever tries.
_NOT_BY_HAND = {
    "reportId": "is the service's to give",
    "fileId": "is the service's to give",
    "fileViewedByEsp": "follows from the record of views: record the view of that very file instead",
}
_NEEDS_VIEW = {
    "exifViewedByEsp": "cannot be true where nobody viewed the file",
    "industryClassification": "describes content, and nobody viewed this file",
}
# What is said of files that go round, not of what can be seen on them.
_OF_SPREAD = frozenset({"viral", "potentialMeme"})


@dataclass(frozen=True, slots=True)
class Additions:
    """What somebody wrote down.

    Attributes:
        path: Where; empty for nothing.
        sha256: Of the file, in hexadecimal.
        report: Elements of the report.
        files: Elements of the details of files, by the beginning of the id of its finding.
    """

    path: str = ""
    sha256: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


NO_ADDITIONS = Additions()
_Kind = TypeVar("_Kind", Report, FileDetails)


def read_additions(path: str) -> Additions:
    """Read a file of additions: a table `report`, and tables `fileDetails`, each with the id of its finding.

    Raises:
        UsageError: It cannot be read, or holds something else. What it says is checked when it is added.
    """
    table = read_table(path)
    if foreign := sorted(table.keys() - {"report", "fileDetails"}):
        raise UsageError(f"{path}: {foreign[0]} means nothing here", hint=_HINT)
    report, files = table.get("report", {}), table.get("fileDetails", {})
    if not isinstance(report, dict) or not isinstance(files, dict):
        raise UsageError(f"{path}: report and fileDetails are tables", hint=_HINT)
    for finding, each in files.items():
        if not isinstance(each, dict):
            raise UsageError(f"{path}: fileDetails/{finding} is no table", hint=_HINT)
    with open(path, "rb") as file:  # noqa: PTH123  # as it was read
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Additions(path, sha256, report, files)


def add_by_hand(composed: Composed, additions: Additions, *, viewed: frozenset[str]) -> Composed:
    """Merge what a person added. Tables are merged, arrays are continued, and a single value gives way to theirs.

    Raises:
        UsageError: An addition is impossible or is nobody's to make; the message names place and reason.
    """
    if not additions.report and not additions.files:
        return composed
    merge = _Merge(additions.path)
    report = merge.into(Report, composed.report, additions.report, "report")
    by_finding = _match_files(composed.files, additions)
    files = []
    for file in composed.files:
        table = by_finding.get(file.finding, {})
        where = f"fileDetails/{file.finding[:12]}"
        _check_file(table, f"{additions.path}: {where}", is_viewed=file.finding in viewed)
        details = merge.into(FileDetails, file.details, table, where)
        files.append(file.model_copy(update={"details": details}))
    return composed.model_copy(
        update={
            "report": report,
            "files": tuple(files),
            "by_hand": tuple(merge.places),
            "replaced": tuple(merge.replaced),
        }
    )


class _Merge:
    """Puts what a person wrote over what was composed, and keeps where."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.places: list[str] = []
        self.replaced: list[str] = []

    def into(self, kind: type[_Kind], part: _Kind, table: Mapping[str, Any], where: str) -> _Kind:
        if not table:
            return part
        if "batchedReport" in table:
            raise UsageError(
                f"{self._path}: {where}/batchedReport is nobody's to add: it follows from how the report is composed"
            )
        stated = part.model_dump(by_alias=True, exclude_defaults=True)
        return fill(kind, self._over(stated, table, where), f"{self._path}: {where}")

    def _over(self, stated: Mapping[str, Any], table: Mapping[str, Any], where: str) -> Table:
        merged = dict(stated)
        for name, value in table.items():
            place = f"{where}/{name}"
            merged[name] = self._one(stated.get(name), value, name, place)
        return merged

    def _one(self, stated: Any, value: Any, name: str, place: str) -> Any:
        if name == "personOrUserReported":
            # The account of the case is one; what is added is said of it.
            return self._by_place(stated or (), [value] if isinstance(value, dict) else value, place)
        if isinstance(stated, Mapping) and isinstance(value, Mapping):
            return self._over(stated, value, place)
        self.places.append(place)
        if isinstance(stated, Sequence) and not isinstance(stated, str) and isinstance(value, list):
            return [*stated, *value]
        if name == "additionalInfo" and isinstance(stated, str) and isinstance(value, str):
            # What the report says of itself is never taken back, only continued.
            return f"{stated}\n{value}"
        if stated is not None and stated != value:
            self.replaced.append(place)
        return value

    def _by_place(self, stated: Sequence[Any], values: Any, place: str) -> Any:
        if not isinstance(values, list):
            return values
        both = [
            self._over(stated[at] if at < len(stated) else {}, value, f"{place}[{at + 1}]")
            if isinstance(value, Mapping)
            else value
            for at, value in enumerate(values)
        ]
        return [*both, *stated[len(values) :]]


def _match_files(files: Sequence[ComposedFile], additions: Additions) -> dict[str, Mapping[str, Any]]:
    """Which file each table is about; raises where that is none, or not one."""
    found: dict[str, Mapping[str, Any]] = {}
    for begin, table in additions.files.items():
        named = [file.finding for file in files if begin and file.finding.startswith(begin)]
        if len(named) != 1 or named[0] in found:
            what = "no file of this report" if not named else "several files, or one that is named already"
            raise UsageError(f"{additions.path}: fileDetails/{begin[:70]} names {what}", hint=_HINT)
        found[named[0]] = table
    return found


def _check_file(table: Mapping[str, Any], where: str, *, is_viewed: bool) -> None:
    """Refuse what is not a person's to say of a file."""
    for name, why in _refused(table, is_viewed=is_viewed):
        raise UsageError(f"{where}/{name} {why}", hint=_HINT)


def _refused(table: Mapping[str, Any], *, is_viewed: bool) -> Iterator[tuple[str, str]]:
    for name in table:
        if name in _NOT_BY_HAND:
            yield name, _NOT_BY_HAND[name]
        elif name in _NEEDS_VIEW and not is_viewed and table[name] is not False:
            yield name, _NEEDS_VIEW[name]
    notes = table.get("fileAnnotations")
    for name in notes if isinstance(notes, Mapping) else ():
        if name not in _OF_SPREAD and not is_viewed:
            yield f"fileAnnotations/{name}", "describes content, and nobody viewed this file"
