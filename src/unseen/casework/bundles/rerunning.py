"""`unseen rerun`: repeat the matches of a bundle from the hashes in it. No item is read and nothing is written."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from unseen.casework.bundles.policies import recorded_terms
from unseen.casework.known.indexing import Indexing
from unseen.casework.known.loading import KnownMaterial, load_known
from unseen.casework.matching import open_if_needed
from unseen.casework.proof.verifying import read_key
from unseen.errors import LedgerBrokenError, StoreError
from unseen.ledger.bundle import Bundle, read_bundle
from unseen.matching import weigh
from unseen.model import Entry, Ground, How, ItemHashes, Match, Reason, Signal, Terms
from unseen.store.findings import read_match
from unseen.store.variants import unpack_altered, unpack_frames, unpack_variants

__all__ = ["UNKNOWN", "Repeated", "Rerun", "Result", "rerun"]


class Result(StrEnum):
    """What became of a match when it was repeated. Closed."""

    HOLDS = "holds"
    # The entry is there, and lies at another distance.
    DIFFERS = "differs"
    # The entry is there, and no longer within the threshold.
    BEYOND_THRESHOLD = "beyond_threshold"
    # The list is there, and the entry is not.
    WITHDRAWN = "withdrawn"
    # The same distance; but by the policy and the facts on record it stands on something else than was recorded.
    WEIGHED_OTHERWISE = "weighed_otherwise"
    # Nobody can say: the list is not there, or it is a hash that bundles do not hold.
    LIST_MISSING = "list_missing"
    HASH_MISSING = "hash_missing"


# Of these it cannot be said whether they hold.
UNKNOWN = frozenset({Result.LIST_MISSING, Result.HASH_MISSING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """One match of a bundle, and what it comes to now.

    Attributes:
        finding: Id of the finding.
        item: Text of its locator.
        match: As it was recorded.
        result: What it comes to now.
        distance_bits: Now; None where there is no match.
        list: Where the entry was looked up: the list of the same name or the same file, or any there is.
        ground: What it stands on by the policy and the facts on record; None where they are not in the bundle.
    """

    finding: str
    item: str
    match: Match
    result: Result
    distance_bits: int | None
    list: str | None
    ground: Ground | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerun:
    """All matches of a bundle, repeated.

    Attributes:
        origin: Of the ledger.
        size: Number of entries under its checkpoint.
        is_pinned: Whether a key came from outside.
        threshold_bits: That of the scan, and of this repetition.
        matches: In the order of the records.
    """

    origin: str
    size: int
    is_pinned: bool
    threshold_bits: int
    matches: tuple[Repeated, ...]

    @property
    def holds(self) -> bool | None:
        """Whether all matches hold; None where none is known not to, but of some it cannot be said."""
        results = {one.result for one in self.matches}
        if results - UNKNOWN - {Result.HOLDS}:
            return False
        return None if results & UNKNOWN else True

    @property
    def count_held(self) -> int:
        """How many matches hold."""
        return self.count(Result.HOLDS)

    def count(self, result: Result) -> int:
        """How many matches came to this."""
        return sum(one.result is result for one in self.matches)


@dataclass(frozen=True, slots=True)
class _Finding:
    """A finding as a bundle holds it."""

    id: str
    item: str
    scan: int
    matches: tuple[Match, ...]
    hashes: ItemHashes


def rerun(folder: str, *, store: str, lists: Sequence[str] = (), key: str | None = None) -> Rerun:
    """Verify a bundle, and match what is in it again.

    Args:
        folder: The bundle.
        store: Path of a store; it is only read.
        lists: Names of lists in the store, or paths of files; none for every list of the store.
        key: The public key that must have signed, or a file that holds it.

    Raises:
        VerificationError: The bundle does not hold.
        ListError: A list does not exist or cannot be read.
        StoreError: There is no bundle, or no store though a list of it is wanted, or one cannot be read.
    """
    bundle = read_bundle(Path(folder), pinned=None if key is None else read_key(key))
    try:
        threshold_bits, recorded_lists = _conditions(bundle)
        terms = recorded_terms(bundle)
        findings = list(_findings(bundle))
    except (LookupError, TypeError, ValueError, AttributeError, StoreError) as error:
        raise LedgerBrokenError(f"the bundle holds no records that can be matched again ({error})") from error
    with open_if_needed(store, lists) as opened:
        known = load_known(opened, lists, indexing=Indexing(threshold_bits=threshold_bits, verify=True))
        matcher = known.matcher(threshold_bits)
        places = _places(known, recorded_lists)
        now = matcher.match([finding.hashes for finding in findings])
        repeated = tuple(
            _weighed(_repeat(finding, match, matches, places, known), ground)
            for finding, matches in zip(findings, now, strict=True)
            for match, ground in zip(finding.matches, _grounds(finding.matches, terms), strict=True)
        )
    head = bundle.checkpoint
    return Rerun(
        origin=head.origin,
        size=head.size,
        is_pinned=bundle.pinned,
        threshold_bits=threshold_bits,
        matches=repeated,
    )


def _conditions(bundle: Bundle) -> tuple[int, Mapping[str, str]]:
    """The threshold of the scan, and by its name the digest of the file of each list that was in the store."""
    begun: list[Mapping[str, Any]] = [
        one.entry for one in bundle.entries.values() if one.entry["type"] == "scan_started"
    ]
    thresholds = {int(one["threshold_bits"]) for one in begun}
    if len(thresholds) != 1:
        raise ValueError("it does not say which threshold was used")
    taken_in: list[Mapping[str, Any]] = [
        one.entry for _, one in sorted(bundle.entries.items()) if one.entry["type"] in {"list_added", "list_changed"}
    ]
    recorded = {str(one["name"]): str(one["sha256"]) for one in taken_in}
    for one in bundle.entries.values():
        if one.entry["type"] == "scan_started" and one.opening is not None:
            opened: Any = one.opening.value
            searched = json.loads(opened["conditions"])["lists"]
            recorded |= {str(each["list"]): str(each["sha256"]) for each in searched}
    return thresholds.pop(), recorded


def _findings(bundle: Bundle) -> Iterator[_Finding]:
    """Findings with the hashes of their items: one record of each for every finding."""
    opened: list[tuple[str, Any]] = [
        (str(one.entry["type"]), one.opening.value) for one in bundle.entries.values() if one.opening is not None
    ]
    items = {(value["scan_id"], _locator(value)): value for kind, value in opened if kind == "item"}
    for kind, value in opened:
        if kind == "finding":
            item = items[value["scan_id"], _locator(value)]
            if item["sha256"] != value["sha256"]:
                raise ValueError("a finding and its item have different digests")
            matches = tuple(map(read_match, value["matches"]))
            yield _Finding(value["id"], _locator(value), value["scan_id"], matches, _hashes(item))


def _locator(value: Mapping[str, Any]) -> str:
    if "locator_hex" in value:
        return bytes.fromhex(value["locator_hex"]).decode("utf-8", "surrogateescape")
    return str(value["locator"])


def _hashes(item: Mapping[str, Any]) -> ItemHashes:
    digest = {name: _bytes(item[name]) for name in ("sha256", "sha1", "md5", "pdq", "variants")}
    frames, mode = unpack_frames(digest["variants"]) or (None, None)
    return ItemHashes(
        size_bytes=item["size_bytes"],
        sha256=digest["sha256"],
        sha1=digest["sha1"],
        md5=digest["md5"],
        pdq=digest["pdq"],
        pdq_quality=item["pdq_quality"],
        variants=unpack_variants(digest["variants"]),
        vpdq=frames,
        video_mode=mode,
        # Older versions looked for no altered copies.
        altered=unpack_altered(_bytes(item.get("altered"))),
        reason=None if item["reason"] is None else Reason(item["reason"]),
    )


def _bytes(digits: str | None) -> bytes | None:
    return None if digits is None else bytes.fromhex(digits)


def _places(known: KnownMaterial, recorded: Mapping[str, str]) -> Mapping[str, frozenset[str]]:
    """Where to look for the entries of each recorded list: under its name, or in a list read from the same file."""
    return {
        name: frozenset(now for now, sha256, _ in known.lists if sha256.hex() == digest)
        for name, digest in recorded.items()
    }


def _repeat(
    finding: _Finding, match: Match, now: Sequence[Match], places: Mapping[str, frozenset[str]], known: KnownMaterial
) -> Repeated:
    names = {name for name, _, _ in known.lists}
    # A file given for this run bears its path as its name: then the entry's own identifier has to do.
    where = {match.list} & names or places.get(match.list, frozenset())
    same = [
        one for one in now if one.list in (where or names) and (one.entry, one.signal) == (match.entry, match.signal)
    ]
    nearest = min(same, key=lambda one: abs(one.distance_bits - match.distance_bits), default=None)
    result, distance_bits, found_in = Result.LIST_MISSING, None, min(where, default=None)
    if nearest is not None and nearest.distance_bits == match.distance_bits:
        result, distance_bits, found_in = Result.HOLDS, nearest.distance_bits, nearest.list
    elif not _has_hash(finding.hashes, match.signal, match.how):
        result = Result.HASH_MISSING
    elif not where and Entry(match.entry, match.signal, b"").is_positional:
        # "line 7" of some other list says nothing about line 7 of this one.
        result = Result.LIST_MISSING
    elif nearest is not None:
        result, distance_bits, found_in = Result.DIFFERS, nearest.distance_bits, nearest.list
    elif holding := [one for one in sorted(where or names) if known.has_entry(one, match.entry, match.signal)]:
        result, found_in = Result.BEYOND_THRESHOLD, holding[0]
    elif where:
        result = Result.WITHDRAWN
    return Repeated(
        finding=finding.id, item=finding.item, match=match, result=result, distance_bits=distance_bits, list=found_in
    )


def _grounds(matches: Sequence[Match], terms: Mapping[str, Terms]) -> list[Ground | None]:
    """What the matches of a finding stand on by the policies of its scan; nothing where one of these is not known."""
    if any(match.list not in terms for match in matches):
        return [None] * len(matches)
    return [match.ground for match in weigh(matches, terms)]


def _weighed(repeated: Repeated, ground: Ground | None) -> Repeated:
    is_otherwise = ground is not None and ground is not repeated.match.ground and repeated.result is Result.HOLDS
    return replace(repeated, ground=ground, result=Result.WEIGHED_OTHERWISE if is_otherwise else repeated.result)


def _has_hash(hashes: ItemHashes, signal: str, how: How | None) -> bool:
    """Whether the bundle holds the hash by which a match was made."""
    match signal:
        case Signal.MD5 | Signal.SHA1 | Signal.SHA256:
            return getattr(hashes, signal) is not None
        case Signal.PDQ | Signal.VPDQ:
            if how is not None and how.window is not None:
                return how in {one.how for one in hashes.altered}
            canonical = How(orientation="original", convention="full")
            if hashes.vpdq is not None:
                return how is not None and how.time_s in {frame.time_s for frame in hashes.vpdq}
            return (hashes.pdq is not None and how in {None, canonical}) or how in {one.how for one in hashes.variants}
        case _:
            return False
