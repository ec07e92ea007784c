"""A case in the exchange format of Project VIC and CAID, as importers read it: VICS 2.0, or 1.3.

No claim of conformity is made: the specification is handed out under agreement only. Fields are those that public
importers know.
"""

import json
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from unseen.model import State
from unseen.reports.exports.as_csv import moment
from unseen.reports.exports.values import ExportedCase, ExportedFinding

__all__ = ["VicsVersion", "case_as_vics"]

_CONTEXT_2 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{country}/$metadata#Cases"
_CONTEXT_1 = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Media"


class VicsVersion(StrEnum):
    """Versions that importers read. Closed."""

    V2 = "2.0"
    V1 = "1.3"


def case_as_vics(case: ExportedCase, *, version: VicsVersion, country: str) -> bytes:
    """Write the case.

    One medium for each content, with a file for each place it lies in. A category is given only where every label of
    the format says the same one: numbers mean different things in different countries, and none is made up.

    Args:
        case: What is exported.
        version: Of the format.
        country: `US` or `UK`, whose categories labels of the format are; only version 2.0 says it.
    """
    by_content: dict[bytes, list[ExportedFinding]] = {}
    for one in case.findings:
        by_content.setdefault(one.finding.sha256, []).append(one)
    media = [_medium(number, some) for number, some in enumerate(by_content.values(), start=1)]
    if version is VicsVersion.V1:
        document: dict[str, Any] = {"odata.metadata": _CONTEXT_1, "value": media}
    else:
        described = {
            "CaseID": str(uuid5(NAMESPACE_URL, f"{case.ledger}/case/{case.id}")),
            "CaseNumber": f"{case.id}",
            "ContactName": case.by,
            "SourceApplicationName": "unseen",
            "SourceApplicationVersion": case.version,
            "TotalMediaFiles": len(case.findings),
            "Media": media,
        }
        document = {"@odata.context": _CONTEXT_2.format(country=country), "value": [described]}
    return json.dumps(document, ensure_ascii=True, indent=1).encode("ascii") + b"\n"


def _medium(number: int, some: list[ExportedFinding]) -> dict[str, Any]:
    first = some[0]
    categories = {label.code for one in some for label in one.labels if label.scheme.startswith("vics")}
    lists = sorted({match.list for one in some for match in one.finding.matches})
    comments = f"matches known material in: {', '.join(lists)}"
    if first.also_in:
        comments += f"; the same content is in case {', '.join(str(number) for number in first.also_in)}"
    medium: dict[str, Any] = {
        "MediaID": number,
        "Category": int(next(iter(categories))) if len(categories) == 1 and _is_number(categories) else 0,
        "MD5": _upper(first.md5),
        "SHA1": _upper(first.sha1),
        "MediaSize": first.size_bytes,
        "Comments": comments,
        "MediaFiles": [_file(one) for one in some],
    }
    return {name: value for name, value in medium.items() if value is not None}


def _is_number(categories: set[str]) -> bool:
    return all(code.isascii() and code.isdigit() for code in categories)


def _file(one: ExportedFinding) -> dict[str, Any]:
    finding, times = one.finding, one.finding.times
    # The place inside the outermost file, with whatever leads there before it.
    path = str(finding.locator)
    address = PurePosixPath(finding.locator.steps[-1][1])
    fields: dict[str, Any] = {
        "MD5": _upper(one.md5),
        "FileName": address.name or path,
        "FilePath": path,
        "Created": times and moment(times.born_ns),
        "Written": times and moment(times.modified_ns),
        "Accessed": times and moment(times.accessed_ns),
        "Deleted": finding.state in {State.DELETED, State.ORPHAN},
        "Unallocated": finding.state is State.CARVED,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _upper(value: bytes | None) -> str | None:
    return None if value is None else value.hex().upper()
