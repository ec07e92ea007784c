"""Filings for programs and for people. What is said of files are names, digests and sizes, never their content."""

import json as json_text
from typing import TYPE_CHECKING

from unseen.cli import rows, voice

if TYPE_CHECKING:
    from unseen.casework.filing.missing import Missing
    from unseen.casework.filing.sending import FilingPolicy, FilingStep
    from unseen.casework.filing.sending.deciding import Decided
    from unseen.casework.filing.sending.listing import FilingAccount
    from unseen.casework.filing.sending.preparing import Prepared
    from unseen.casework.filing.sending.rehearsing import Checked, Rehearsed
    from unseen.casework.filing.sending.working import Worked
    from unseen.casework.filing.values import Composed, ComposedFile
    from unseen.filing.cybertipline.schema import FileDetails, Report

__all__ = [
    "account_lines",
    "account_row",
    "checked_lines",
    "checked_row",
    "decided_lines",
    "decided_row",
    "prepared_lines",
    "prepared_row",
    "rehearsed_lines",
    "rehearsed_row",
    "show_policies",
    "whole_account_lines",
    "whole_account_row",
    "worked_lines",
    "worked_row",
]

_STATES = {
    "pending": "on its way",
    "sent": "filed",
    "waits": "waits for a person",
    "withdrawn": "taken back",
    "refused": "refused",
    "overtaken": "overtaken",
}
_ID_CHARS = 16


def prepared_row(prepared: "Prepared") -> rows.Row:
    """The row of `unseen file prepare --json`."""
    return {
        "case": prepared.case,
        **_composed_row(prepared.composed),
        "facts_alone": list(prepared.facts_alone),
        "left_out": [{"finding": one.finding, "why": one.why} for one in prepared.composed.left_out],
        "filed": [{"finding": finding, "filing": number} for finding, number in prepared.filed.items()],
        "unread": [{"finding": finding, "reason": reason} for finding, reason in prepared.unread.items()],
        "missing": [_missing_row(one) for one in prepared.missing],
        "problems": [{"where": one.where, "what": one.what} for one in prepared.problems],
    }


def prepared_lines(prepared: "Prepared") -> list[str]:
    """What `unseen file prepare` says: the report element by element, then what is missing and what is wrong."""
    composed = prepared.composed
    lines = [f"report of case {prepared.case}", *_tree(_elements(composed.report))]
    for file in composed.files:
        lines += [f"file {_names(file)}", *_tree(_details(file))]
    lines += [f"without its file: finding {finding[:_ID_CHARS]}" for finding in prepared.facts_alone]
    lines += [f"left out: finding {one.finding[:_ID_CHARS]}: {voice.printable(one.why)}" for one in composed.left_out]
    lines += [
        f"left out: finding {finding[:_ID_CHARS]}: filing {number} has it" for finding, number in prepared.filed.items()
    ]
    if prepared.missing:
        lines.append("what an officer would need, and the report does not say (it is sent all the same):")
        lines += [f"  {voice.printable(_of(one))}: {one.what} ({one.element}): {one.why}" for one in prepared.missing]
    lines += [f"cannot be sent: {voice.printable(one.where)} {one.what}" for one in prepared.problems]
    lines += [
        f"cannot be read any more as it was found: finding {finding[:_ID_CHARS]}: {reason}"
        for finding, reason in prepared.unread.items()
    ]
    ready = not prepared.problems and not prepared.unread
    what = voice.plural(len(composed.files), "file")
    return [*lines, f"{what}; {'ready to be decided on' if ready else 'cannot be sent as it stands'}"]


def decided_row(decided: "Decided") -> rows.Row:
    """The row of `unseen file decide --json` and `batch --json`."""
    return {
        "filing": decided.filing,
        "cases": list(decided.cases),
        "channel": decided.way.channel,
        "files": decided.files,
        "facts_alone": decided.facts_alone,
    }


