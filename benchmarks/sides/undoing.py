"""Pictures to matches, altered copies among them, as a scan does it: hash, propose, search, look again, decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.sides.protocol import Work, serve
from unseen.model import Altered

__all__ = ["Looked", "Looker", "entries_apart"]


@dataclass(frozen=True)
class Looked:
    """What came of one picture: its hashes with what was proposed, what was aimed at, and its matches."""

    hashes: Any
    aims: Sequence[Any]
    matches: Sequence[Any]


class Looker:
    """Looks for altered copies of some PDQs, uint8[n, 32], in one process."""

    def __init__(self, values: npt.NDArray[np.uint8], mode: str, names: Mapping[int, str]) -> None:
        """Prepare to look as far as `mode` says; a row that has no name is called by its number."""
        from unseen.matching import Aims, Matcher
        from unseen.model import Altered, Codes, ListClass

        rows = np.arange(len(values), dtype=np.int64)
        columns = [Codes("bench", ListClass.CSAM, "pdq", np.ascontiguousarray(values), rows)]
        self._mode = Altered(mode)
        self._aim = Aims(columns, self._mode, threshold_bits=31) if self._mode is not Altered.OFF else None
        self._matcher = Matcher(
            columns, threshold_bits=31, name_entries=lambda rows: {row: names.get(row, f"row {row}") for row in rows}
        )

    def look(self, files: Sequence[bytes]) -> list[Looked]:
        """Do all that a scan does with some pictures."""
        from unseen.darkroom import develop
        from unseen.darkroom.undoing.aims import Undoing

        first = [develop(data, undoing=Undoing(self._mode)) for data in files]
        aims = [one.aims for one in self._aim(first)] if self._aim is not None else [()] * len(files)
        closer = [
            replace(hashes, proposals=None, altered=develop(data, undoing=Undoing(aims=some)).altered if some else ())
            for data, hashes, some in zip(files, first, aims, strict=True)
        ]
        return [Looked(*one) for one in zip(first, aims, self._matcher.match(closer), strict=True)]


def _work(settings: dict[str, Any]) -> Work:
    """Pictures that show nothing known, as nearly all of a scan do: entries that come near one are left out."""
    paths = sorted(Path(settings["folder"]).glob("*.jpg"))
    files = [path.read_bytes() for path in paths]
    every = np.load(settings["codes"])
    values = entries_apart(every, paths, Altered(settings["side"]))
    looker = Looker(values, settings["side"], {})
    looked = looker.look(files)
    placings = [len(one.hashes.proposals.placings) if one.hashes.proposals else 0 for one in looked]
    notes = {"placings": sum(placings) / len(placings), "aims": sum(len(one.aims) for one in looked)}
    return Work(
        lambda: looker.look([path.read_bytes() for path in paths]),
        len(paths),
        notes=notes | {"entries": len(values), "entries_left_out": len(every) - len(values)},
    )


def entries_apart(values: npt.NDArray[np.uint8], paths: Sequence[Path], mode: Altered) -> npt.NDArray[np.uint8]:
    """Of some PDQs, uint8[n, 32], those that nothing proposed of some pictures comes near."""
    from unseen.darkroom import develop
    from unseen.darkroom.undoing.aims import Undoing
    from unseen.matching.altered import RADIUS_BITS, AlteredSearch
    from unseen.model import Codes, ListClass

    column = Codes("bench", ListClass.CSAM, "pdq", values, np.arange(len(values), dtype=np.int64))
    search = AlteredSearch([column], radius_bits=RADIUS_BITS[mode])
    near = set[int]()
    for path in paths:
        proposals = develop(path.read_bytes(), undoing=Undoing(mode)).proposals
        if proposals is not None:
            [found] = search.candidates([proposals])
            near |= {candidate.row for candidate in found}
    return np.delete(values, sorted(near), axis=0)


if __name__ == "__main__":
    serve(_work)
