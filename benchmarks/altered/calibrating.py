"""How near unrelated pictures come to entries once each is looked at as closely as a find: a line of figures for each.

Photographs and entries are no part of this project: lists name them. What is kept says nothing about any of them but
distances and the number of its cluster.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from unseen.hashing.altered import look, refine
from unseen.hashing.pdq import ORIENTATIONS
from unseen.hashing.windows import shrink
from unseen.matching.altered import AlteredSearch, Candidate, choose_aims, kind_of, may_be_within, soft_distance
from unseen.model import PDQ_BITS, QUALITY_MIN, Aim, Altered, AlteredHash, Codes, ListClass

__all__ = ["Entries", "Photograph", "look_at", "opened", "read_entries", "read_photographs"]

Line = dict[str, Any]

# Larger ones would only take longer: windows are hashed on copies of 512 pixels, and what is confirmed on 1,024.
_SIDE_PIXELS = 1024


@dataclass(frozen=True)
class Photograph:
    """One that shows nothing known.

    Attributes:
        path: Where it lies.
        cluster: Number of the series it belongs to, the same for photographs and entries.
        group: What it shows, in a word or two.
    """

    path: Path
    cluster: int
    group: str


@dataclass(frozen=True)
class Entries:
    """Hashes that play the list.

    Attributes:
        values: uint8[n, 32].
        clusters: int32[n]: from which series of photographs each is.
    """

    values: npt.NDArray[np.uint8]
    clusters: npt.NDArray[np.int32]

    def search(self, radius_bits: int) -> AlteredSearch:
        """A search of all of them."""
        count = len(self.values)
        rows = np.arange(count, dtype=np.int64)
        codes = Codes("calibration", ListClass.CSAM, "pdq", np.ascontiguousarray(self.values), rows)
        return AlteredSearch([codes], radius_bits=radius_bits)


def read_photographs(path: Path) -> list[Photograph]:
    """Lines of a path, a number and what it shows, with tabs between them."""
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if line)
    return [Photograph(Path(name), int(cluster), group) for name, cluster, group in lines]


def read_entries(values: Path, clusters: Path) -> Entries:
    """Two files as `numpy.save` writes them."""
    return Entries(np.load(values), np.load(clusters))


def opened(path: Path) -> npt.NDArray[np.uint8]:
    """A photograph as it is looked at: uint8[height, width, 3], at most 1,024 pixels a side."""
    with Image.open(path) as picture:
        picture.draft("RGB", (2 * _SIDE_PIXELS, 2 * _SIDE_PIXELS))
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    upright.thumbnail((_SIDE_PIXELS, _SIDE_PIXELS), Image.Resampling.BICUBIC)
    return np.asarray(upright)


def look_at(pixels: npt.NDArray[np.uint8], mode: Altered, search: AlteredSearch, entries: Entries) -> Line:
    """Look for altered copies in one picture as a scan does, and say how near it comes without deciding.

    Args:
        pixels: uint8[height, width, 3].
        mode: Which placings are proposed.
        search: Of the entries; its radius is that of candidates and of what is compared in the end.
        entries: The same.

    Returns:
        Counts, CPU seconds, and under `nearest` for each kind of placing the nearest entry by soft distance: that
        distance, the plain one, the candidate's, and the entry's cluster. Under `compared` whatever a window says
        anything of, so that other rules can be tried on the same run; a result keeps none of it.
    """
    started = time.process_time()
    proposals = look(shrink(pixels), mode, full_size=(pixels.shape[0], pixels.shape[1]))
    found = search.candidates([proposals])[0]
    chosen = choose_aims(found)
    aims = [
        Aim(proposals.placings[one.placing], ORIENTATIONS[one.orientation], one.value, one.distance_bits)
        for one in chosen.aims
    ]
    nearest: dict[str, list[int]] = {}
    compared = []
    refined = refine(pixels, aims) if aims else ()
    for each in refined:
        compared += _compared(nearest, each, [*chosen.aims, *search.near(each.pdq)], entries)
    return {
        "placings": len(proposals.placings),
        "candidates": len({one.row for one in found}),
        "candidate_bits": found[0].distance_bits if found else None,
        "aims": len(aims),
        "dropped": chosen.dropped_count,
        "refined": len(refined),
        "nearest": nearest,
        "compared": compared,
        "cpu_s": round(time.process_time() - started, 3),
    }


def _compared(nearest: dict[str, list[int]], each: AlteredHash, near: list[Candidate], entries: Entries) -> list[Line]:
    if each.pdq_quality < QUALITY_MIN:
        return []
    kind = kind_of(each.how).value
    said = []
    for one in {one.value: one for one in near}.values():
        if not may_be_within(each, one.value, PDQ_BITS):
            continue
        bits = soft_distance(each, one.value)
        cluster = int(entries.clusters[one.row])
        if kind not in nearest or bits < nearest[kind][0]:
            plain = (int.from_bytes(each.pdq) ^ int.from_bytes(one.value)).bit_count()
            nearest[kind] = [bits, plain, each.how.candidate_distance_bits or 0, cluster]
        if bits < PDQ_BITS:
            hashes = {"pdq": each.pdq, "margins": each.margins, "seen": each.seen, "entry": one.value}
            said.append({"kind": kind, "bits": bits, "cluster": cluster} | {n: h.hex() for n, h in hashes.items()})
    return said