def decided_lines(decided: "Decided") -> list[str]:
    """What was decided, and what sends it."""
    cases = ", ".join(map(str, decided.cases))
    alone = f", {voice.plural(decided.facts_alone, 'finding')} by its facts alone" if decided.facts_alone else ""
    flag = " --production" if decided.way.is_production else ""
    what = f"{voice.plural(decided.files, 'file')}{alone}"
    return [
        f"filing {decided.filing}: case {cases} goes to {decided.way.channel}: {what}",
        f"  nothing has left yet: `unseen file send{flag}` sends it",
    ]


def worked_row(worked: "Worked") -> rows.Row:
    """A row of `unseen file send --json`."""
    return {
        "filing": worked.filing,
        "case": worked.case,
        "outcome": worked.outcome,
        "report": worked.report_id,
        "why": worked.why,
    }


def worked_lines(worked: "Worked") -> list[str]:
    """How far one filing came, and what to do where it waits."""
    line = f"filing {worked.filing}, case {worked.case}: {voice.printable(worked.why)}"
    if worked.outcome != "waits":
        return [line]
    return [line, f"  waits for a person: `unseen file show {worked.filing}`, then `go-on` or `take-back`"]


def account_row(account: "FilingAccount") -> rows.Row:
    """A row of `unseen file ls --json`."""
    filing = account.filing
    return {
        "filing": filing.id,
        "cases": [filing.case, *filing.more_cases],
        "channel": filing.channel,
        "state": filing.state,
        "why": filing.answer,
        "report": account.report_id,
        "by": filing.by,
        "policy": filing.policy,
        "reason": filing.reason,
        "at_utc": filing.at_utc,
        "findings": [file.finding for file in filing.files],
        "receipt": None if account.receipt is None else account.receipt.record,
    }


def account_lines(account: "FilingAccount") -> list[str]:
    """How a filing stands."""
    filing = account.filing
    cases = ", ".join(map(str, (filing.case, *filing.more_cases)))
    by = voice.printable(filing.by) if filing.by else f"policy {filing.policy}"
    mark = f"  ** {_STATES[filing.state]} **" if account.waits else ""
    lines = [f"filing {filing.id}: case {cases}, {filing.channel}{mark}"]
    if not account.waits:
        lines.append(f"  {_STATES[filing.state]}")
    # What it waited for is over where it is on its way again; a failure that may pass is not.
    if filing.answer and (filing.state != "pending" or not account.is_let_go):
        lines.append(f"  {voice.printable(filing.answer)}")
    said = f"  {voice.plural(len(filing.files), 'finding')}, decided by {by}, {filing.at_utc}"
    return [*lines, f"{said}: {voice.printable(filing.reason)}"]


def whole_account_row(account: "FilingAccount") -> rows.Row:
    """The row of `unseen file show --json`."""
    assert account.composed is not None
    receipt = account.receipt
    return account_row(account) | {
        **_composed_row(account.composed),
        "calls": [_step_row(one) for one in account.steps],
        "decisions": [
            {"decision": one.turn, "by": one.by, "reason": one.reason, "at_utc": one.at_utc} for one in account.turns
        ],
        "receipt": None
        if receipt is None
        else {
            "record": receipt.record,
            "report": receipt.report_id,
            "at_utc": receipt.at_utc,
            "is_whole": receipt.is_whole,
            "text": receipt.answer.decode("utf-8", "replace"),
        },
    }


def whole_account_lines(account: "FilingAccount") -> list[str]:
    """What `unseen file show` says."""
    assert account.composed is not None
    lines = [*account_lines(account), "report", *_tree(_elements(account.composed.report))]
    for file in account.composed.files:
        lines += [f"file {_names(file)}", *_tree(_details(file))]
    events = [(one.at_utc, one.record, _step_line(one)) for one in account.steps]
    events += [
        (
            one.at_utc,
            one.record,
            f"{one.turn.replace('_', ' ')}  by {voice.printable(one.by)}: {voice.printable(one.reason)}",
        )
        for one in account.turns
    ]
    lines += [f"{at_utc}  {text}" for at_utc, _, text in sorted(events, key=lambda event: event[1])]
    if account.receipt is not None:
        receipt = account.receipt
        lost = "" if receipt.is_whole else " (the receipt itself was lost)"
        lines.append(f"receipt: report {receipt.report_id}, {receipt.at_utc}, record {receipt.record}{lost}")
        lines.append(f"  `unseen file show {account.filing.id} --receipt` writes it")
    return lines


