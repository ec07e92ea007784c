"""How the scan in a bundle weighed the matches of each list, as its records state it in clear."""

import json
from collections.abc import Mapping
from typing import Any

from unseen.ledger.bundle import Bundle
from unseen.model import ListClass, ListPolicy, Terms

__all__ = ["recorded_terms"]


def recorded_terms(bundle: Bundle) -> Mapping[str, Terms]:
    """By name, the terms of every list that the records name; none where an older version scanned.

    A list that lay in a file has its name among the conditions of the run, which a bundle may keep closed.

    Raises:
        LookupError: A record lacks what it must state.
        ValueError: It states what no version does.
    """
    entries: Mapping[int, Mapping[str, Any]] = {number: one.entry for number, one in bundle.entries.items()}
    terms: dict[str, Terms] = {}
    for number, begun in entries.items():
        if begun["type"] != "scan_started" or "default_policy" not in begun or isinstance(begun["lists"], int):
            continue
        opening = bundle.entries[number].opening
        named = [] if opening is None else _named(opening.value)
        for at, stated in enumerate(begun["lists"]):
            record = stated["record"]
            if record is not None:
                name = str(entries[record]["name"])
            elif at < len(named):
                name = str(named[at]["list"])
            else:
                continue
            policy = entries[stated["policy"]]["policy"] if "policy" in stated else begun["default_policy"]
            list_class = ListClass(stated["class"])
            terms[name] = Terms(list_class, ListPolicy.of_fields(policy), origin=stated["sha256"])
    return terms


def _named(opened: Any) -> list[dict[str, Any]]:
    lists: list[dict[str, Any]] = json.loads(opened["conditions"])["lists"]
    return lists
