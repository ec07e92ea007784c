"""Makes the folder and the list of the demo, runs the real pipeline over them, and says what came of it."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from unseen.casework.demo.alterations import ALTERATIONS, torn
from unseen.casework.demo.photographs import KNOWN, UNRELATED, photograph
from unseen.casework.hashing import hash_sources, open_paths
from unseen.casework.lists import add_list
from unseen.casework.proof.verifying import Verified, verify
from unseen.casework.scanning import ScanSettings, run_scan
from unseen.model import Finding, Match, NotScreened, Summary

__all__ = ["AlteredCopy", "DemoResult", "run_demo"]

LIST_NAME = "demo"
DECOYS = 1_000_000
# Fixed, so that every demo is the same.
_SEED = 20_260_101
_PDQ_BYTES = 32

_TORN = "garage, torn.jpg"
ORDINARY = {"notes.txt": b"nothing to see\n", "table.csv": b"day,visitors\n1,17\n2,23\n", "empty.dat": b""}


@dataclass(frozen=True, slots=True)
class AlteredCopy:
    """One altered copy of a known photograph, and what the scan said of it.

    Attributes:
        item: Path of the copy.
        photograph: Name of the original in the list.
        alteration: What was done to it.
        is_within_reach: Whether the scan is made to find such a copy.
        match: The nearest match to the original; None where there is none.
    """

    item: str
    photograph: str
    alteration: str
    is_within_reach: bool
    match: Match | None


@dataclass(slots=True)
class DemoResult:
    """What came of the demo.

    Attributes:
        copies: Every altered copy, in order of alteration and photograph.
        unrelated: Paths of the photographs that nobody knows.
        surprises: Findings that no altered copy explains.
        torn: The nearest match of a copy that breaks off before its end; None where there is none.
        unscreened: What could not be screened, or only in part.
        ordinary_count: Files that are no pictures.
        list_name: Name of the list.
        decoys: Number of random entries in it.
        list_seconds: How long it took to make the list, and to take it into the store.
        summary: The account of the scan.
        verified: What came of verifying the store with the key that signed it.
    """

    copies: list[AlteredCopy] = field(default_factory=list)
    unrelated: list[str] = field(default_factory=list)
    surprises: list[Finding] = field(default_factory=list)
    torn: Match | None = None
    unscreened: list[NotScreened] = field(default_factory=list)
    ordinary_count: int = len(ORDINARY)
    list_name: str = LIST_NAME
    decoys: int = DECOYS
    list_seconds: float = 0.0
    summary: Summary | None = None
    verified: Verified | None = None

    @property
    def faults(self) -> list[str]:
        """Where the result is not what it must be, in words; empty where all is well."""
        missed = [copy for copy in self.copies if copy.is_within_reach and copy.match is None]
        faults = [f"{copy.photograph}, {copy.alteration}: not found" for copy in missed]
        faults += [f"{finding.locator}: found, though it is no copy" for finding in self.surprises]
        account = self.summary
        if account is None:
            return [*faults, "the scan gave no account"]
        accounted = account.hashed + account.digest_only + account.not_screened - account.truncated
        if account.items != accounted:
            faults.append(f"{account.items} items, but {accounted} in the account")
        return faults


def run_demo(folder: Path, *, tell: Callable[[str], None]) -> DemoResult:
    """Run the demo in an empty folder.

    Args:
        folder: Takes the photographs, the list and the store.
        tell: Told what is being done, a sentence at a time.

    Raises:
        SourceError: scikit-image is not installed.
        SandboxError: The kernel cannot lock a decoding worker.
        VerificationError: The ledger does not verify.
    """
    known, uploads, store = folder / "known", folder / "uploads", str(folder / "store")
    result = DemoResult()
    for file_name in (KNOWN | UNRELATED).values():
        # Before anything is made: without the photographs there is no demo.
        photograph(file_name)
    tell(f"making {len(ALTERATIONS) * len(KNOWN)} altered copies of {len(KNOWN)} photographs")
    _make_known(known)
    copies = _make_uploads(uploads)
    result.unrelated = [str(uploads / f"{name}{Path(file_name).suffix}") for name, file_name in UNRELATED.items()]
    tell(f"making a list: the {len(KNOWN)} originals among {DECOYS:,} random hashes")
    began = time.monotonic()
    list_file = folder / "list.csv"
    _write_list(list_file, known)
    keys = folder / "keys"
    add_list(store, LIST_NAME, str(list_file), file_format="csv", list_class="csam", keys=keys)
    result.list_seconds = time.monotonic() - began
    tell("scanning in the darkroom: locked processes, no files, no network")
    nearest: dict[str, Match] = {}
    items = {item for item, _, _ in copies}
    for told in run_scan(ScanSettings(store=store, sources=(str(uploads),), lists=(LIST_NAME,), keys=keys)):
        if isinstance(told, Finding):
            item = str(told.locator)
            # The same bytes say more than the same picture.
            nearest[item] = min(told.matches, key=lambda match: (match.distance_bits, match.how is not None))
            if Path(item).name == _TORN:
                result.torn = nearest[item]
            elif item not in items:
                result.surprises.append(told)
        elif isinstance(told, NotScreened):
            result.unscreened.append(told)
        elif isinstance(told, Summary):
            result.summary = told
    tell("verifying every record of it against the signed ledger, as a stranger would")
    (public,) = keys.glob("*.pub")
    result.verified = verify(store, key=str(public))
    reach = {alteration.name: alteration.is_within_reach for alteration in ALTERATIONS}
    result.copies = [AlteredCopy(item, name, how, reach[how], nearest.get(item)) for item, name, how in copies]
    return result


def _make_known(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, file_name in KNOWN.items():
        (folder / f"{name}{Path(file_name).suffix}").write_bytes(photograph(file_name))


def _make_uploads(folder: Path) -> list[tuple[str, str, str]]:
    """Make what a stranger may have uploaded; return (path, photograph, alteration) of each altered copy."""
    folder.mkdir()
    copies = []
    for alteration in ALTERATIONS:
        for name, file_name in KNOWN.items():
            suffix = Path(file_name).suffix[1:] if alteration.suffix == "bin" else alteration.suffix
            path = folder / f"{name}, {alteration.name}.{suffix}"
            path.write_bytes(alteration.make(photograph(file_name)))
            copies.append((str(path), name, alteration.name))
    for name, file_name in UNRELATED.items():
        (folder / f"{name}{Path(file_name).suffix}").write_bytes(photograph(file_name))
    for name, content in ORDINARY.items():
        (folder / name).write_bytes(content)
    # The head of a JPEG, and nothing that it promises.
    (folder / "broken.jpg").write_bytes(photograph(KNOWN["rocket"])[:200])
    (folder / _TORN).write_bytes(torn(photograph(KNOWN["garage"])))
    return copies


def _write_list(path: Path, known: Path) -> None:
    """Hash the originals, and write them among random hashes, at places that are random too."""
    rng = np.random.default_rng(_SEED)
    digits = rng.bytes(DECOYS * _PDQ_BYTES).hex()
    lines = [f"decoy-{at},pdq,{digits[at * 64 : at * 64 + 64]}\n" for at in range(DECOYS)]
    for line in _known_lines(known):
        lines.insert(int(rng.integers(len(lines))), line)
    with path.open("w", encoding="ascii") as file:
        file.write("entry,signal,value\n")
        file.writelines(lines)


def _known_lines(known: Path) -> Iterator[str]:
    for item, hashes in hash_sources(open_paths([str(known)])):
        assert hashes.pdq is not None
        assert hashes.sha256 is not None
        name = Path(str(item.locator)).stem
        yield f"{name},pdq,{hashes.pdq.hex()}\n"
        yield f"{name},sha256,{hashes.sha256.hex()}\n"
