"""A case in CASE (Cyber-investigation Analysis Standard Expression) and UCO, as JSON-LD.

https://caseontology.org, version 1.4: an investigation, the files by what is known of them, the action that compared
them, and the program that did. The content of files is never in it.
"""

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from unseen.model import Times
from unseen.reports.exports.as_csv import moment
from unseen.reports.exports.values import ExportedCase, ExportedFinding

__all__ = ["case_as_case"]

_UCO = "https://ontology.unifiedcyberontology.org/uco/"
_CONTEXT = {
    "@vocab": "http://example.org/local#",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    **{f"uco-{name}": f"{_UCO}{name}/" for name in ("action", "core", "identity", "observable", "tool", "types")},
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "kb": "http://example.org/kb/",
}
_TIMES = (
    ("uco-observable:observableCreatedTime", "born_ns"),
    ("uco-observable:modifiedTime", "modified_ns"),
    ("uco-observable:accessedTime", "accessed_ns"),
    ("uco-observable:metadataChangeTime", "changed_ns"),
)

Node = dict[str, Any]


def case_as_case(case: ExportedCase) -> bytes:
    """Write the case; the same bytes for the same case and the same moment."""

    def name(kind: str, what: str) -> str:
        return f"kb:{kind}-{uuid5(NAMESPACE_URL, f'{case.ledger}/{what}')}"

    tool, person = name("tool", f"unseen-{case.version}"), name("identity", case.by)
    action = name("investigative-action", f"case/{case.id}/{case.exported_at_utc}")
    files = [_file(name("file", one.finding.id), name, one) for one in case.findings]
    record = name("provenance-record", f"case/{case.id}")
    graph: list[Node] = [
        {
            "@id": name("investigation", f"case/{case.id}"),
            "@type": "case-investigation:Investigation",
            "uco-core:name": f"case {case.id}: {case.subject}",
            "uco-core:description": "Files that match known child sexual abuse material by hash.",
            "uco-core:object": [{"@id": one["@id"]} for one in files] + [{"@id": action}, {"@id": record}],
        },
        {
            "@id": tool,
            "@type": "uco-tool:Tool",
            "uco-core:name": "unseen",
            "uco-tool:version": case.version,
        },
        {"@id": person, "@type": "uco-identity:Person", "uco-core:name": case.by},
        {
            "@id": action,
            "@type": "case-investigation:InvestigativeAction",
            "uco-core:name": "compared with lists of known material, and exported",
            "uco-core:description": case.reason,
            "uco-action:endTime": _time(case.exported_at_utc),
            "uco-action:performer": {"@id": person},
            "uco-action:instrument": {"@id": tool},
            "uco-action:result": [{"@id": record}],
        },
        {
            "@id": record,
            "@type": "case-investigation:ProvenanceRecord",
            "case-investigation:exhibitNumber": str(case.subject),
            "uco-core:description": f"case {case.id} of ledger {case.ledger}, known since {case.known_at_utc}",
            "uco-core:object": [{"@id": one["@id"]} for one in files],
        },
        *files,
    ]
    return json.dumps({"@context": _CONTEXT, "@graph": graph}, ensure_ascii=True, indent=1).encode("ascii") + b"\n"


def _file(node_id: str, name: Any, one: ExportedFinding) -> Node:
    finding, times = one.finding, one.finding.times or Times()
    said = [f"{match.list} {match.entry}: {match.signal}, {match.distance_bits} bits" for match in finding.matches]
    if one.also_in:
        said.append(f"the same content is in case {', '.join(str(number) for number in one.also_in)}")
    facet: Node = {
        "@id": name("file-facet", finding.id),
        "@type": "uco-observable:FileFacet",
        "uco-observable:fileName": finding.locator.steps[-1][1].rpartition("/")[2] or str(finding.locator),
        "uco-observable:filePath": str(finding.locator),
        "uco-observable:allocationStatus": finding.state.value,
    }
    for term, field in _TIMES:
        if (at := moment(getattr(times, field))) is not None:
            facet[term] = _time(at)
    digests = (("MD5", one.md5), ("SHA1", one.sha1), ("SHA256", finding.sha256))
    content: Node = {
        "@id": name("content-data-facet", finding.id),
        "@type": "uco-observable:ContentDataFacet",
        "uco-observable:hash": [
            _hash(name("hash", f"{finding.id}/{method}"), method, value) for method, value in digests if value
        ],
    }
    if one.size_bytes is not None:
        content["uco-observable:sizeInBytes"] = {"@type": "xsd:integer", "@value": str(one.size_bytes)}
    return {
        "@id": node_id,
        "@type": "uco-observable:File",
        "uco-core:description": "; ".join(said),
        "uco-core:hasFacet": [facet, content],
    }


def _hash(node_id: str, method: str, value: bytes) -> Node:
    return {
        "@id": node_id,
        "@type": "uco-types:Hash",
        "uco-types:hashMethod": method,
        "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": value.hex()},
    }


def _time(at_utc: str) -> Node:
    return {"@type": "xsd:dateTime", "@value": at_utc}