def rehearsed_row(rehearsed: "Rehearsed") -> rows.Row:
    """The row of `unseen file --dry-run --json`."""
    return {
        **prepared_row(rehearsed.prepared),
        "calls": [
            {
                "call": one.call,
                "file": one.file,
                "outcome": one.outcome,
                "why": one.why,
                "request_sha256": one.request_sha256,
                "request": one.request.decode("utf-8", "replace"),
            }
            for one in rehearsed.calls
        ],
        "standing": rehearsed.course.standing,
        "why": rehearsed.course.why,
        "is_schema_checked": rehearsed.is_schema_checked,
        "arrived": [{"md5": md5, "size_bytes": size} for md5, size in rehearsed.files],
    }


def rehearsed_lines(rehearsed: "Rehearsed") -> list[str]:
    """What `unseen file --dry-run` says: what is missing, each call, and how it ended."""
    prepared = rehearsed.prepared
    lines = [f"rehearsal of case {prepared.case}: nothing leaves this machine, and nothing is written"]
    names = [file.name for file in prepared.composed.files]
    for one in rehearsed.calls:
        about = "" if one.file is None else f" {voice.printable(names[one.file])}"
        why = f": {voice.printable(one.why)}" if one.why else ""
        lines.append(f"  {one.call}{about}: {one.outcome.replace('_', ' ')}{why}")
    lines += [f"  arrived: {voice.size(size)}, MD5 {md5}" for md5, size in rehearsed.files]
    lines += [f"cannot be sent: {voice.printable(one.where)} {one.what}" for one in prepared.problems]
    lines += [
        f"cannot be read any more as it was found: finding {finding[:_ID_CHARS]}: {reason}"
        for finding, reason in prepared.unread.items()
    ]
    if prepared.missing:
        lines.append(
            f"{voice.plural(len(prepared.missing), 'thing')} that an officer would need: `unseen file prepare"
            f" {prepared.case}` lists them"
        )
    lines.append("schema checked" if rehearsed.is_schema_checked else "schema not checked: give it with --xsd FILE")
    ended = rehearsed.course.standing.replace("_", " ")
    why = f": {voice.printable(rehearsed.course.why)}" if rehearsed.course.why else ""
    if rehearsed.course.standing == "filed":
        return [*lines, "it would be filed; nothing was"]
    return [*lines, f"it would not be filed: {ended}{why}"]


def show_policies(store: str, *, json: bool, only: tuple[str, str] | None = None) -> int:
    """Write which kinds of match are filed by themselves."""
    from unseen.casework.filing.sending.automatic import list_filing_policies

    found = [one for one in list_filing_policies(store) if only in {None, (one.list, one.kind)}]
    for one in found:
        voice.show(_policy_row(one), [_policy_line(one)], json=json)
    if not found and not json:
        voice.write("nothing is filed by itself: a named person decides on each case")
    return 0


def checked_row(checked: "Checked") -> rows.Row:
    """The row of `unseen file check --json`."""
    return {
        "channel": checked.way.channel,
        "address": checked.way.address,
        "request_id": checked.request_id,
        "schema_sha256": checked.schema_sha256,
        "schema_bytes": len(checked.schema),
    }


def checked_lines(checked: "Checked") -> list[str]:
    """What the service answered."""
    asked = voice.printable(checked.request_id)
    return [
        f"{checked.way.channel} ({checked.way.address}) is there, and takes the credentials; Request-ID {asked}",
        f"  its schema: {voice.size(len(checked.schema))}, sha256 {checked.schema_sha256}",
    ]


