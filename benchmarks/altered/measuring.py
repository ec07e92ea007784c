"""Has every side look at every copy, keeps what it said, and counts; nothing is measured twice of one program."""

import json
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks import machine
from benchmarks.altered.copies import NUMBERS, ORIGINAL, SEED, Photographs
from benchmarks.race import OURS, PEERS, ROOT, clean_environment
from unseen.darkroom import CATALOGUE

__all__ = ["SIDES", "Counts", "Looked", "measure"]

# A run that is interrupted loses no more photographs than these.
_CHUNK = 10
_ORIGINAL = Path(ORIGINAL).stem
Said = dict[str, Any]
Bits = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Counts:
    """How many photographs are looked for, and of how many of them all copies are looked at: the slower, the fewer."""

    photographs: int = 1000
    plain: int = 1000
    peers: int = 1000
    fast: int = 1000
    thorough: int = 200

    def of(self, side: "Looked") -> int:
        """How many photographs a side gets; plain hashes, which say what is too flat, are taken wherever others are."""
        if side.counted == "plain":
            return max(self.plain, self.peers, self.fast, self.thorough)
        return int(getattr(self, side.counted))


@dataclass(frozen=True)
class Looked:
    """One side.

    Attributes:
        name: As the table calls it.
        id: Of what the script takes.
        counted: Which of the `Counts` is its.
        within_bits: Largest distance that counts, inclusive; None where the side itself decides.
        documented: Where that comes from.
        is_peer: Whether it runs in the peers' environment.
        packages: Whose versions are recorded.
    """

    name: str
    id: str
    counted: str
    within_bits: int | None
    documented: str
    is_peer: bool = False
    packages: tuple[str, ...] = ()


# Below a fifth of 256 bits: `perception` compares with <.
_FIFTH_BITS = ceil(0.2 * 256) - 1
_PERCEPTION = ("perception", "pdqhash", "opencv-contrib-python-headless", "pillow")
_GUIDE = "perception, guide to duplicates"
SIDES = (
    Looked("unseen, PDQ", "unseen", "plain", 31, "this program's default, eight orientations"),
    Looked(
        "threatexchange PDQ", "threatexchange", "peers", 31, "PdqSignal", True, ("threatexchange", "pdqhash", "pillow")
    ),
    Looked("perception PDQHash", "PDQHash", "peers", _FIFTH_BITS, _GUIDE, True, _PERCEPTION),
    Looked("perception PHash", "PHash", "peers", _FIFTH_BITS, _GUIDE, True, _PERCEPTION),
    Looked("unseen, fast", "fast", "fast", None, "decided by the program"),
    Looked("unseen, thorough", "thorough", "thorough", None, "decided by the program"),
)


def measure(photographs: Photographs, counts: Counts, *, only: Sequence[str] = (), entries: str | None = None) -> Said:
    """Look at copies where they were not looked at yet, and count everything.

    Args:
        photographs: Of which copies are made.
        counts: How many of them each side gets.
        only: Ids of sides; none for all.
        entries: A file of PDQs that are searched besides those of the photographs: uint8[n, 32].
    """
    program = machine.program(ROOT)
    # All originals are looked for, so all must be there before the first copy is looked at.
    for at in range(len(photographs.paths)):
        photographs.copies_of(at)
    sides: list[Said] = []
    versions: dict[str, str] = {}
    too_flat: set[str] = set()
    for side in (one for one in _wanted(only) if counts.of(one)):
        said = list(_said(side, photographs, min(counts.of(side), len(photographs.paths)), program, entries))
        versions |= {name: one for each in said for name, one in each.pop("versions", {}).items()}
        if side.id == "unseen":
            too_flat = {one["photograph"] for one in said if one and one["copy"] == _ORIGINAL and not one["unseen"]}
        sides.append(_count(side, photographs, [one for one in said if one and one["photograph"] not in too_flat]))
    return {
        "measured_at_utc": machine.now_utc(),
        "commit": machine.commit(ROOT),
        "photographs": len(photographs.paths),
        "too_flat": len(too_flat),
        "seed": SEED,
        "entries_besides": 0 if entries is None else len(np.load(entries, mmap_mode="r")),
        "alterations": [[CATALOGUE[number - 1].kind, CATALOGUE[number - 1].strength] for number in NUMBERS],
        "versions": versions,
        "sides": sides,
    }


def _wanted(only: Sequence[str]) -> list[Looked]:
    """Sides by their ids, and always the first, which says what is too flat to stand in a list."""
    return [side for side in SIDES if not only or side.id in {"unseen", *only}]


