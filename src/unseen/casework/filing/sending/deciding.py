"""Nothing is filed without a named person's decision: what they decided on is kept word for word, and that is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from unseen import store as stores
from unseen.casework.cases.course import fold
from unseen.casework.filing.batching import Spread, compose_batched
from unseen.casework.filing.gathering import read_material
from unseen.casework.filing.sending.preparing import (
    Prepared,
    Wanted,
    check_sendable,
    compose_case,
    find_problems,
    unread_files,
)
from unseen.casework.filing.sending.ways import Way, way_of
from unseen.casework.filing.settings import FilingSettings, read_settings
from unseen.casework.filing.values import Composed
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import Finding
from unseen.store import FilingFile, FilingTurn, Store

# As for ids of findings: fewer could be a slip of the finger.
_DIGITS_MIN = 4

__all__ = ["Decided", "decide", "decide_batched", "keep_decision", "turn"]


@dataclass(frozen=True, slots=True)
class Decided:
    """A filing that was decided on.

    Attributes:
        filing: Its number.
        way: Where it goes.
        cases: What it is about.
        files: How many files go along.
        facts_alone: Of how many more the facts alone are told.
    """

    filing: int
    way: Way
    cases: tuple[int, ...]
    files: int
    facts_alone: int


def decide(location: str, wanted: Wanted, *, by: str, reason: str, is_production: bool = False) -> Decided:
    """Decide that a case is reported: the next worker sends it.

    Every file is read once more first: one that cannot be read as it was found is reported by its facts alone, where
    whoever decides says so.

    Args:
        location: Path of the store.
        wanted: What is reported.
        by: Who decides.
        reason: Why.
        is_production: Whether it goes to the desk that officers read.

    Raises:
        UsageError: Something is not said, or the report cannot be sent as it stands, or is on its way already.
        StoreError: There is no store, or it cannot be written.
        SandboxError: The kernel cannot lock a process that reads containers.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    name, why = stated_name(by), stated_reason(reason)
    settings = read_settings(wanted.settings)
    way = way_of(settings, is_production=is_production)
    with open_recorded(location, create=False) as store:
        if not fold(stores.read_case(store, wanted.case)).is_open:
            raise UsageError(f"case {wanted.case} has ended: reopen it first", hint="`unseen case reopen`")
        prepared = compose_case(store, wanted, settings, channel=way.channel)
        prepared = replace(prepared, unread=unread_files(store, prepared.composed, wanted))
        check_sendable(prepared)
        filing = keep_decision(store, prepared, way, by=name, reason=why)
    return Decided(filing, way, (wanted.case,), len(prepared.composed.files), len(prepared.facts_alone))


def keep_decision(
    store: Store, prepared: Prepared, way: Way, *, by: str | None, reason: str, policy: int | None = None
) -> int:
    """Put a report into the store as it was decided on, with its letter; returns the number of the filing."""
    files = [
        FilingFile(finding=file.finding, details=file.model_dump_json(by_alias=True))
        for file in prepared.composed.files
    ]
    files += [FilingFile(finding=finding, details=None) for finding in prepared.facts_alone]
    return stores.decide_filing(
        store,
        prepared.case,
        channel=way.channel,
        report=prepared.composed.model_copy(update={"files": ()}).to_json(),
        files=files,
        by=by,
        reason=reason,
        policy=policy,
        at_utc=now_utc(),
    )


def decide_batched(
    location: str,
    wanted: Wanted,
    sha256: str,
    cases: Sequence[int],
    *,
    spread: Sequence[Spread],
    by: str,
    reason: str,
    is_production: bool = False,
) -> Decided:
    """Decide that one content that goes round is reported once, with every account that has it.

    Args:
        location: Path of the store.
        wanted: Settings and passwords; its case is among those below.
        sha256: Of the content, or its first digits.
        cases: Of accounts.
        spread: How it goes round, as whoever decides says.
        by: Who decides.
        reason: Why.
        is_production: Whether it goes to the desk that officers read.

    Raises:
        UsageError: Fewer than two accounts have it, it was filed already, or something is not said.
        StoreError: There is no store, or it cannot be written.
    """
    name, why = stated_name(by), stated_reason(reason)
    settings = read_settings(wanted.settings)
    way = way_of(settings, is_production=is_production)
    with open_recorded(location, create=False) as store:
        numbers = tuple(dict.fromkeys(cases))
        composed, held = _compose_batched(store, sha256, numbers, settings, spread)
        check_sendable(
            Prepared(
                case=numbers[0],
                composed=composed,
                facts_alone=(),
                missing=(),
                problems=find_problems(composed),
                unread=unread_files(store, composed, wanted),
                filed={},
            )
        )
        (uploaded,) = composed.files
        files = [FilingFile(finding=uploaded.finding, details=uploaded.model_dump_json(by_alias=True))]
        files += [FilingFile(finding=one.id, details=None) for one in held if one.id != uploaded.finding]
        filing = stores.decide_filing(
            store,
            numbers[0],
            channel=way.channel,
            report=composed.model_copy(update={"files": ()}).to_json(),
            files=files,
            by=name,
            reason=why,
            more_cases=numbers[1:],
            at_utc=now_utc(),
        )
    return Decided(filing, way, numbers, 1, 0)


def turn(location: str, filing: int, how: str, *, by: str, reason: str) -> None:
    """Decide how a filing goes on.

    Args:
        location: Path of the store.
        filing: Its number.
        how: `go_on` as it is, `anew` with another report, or `take_back` for not at all.
        by: Who decides.
        reason: Why.

    Raises:
        UsageError: There is no such filing, it has ended, or it waits for nobody.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    name, why = stated_name(by), stated_reason(reason)
    with open_recorded(location, create=False) as store:
        stores.turn_filing(store, filing, FilingTurn(how), by=name, reason=why, at_utc=now_utc())


def _compose_batched(
    store: Store, sha256: str, cases: Sequence[int], settings: FilingSettings, spread: Sequence[Spread]
) -> tuple[Composed, list[Finding]]:
    materials = [read_material(store, case) for case in cases]
    wanted = sha256.strip().lower()
    found = {file.finding.sha256 for one in materials for file in one.files}
    contents = [content for content in found if len(wanted) >= _DIGITS_MIN and content.hex().startswith(wanted)]
    if len(contents) != 1:
        raise UsageError(
            f"{len(contents)} contents of these cases begin with {sha256[:80]!r}",
            hint=f"give the first digits of its SHA-256, {_DIGITS_MIN} at least: `unseen case show` prints them",
        )
    held = [file.finding for one in materials for file in one.files if file.finding.sha256 == contents[0]]
    viewed = stores.viewed(store, [one.id for one in held])
    composed = compose_batched(materials, contents[0], settings, spread=spread, viewed=viewed)
    left_out = {one.finding for one in composed.left_out}
    return composed, [one for one in held if one.id not in left_out]
