"""What a record says of the lists of a run, and of the program and the machine that search them."""

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from unseen.casework.kernel import kernel_in_use
from unseen.casework.proof.clock import CLOCK_SOURCE
from unseen.model import ListPolicy

if TYPE_CHECKING:
    from unseen.casework.known.loading import KnownMaterial

__all__ = ["describe_lists", "describe_program", "stated_lists"]

# An entry of the ledger has at most 65,535 bytes, of which a list may take 320. Of more lists than these it states the
# number, and commits to all.
_LISTS_STATED = 180


def describe_lists(known: "KnownMaterial") -> list[dict[str, Any]]:
    """Describe each list, its name included, by which nothing is stated in clear."""
    return [
        {
            "list": name,
            "class": list_class.value,
            "sha256": sha256.hex(),
            "record": None if records is None else records[0],
            # Number of the record of its newest change, where it has changed since.
            **({} if records is None or records[0] == records[1] else {"version": records[1]}),
            # Number of the record that set its policy; the default goes for the others.
            **({"policy": known.policies[name][0]} if name in known.policies else {}),
            "entries": dict(sorted(by_signal.items())),
            "searchable": sorted({column.signal for column in known.columns if column.list == name}),
        }
        for (name, sha256, list_class), by_signal, records in zip(
            known.lists, known.entries, known.records, strict=True
        )
    ]


def stated_lists(described: list[dict[str, Any]]) -> list[dict[str, Any]] | int:
    """What the ledger says of them for ever: all but their names; of very many only how many there are."""
    named = [{name: value for name, value in one.items() if name != "list"} for one in described]
    return named if len(named) <= _LISTS_STATED else len(named)


def describe_program(threshold_bits: int, index_sha256: str | None) -> dict[str, object]:
    """Say which program searches on which machine, and how.

    Args:
        threshold_bits: Largest distance that counts.
        index_sha256: Digest of the generation of the index that is searched; None where all lists lie in memory.
    """
    return {
        "clock": CLOCK_SOURCE,
        "version": version("unseen"),
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "kernel": kernel_in_use(),
        "threshold_bits": threshold_bits,
        "default_policy": ListPolicy().to_fields(),
        "index": index_sha256,
    }