def _said(side: Looked, photographs: Photographs, count: int, program: str, entries: str | None) -> Iterator[Said]:
    """What a side said of the first so many photographs; those it has not seen yet are shown to it now."""
    besides = "" if entries is None else f"-{Path(entries).stem}"
    kept = photographs.folder / "said" / f"{side.id}-{'peer' if side.is_peer else program + besides}.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    wanted = {f"{at:05}" for at in range(count)}
    known = [one for one in map(json.loads, lines) if one.get("photograph", min(wanted)) in wanted]
    yield from known
    seen = {one["photograph"] for one in known if one.get("copy") == _ORIGINAL}
    missing = [at for at in range(count) if f"{at:05}" not in seen]
    for start in range(0, len(missing), _CHUNK):
        folders = [str(photographs.copies_of(at)) for at in missing[start : start + _CHUNK]]
        settings = {
            "side": side.id,
            "packages": side.packages,
            "folders": folders,
            "originals": str(photographs.folder),
            "entries": entries,
        }
        command = [str(PEERS if side.is_peer else OURS), "-m", "benchmarks.sides.altered", json.dumps(settings)]
        run = subprocess.run(command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, check=True, text=True)
        versions, *said = map(json.loads, run.stdout.splitlines())
        with kept.open("a", encoding="utf-8") as out:
            out.writelines(json.dumps(one) + "\n" for one in [{"versions": versions}, *said])
        yield from [{"versions": versions}, *said]


def _count(side: Looked, photographs: Photographs, said: Sequence[Said]) -> Said:
    """Of each alteration: how many copies are found, and how many come near another photograph.

    A collage shows others, which are looked for too: finding these is right, and counted nowhere.
    """
    # Two runs at once may both have looked at a photograph: each copy counts once.
    said = list({(one["photograph"], one["copy"]): one for one in said}.values())
    originals = {one["photograph"]: one for one in said if one["copy"] == _ORIGINAL}
    copies: dict[int, list[Said]] = defaultdict(list)
    for one in said:
        if one["copy"] != _ORIGINAL:
            copies[int(one["copy"])].append(one)
    spent = [one["cpu_ms"] for some in copies.values() for one in some]
    return {
        "name": side.name,
        "id": side.id,
        "within_bits": side.within_bits,
        "documented": side.documented,
        "photographs": len(originals),
        "cpu_ms": {"median": round(statistics.median(spent), 2), "p95": round(float(np.quantile(spent, 0.95)), 2)},
        "rows": [
            _count_decided(photographs, copies[number])
            if side.within_bits is None
            else _count_near(side, photographs, copies[number], originals)
            for number in NUMBERS
        ],
    }


def _count_decided(photographs: Photographs, copies: Sequence[Said]) -> Said:
    nearest = [one["nearest_bits"] for one in copies if one["nearest_bits"] is not None]
    return {
        "copies": len(copies),
        "found": sum(one["is_found"] for one in copies),
        "within_48_bits": sum(bits <= 48 for bits in nearest),
        "within_64_bits": sum(bits <= 64 for bits in nearest),
        "aimed": sum(one["is_aimed"] for one in copies),
        "unrelated": sum(len(set(one["unrelated"]) - photographs.beside(int(one["photograph"]))) for one in copies),
        "placings": round(statistics.median(one["placings"] for one in copies)),
    }


def _count_near(side: Looked, photographs: Photographs, copies: Sequence[Said], originals: Mapping[str, Said]) -> Said:
    names = sorted(originals)
    codes = [_bits(originals[name][side.id][:1]) for name in names]
    held = np.concatenate([one for one in codes if len(one)])
    owners = np.array([at for at, one in enumerate(codes) if len(one)])
    found = flat = unrelated = 0
    for one in copies:
        own = _bits(one[side.id])
        flat += not len(own)
        distances = np.bitwise_count(own[:, None] ^ held[None]).sum(axis=2, dtype=np.uint16)
        near = {names[owners[at]] for at in np.flatnonzero((distances <= (side.within_bits or 0)).any(axis=0))}
        found += one["photograph"] in near
        unrelated += len(near - {one["photograph"]} - photographs.beside(int(one["photograph"])))
    return {"copies": len(copies), "found": found, "flat": flat, "unrelated": unrelated}


def _bits(texts: Sequence[str]) -> Bits:
    return np.frombuffer(bytes.fromhex("".join(texts)), np.uint8).reshape(len(texts), -1 if texts else 32)
