"""Pictures to matches, altered copies among them, as a scan does it: hash, propose, search, look again, decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.sides.protocol import Work, serve

__all__ = ["Looked", "Looker"]


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
    values = np.load(settings["codes"])
    near = _rows_near(values, files, settings["side"])
    looker = Looker(np.delete(values, near, axis=0), settings["side"], {})
    looked = looker.look(files)
    placings = [len(one.hashes.proposals.placings) if one.hashes.proposals else 0 for one in looked]
    notes = {"placings": sum(placings) / len(placings), "aims": sum(len(one.aims) for one in looked)}
    return Work(
        lambda: looker.look([path.read_bytes() for path in paths]),
        len(paths),
        notes=notes | {"entries": len(values) - len(near), "entries_left_out": len(near)},
    )


def _rows_near(values: npt.NDArray[np.uint8], files: Sequence[bytes], mode: str) -> list[int]:
    from unseen.darkroom import develop
    from unseen.darkroom.undoing.aims import Undoing
    from unseen.matching.altered import RADIUS_BITS, AlteredSearch
    from unseen.model import Altered, Codes, ListClass

    column = Codes("bench", ListClass.CSAM, "pdq", values, np.arange(len(values), dtype=np.int64))
    search = AlteredSearch([column], radius_bits=RADIUS_BITS[Altered(mode)])
    proposed = [develop(data, undoing=Undoing(Altered(mode))).proposals for data in files]
    found = search.candidates([one for one in proposed if one is not None])
    return sorted({candidate.row for some in found for candidate in some})


if __name__ == "__main__":
    serve(_work)