def _composed_row(composed: "Composed") -> rows.Row:
    from unseen.filing.cybertipline.schema import to_xml

    return {
        "report_xml": to_xml(composed.report, "report").decode(),
        "files": [
            {"finding": one.finding, "item": one.item, "sha256": one.sha256, "details_xml": _details_xml(one)}
            for one in composed.files
        ],
    }


def _details_xml(file: "ComposedFile") -> str:
    from unseen.filing.cybertipline.schema import to_xml

    return to_xml(file.details, "fileDetails").decode()


def _elements(part: "Report | FileDetails") -> dict[str, object]:
    """Elements by their own names, those that are there."""
    return part.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _details(file: "ComposedFile") -> dict[str, object]:
    # Who viewed it is always said, also where nobody did.
    told = _elements(file.details)
    told.pop("reportId", None)
    told.pop("fileId", None)
    return told


def _names(file: "ComposedFile") -> str:
    return f"{voice.printable(file.name)}: finding {file.finding[:_ID_CHARS]}, {voice.printable(file.item)}"


def _tree(value: object, depth: int = 1) -> list[str]:
    """Elements of a report, indented by how deep they stand."""
    lines: list[str] = []
    blank = "  " * depth
    for name, each in value.items() if isinstance(value, dict) else ():
        for one in each if isinstance(each, list) else [each]:
            if isinstance(one, dict):
                lines += [f"{blank}{name}", *_tree(one, depth + 1)]
            else:
                text = one if isinstance(one, str) else json_text.dumps(one)
                first, *rest = text.splitlines() or [""]
                lines.append(f"{blank}{name}: {voice.printable(first)}")
                lines += [f"{blank}  {voice.printable(line)}" for line in rest if line]
    return lines


def _missing_row(missing: "Missing") -> rows.Row:
    return {"of": missing.of, "what": missing.what, "element": missing.element, "why": missing.why}


def _of(missing: "Missing") -> str:
    return missing.of if len(missing.of) < _ID_CHARS else f"finding {missing.of[:_ID_CHARS]}"


def _step_row(step: "FilingStep") -> rows.Row:
    answered = step.answered
    row: rows.Row = {"record": step.record, "call": step.call, "file": step.file, "at_utc": step.at_utc}
    if answered is None:
        return row | {"outcome": None}
    return row | {
        "outcome": answered.outcome,
        "status": answered.status,
        "request_id": answered.request_id,
        "why": answered.why,
        "request": None if answered.request is None else answered.request.decode("utf-8", "replace"),
        "request_sha256": None if answered.request_sha256 is None else answered.request_sha256.hex(),
        "answer": None if answered.answer is None else answered.answer.decode("utf-8", "replace"),
    }


def _step_line(step: "FilingStep") -> str:
    answered = step.answered
    about = "" if step.file is None else f" file {step.file + 1}"
    if answered is None:
        return f"{step.call}{about}: nobody knows what came of it"
    status = "" if answered.status is None else f", status {answered.status}"
    asked = f", Request-ID {voice.printable(answered.request_id)}" if answered.request_id else ""
    why = f": {voice.printable(answered.why)}" if answered.why else ""
    return f"{step.call}{about}: {answered.outcome.replace('_', ' ')}{status}{asked}{why}"


def _policy_row(policy: "FilingPolicy") -> rows.Row:
    return {
        "list": policy.list,
        "kind": policy.kind,
        "on": policy.is_on,
        "by": policy.by,
        "reason": policy.reason,
        "at_utc": policy.at_utc,
        "record": policy.record,
    }


def _policy_line(policy: "FilingPolicy") -> str:
    state = "on: filed by itself" if policy.is_on else "off: a person decides"
    said = voice.printable(f"by {policy.by}, {policy.at_utc}: {policy.reason}")
    return f"list {policy.list}, {policy.kind.replace('_', ' ')}: {state} ({said})"
