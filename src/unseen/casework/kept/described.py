"""What a recheck says of itself, in clear and hidden: which lists it compared with, and by which program."""

import hashlib
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass

from unseen.casework.kept.changed import Comparing
from unseen.casework.known.describing import describe_lists, describe_program, stated_lists
from unseen.casework.known.loading import KnownMaterial
from unseen.casework.proof.clock import now_utc, user_name
from unseen.model import EXHIBIT
from unseen.store import ListInfo, Run

__all__ = ["Described", "describe_recheck"]


@dataclass(frozen=True, slots=True)
class Described:
    """A recheck in words.

    Attributes:
        settings: JSON: all that decides its result.
        run: Under which conditions it works.
        run_of_part: The same for a further scan that holds what the first cannot; it covers nothing by itself.
    """

    settings: str
    run: Run
    run_of_part: Run

    def key(self, part: int) -> bytes:
        """The name by which an unfinished recheck, or part of one, is found again."""
        return hashlib.sha256(f"{part} {self.settings}".encode()).digest()


def describe_recheck(
    known: KnownMaterial, infos: Sequence[ListInfo], how: Comparing, *, basis: str | None, index: tuple[int, str | None]
) -> Described:
    """Say what is compared with what.

    Args:
        known: All lists, loaded.
        infos: Of the lists, read before they were loaded: one that came between was not compared whole.
        how: How the comparison is made.
        basis: On which legal basis, or None.
        index: How many entries the ledger had when lists were begun to be read; and the digest of the generation of the
            index that is searched, None where all lists lie in memory.
    """
    before = {info.name for info in infos}
    lists = [one for one in describe_lists(known) if one["list"] in before]
    settings = {
        "version": how.version,
        "recheck": [[one["record"], one.get("version")] for one in lists],
        "sources": [],
        "paths_sha256": None,
        "lists": sorted([one["list"], one["sha256"], one["class"]] for one in lists),
        "plugged_in": sorted(how.signals),
        "policies": {name: policy.to_fields() for name, (_, policy) in sorted(known.policies.items())},
        "threshold_bits": how.threshold_bits,
        "basis": basis,
        "unsafe_no_sandbox": False,
        "keep_hashes": str(EXHIBIT),
    }
    stated = {**describe_program(how.threshold_bits, index[1]), "version": how.version, "recheck": len(lists)}
    hidden = {
        "as_of": index[0],
        "started_at_utc": now_utc(),
        "by": {"user": user_name(), "host": platform.node()},
        "basis": basis,
        # Nothing was read or decoded.
        "libraries": {},
        "sandbox": {},
    }
    return Described(
        json.dumps(settings),
        Run({**stated, "lists": stated_lists(lists)}, {**stated, **hidden, "lists": lists}),
        Run({**stated, "lists": []}, {**stated, **hidden, "lists": []}),
    )
