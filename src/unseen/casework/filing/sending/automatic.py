"""Filing without a decision on each case: off, until a named person switches it on for a list and kind of match.

Only what leaves no room for judgement can be switched on: the very bytes of an entry, by SHA-256, or entries of two
independent lists. What is near only after an alteration was undone counts where something else corroborates it. Only
lists of class csam count, and nothing that is in doubt. Lists are independent where it is known of both who published
them, and these are two: here nobody looks, so that what is not known counts against it. A list that was made of
findings is no witness beside those that had made them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from unseen import store as stores
from unseen.casework.cases.course import fold
from unseen.casework.filing.sending.deciding import keep_decision
from unseen.casework.filing.sending.preparing import Wanted, check_sendable, compose_case, unread_files
from unseen.casework.filing.sending.ways import Way
from unseen.casework.filing.settings import FilingSettings
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.known.changing import JUDGED_FORMAT
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.errors import ListError, UsageError
from unseen.model import Finding, Ground, ListClass, Mark, Match, Status
from unseen.store import FilingPolicy, Store

__all__ = ["KnownList", "MatchKind", "decide_by_policy", "list_filing_policies", "qualifies", "set_filing_policy"]


class MatchKind(StrEnum):
    """Kinds of match that can be filed without a person. Closed."""

    # The same SHA-256 as an entry.
    EXACT = "exact"
    # An entry of another list too, which is known to have another publisher.
    TWO_LISTS = "two_lists"


def set_filing_policy(location: str, name: str, kind: MatchKind, *, is_on: bool, by: str, reason: str) -> int:
    """Record whether matches of a kind of a list are filed without a person's decision.

    Returns:
        The number of the policy.

    Raises:
        UsageError: The list is not of class csam, or a name or reason is none.
        ListError: There is no such list.
        StoreError: There is no store, or it cannot be written.
    """
    who, why = stated_name(by), stated_reason(reason)
    with open_recorded(location, create=False) as store:
        info = next((one for one in stores.list_lists(store) if one.name == name), None)
        if info is None:
            raise ListError(f"there is no list named {name!r}", hint="`unseen list ls` names them")
        if info.list_class is not ListClass.CSAM:
            raise UsageError(
                f"list {name} is of class {info.list_class}: nothing is ever filed by it",
                hint="only what a list of class csam holds can become a report",
            )
        at_utc = now_utc()
        return stores.set_filing_policy(store, name, kind.value, is_on=is_on, by=who, reason=why, at_utc=at_utc)


def list_filing_policies(location: str) -> list[FilingPolicy]:
    """The newest policy of each list and kind of match, on or off.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(location) as store:
        return stores.filing_policies_now(store)


def decide_by_policy(
    store: Store, settings: FilingSettings, way: Way, *, wanted: Wanted, note: Callable[[str], None]
) -> list[int]:
    """Decide on every open case with findings that a policy covers; returns the numbers of the filings.

    What cannot be decided by itself, such as a file that cannot be read any more, is left to a person, and said.

    Args:
        store: Open for writing.
        settings: Of the custodian.
        way: Where it goes.
        wanted: How files are read; its case is of no account.
        note: Told what is left to a person.
    """
    policies = [policy for policy in stores.filing_policies_now(store) if policy.is_on]
    if not policies:
        return []
    known = _read_known(store)
    decided = []
    for case in [fold(events) for events in stores.list_cases(store)]:
        if not case.is_open:
            continue
        filed = stores.filed_findings(store, case.findings, channel=way.channel)
        waiting = [finding for finding in case.findings if finding not in filed]
        findings = stores.mark_findings(store, stores.name_findings(store, waiting))
        covered: dict[str, FilingPolicy] = {}
        for finding in findings:
            policy = next((one for one in policies if qualifies(finding, one, known)), None)
            if policy is not None:
                covered[finding.id] = policy
        if not covered:
            continue
        try:
            only = frozenset(covered)
            prepared = compose_case(store, replace(wanted, case=case.id), settings, channel=way.channel, only=only)
            prepared = replace(prepared, unread=unread_files(store, prepared.composed, wanted))
            check_sendable(prepared)
        except UsageError as error:
            note(f"case {case.id} is not filed by itself, and waits for a person: {error}")
            continue
        policy = min(covered.values(), key=lambda one: one.record)
        said = f"by policy {policy.record}, set by {policy.by}: {policy.reason}"
        decided.append(keep_decision(store, prepared, way, by=None, reason=said, policy=policy.record))
    return decided


@dataclass(frozen=True, slots=True)
class KnownList:
    """What counts of a list here.

    Attributes:
        is_csam: Whether it is of that class.
        is_of_findings: Whether it was made here, of what people had confirmed.
        publisher: Who published entries that name nobody; None where that is not known.
    """

    is_csam: bool
    is_of_findings: bool = False
    publisher: str | None = None


def qualifies(finding: Finding, policy: FilingPolicy, lists: Mapping[str, KnownList]) -> bool:
    """Whether a policy covers a finding.

    Args:
        finding: With the marks that its matches carry now.
        policy: Switched on.
        lists: By name.
    """
    if finding.status is Status.CLEARED or any(
        Mark.CLEARED in (*match.marks, *match.marks_now) for match in finding.matches
    ):
        # A person found this one, or another with this very content, to be something else.
        return False
    sound = [match for match in finding.matches if _is_sound(match, lists)]
    of_list = [match for match in sound if match.list == policy.list]
    if policy.kind == MatchKind.EXACT:
        return any(match.signal == "sha256" and match.distance_bits == 0 for match in of_list)
    return any(_are_independent(one, other, lists) for one in of_list for other in sound)


def _read_known(store: Store) -> Mapping[str, KnownList]:
    policies = stores.read_policies(store)
    return {
        info.name: KnownList(
            is_csam=info.list_class is ListClass.CSAM,
            is_of_findings=info.file_format == JUDGED_FORMAT,
            publisher=policies[info.name][1].publisher if info.name in policies else None,
        )
        for info in stores.list_lists(store)
    }


def _is_sound(match: Match, lists: Mapping[str, KnownList]) -> bool:
    """Whether it is of known material, more than a lead or an altered copy alone, and its entry is not in doubt."""
    is_csam = match.list in lists and lists[match.list].is_csam
    is_more = match.ground not in {None, Ground.ALTERED, Ground.LEAD}
    return is_csam and is_more and not match.marks and not match.marks_now


def _are_independent(one: Match, other: Match, lists: Mapping[str, KnownList]) -> bool:
    """Whether two matches are of different lists that were published, as is known of both, by two."""
    if one.list == other.list or lists[one.list].is_of_findings or lists[other.list].is_of_findings:
        return False
    first, second = (match.publisher or lists[match.list].publisher for match in (one, other))
    return first is not None and second is not None and first.strip().casefold() != second.strip().casefold()
