"""Nothing here can sort people: no number and no category is held of a person or a case.

But clocks, counts of items, identifiers, and where a step stands. What there is stands in closed lists, each with its
reason: whoever adds a column, a field or a member of JSON of such a kind has to say here what it is.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from inspect import isclass
from pkgutil import walk_packages
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Float, Integer, LargeBinary, Numeric
from tests.house.tree import ROOT

import unseen
from unseen.store.schema import metadata

RANK = re.compile(
    r"score|rank|risk|severity|priorit|grade|danger|level|weight|rating|probab|categor|likel|confidence|percent|points",
    re.IGNORECASE,
)
# Columns that hold numbers and are neither the key of their row nor the key of another.
NUMBERS = {
    "identifiers": {
        "case_events.case_id",
        "case_events.answers",
        "custody_acts.case_id",
        "custody_acts.answers",
        "filings.case_id",
        "filing_steps.file",
        "filing_steps.claim_no",
        "outbox.claim_no",
        "deliveries.claim_no",
        "entry_decisions.list_id",
        "lists.version",
        "entries.added_n",
        "entries.withdrawn_n",
        "opinions.added_n",
        "opinions.withdrawn_n",
        "finding_matches.ledger_n",
    },
    "clocks": {"outbox.due_s", "outbox.lease_until_s", "scans.keep_days"},
    "counts of items and bytes": {
        "lists.entry_count",
        "items.size_bytes",
        "preserved.size_bytes",
        "filing_decisions.steps",
    },
    "of a list, a scan or a setting: yes or no": {
        "filing_policies.is_on",
        "scans.is_recheck",
        "syncs.begins_anew",
        "syncs.is_complete",
        "staged.is_refused",
    },
    "of a file, measured": {"items.pdq_quality", "finding_matches.distance_bits"},
    "what a service answered": {"deliveries.status", "filing_answers.status"},
}
# What is held and told of cases and persons: the rooms that do.
ROOMS = re.compile(
    r"unseen\.(model\.cases|casework\.(cases|custody|filing)|store\.(cases|custody|filings)|reports\.exports)(\.|$)"
)
# Fields of values in these rooms that hold numbers, or a yes or a no; in tuples, too.
FIELDS = {
    "identifiers": {
        "id",
        "case",
        "record",
        "report_id",
        "policy",
        "letter",
        "file",
        "filing",
        "claim_no",
        "port",
        "answers",
        "also_in",
        "elsewhere",
        "holds",
        "status",
        "cases",
        "more_cases",
        "filed",
    },
    "counts of items, bytes and records": {
        "facts_alone",
        "files",
        "findings",
        "lease_s",
        "records",
        "size_bytes",
        "staying",
        "steps",
    },
    "a figure of the whole store, of no case": {"value"},
    "whether a verdict, a receipt, a policy or an erasure holds": {"is_current", "is_whole", "is_on", "is_off_disk"},
    "whether a full view of a file is on record": {"is_viewed"},
    "what a list is": {"is_csam", "is_of_findings"},
    "settings of the custodian, and of whoever works": {
        "files_are_as_uploaded",
        "industry_classification",
        "is_production",
        "unsafe_no_sandbox",
    },
    "whether a rehearsal held its documents against a schema": {"is_schema_checked"},
    "whether a person decided about a filing after its last call": {"is_let_go"},
}
# Closed lists that fields of these rooms draw from: what happened, how it ended, what waits; never what somebody is.
KINDS = {
    "Alarm",
    "Call",
    "CaseOutcome",
    "CustodyKind",
    "Decision",
    "Environment",
    "EventKind",
    "FilingTurn",
    "LetterState",
    "ListClass",
    "Reason",
    "Sending",
    "Stage",
    "Status",
    "SubjectKind",
}
# Words of others, or of what is no person: each with its reason.
WORDS = {
    # A person's words for facts that are on record; see `unseen case escalate`.
    "Case.danger",
    "danger",
    # Of a list's matches, by the kind of hash.
    "ListPolicy.weight",
    "weighed_otherwise",
    # CyberTipline's own name for a choice of the reporter, in words.
    "escalate_to_high_priority",
    # Of the bits of one hash: how far its picture's coefficients lie from the median that decides them.
    "AlteredHash.margins",
}


def columns() -> Iterator[tuple[str, Any]]:
    """Every column of the store by its whole name."""
    for table in metadata.sorted_tables:
        for column in table.c:
            yield f"{table.name}.{column.name}", column


def modules() -> Iterator[ModuleType]:
    """Every module in which values of cases, persons and reports may be made."""
    for room in ("model", "store", "reports", "filing", "casework", "cli"):
        package = import_module(f"{unseen.__name__}.{room}")
        for found in walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name:
                yield import_module(found.name)


def values() -> Iterator[tuple[str, str, str, str]]:
    """Every field of every value: its module, its class, its name, and its type as text."""
    seen = set()
    for module in modules():
        for one in vars(module).values():
            if not isclass(one) or not one.__module__.startswith("unseen.") or one in seen:
                continue
            seen.add(one)
            if is_dataclass(one):
                held = {field.name: str(field.type) for field in fields(one)}
            else:
                held = {name: str(field.annotation) for name, field in getattr(one, "model_fields", {}).items()}
            for name, kind in held.items():
                yield one.__module__, one.__name__, name, kind


def kinds() -> set[str]:
    """Names of all closed lists."""
    every = [one for module in modules() for one in vars(module).values() if isclass(one) and issubclass(one, Enum)]
    return {one.__name__ for one in every if one.__module__.startswith("unseen.")}


def test_every_number_in_the_store_has_a_reason() -> None:
    """Columns with numbers are those of the list, and each of the list is a column."""
    numbers = {
        name
        for name, column in columns()
        if isinstance(column.type, (Integer, Float, Numeric)) and not column.primary_key and not column.foreign_keys
    }
    assert numbers == set().union(*NUMBERS.values())


def test_no_column_is_named_for_a_rank() -> None:
    """Neither in the schema nor in any migration is there a column whose name speaks of rank."""
    assert [name for name, _ in columns() if RANK.search(name)] == []
    revisions = sorted((ROOT / "src/unseen/store/migrations/versions").glob("0*.py"))
    assert len(revisions) > 8
    named = {name for one in revisions for name in re.findall(r'Column\(\s*"(\w+)"', one.read_text("utf-8"))}
    assert "case_id" in named
    assert [name for name in sorted(named) if RANK.search(name)] == []


def test_bytes_of_cases_are_salts_keys_and_what_was_said() -> None:
    """Columns with bytes in tables of cases hide no number: salts, digests, keys, and calls as they were made."""
    of_cases = ("case_events.", "custody_acts.", "filing", "preserved.", "outbox.", "deliveries.")
    held = {
        name.partition(".")[2]
        for name, column in columns()
        if name.startswith(of_cases) and isinstance(column.type, LargeBinary)
    }
    assert held == {"salt", "file_sha256", "wrapped_key", "key_id", "request", "request_sha256", "answer"}


def test_every_number_about_a_case_has_a_reason() -> None:
    """Values that are held or told of cases and persons hold numbers, and yes or no, under listed names only."""
    number = re.compile(r"\b(int|float|complex|Decimal|Fraction|bool)\b")
    found = {
        (name, f"{room}.{kind}") for room, kind, name, held in values() if ROOMS.match(room) and number.search(held)
    }
    allowed = set().union(*FIELDS.values())
    assert [one for one in sorted(found) if one[0] not in allowed] == []
    assert allowed <= {name for name, _ in found}


def test_every_category_about_a_case_is_a_step_or_an_outcome() -> None:
    """The closed lists that such values draw from say what happened; a new one has to be put on the list here."""
    every = kinds()
    used = {
        kind for room, _, _, held in values() if ROOMS.match(room) for kind in re.findall(r"\w+", held) if kind in every
    }
    assert used <= KINDS
    assert every >= KINDS


def test_no_value_is_named_for_a_rank() -> None:
    """No field anywhere but in the audit of others' instruments is named for a rank, but for words with a reason."""
    named = {
        f"{kind}.{name}"
        for room, kind, name, _ in values()
        if RANK.search(name) and "triage" not in room and name not in WORDS
    }
    assert named - WORDS == set()


def test_no_member_of_json_is_named_for_a_rank() -> None:
    """The page of JSON output, which holds every member that is printed, names none outside of the audits."""
    page = (ROOT / "docs/reference/json-output.md").read_text("utf-8")
    audits = re.compile(r"^## `unseen audit.*?(?=^## )", re.DOTALL | re.MULTILINE)
    assert audits.search(page)
    words = {word for code in re.findall(r"`([^`\n]+)`", audits.sub("", page)) for word in re.findall(r"\w+", code)}
    assert "moved_at_utc" in words
    assert {word for word in words if RANK.search(word)} <= WORDS


@pytest.mark.parametrize("name", ["risk_score", "priority", "severity_level", "SubjectCategory", "confidence_percent"])
def test_ranks_are_recognised(name: str) -> None:
    """The words that would sort people are among those that are looked for."""
    assert RANK.search(name)
