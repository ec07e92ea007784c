"""States of python-threatexchange: `~/.threatexchange/fetched/API/NAME.state.pickle`, one for each collaboration.

Source of the format: `threatexchange.cli.cli_state` and the records of each API, version 1.2. A state holds a delta:
`updates`, by type and value or by the API's own key, and a checkpoint.
"""

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from unseen.errors import ListError
from unseen.lists.notes import Notes
from unseen.lists.pickled.opcodes import BadPickleError, Called, Made, describe
from unseen.lists.stream import STANDARD_INPUT
from unseen.lists.values import BadValueError, name_signal, parse_label, parse_name, parse_value
from unseen.model import Entry, Label, other_purpose

__all__ = ["StateFile", "is_state", "read_state"]

# Some 500,000 indicators. A pickle is read whole, and takes some twenty times its size in memory: 1.2 GB.
STATE_BYTES_MAX = 64 << 20
# Of whoever shares one hash; more would be somebody's way to make every look at it long.
_OPINIONS_MAX = 1_000
# NCMEC knows nine kinds.
_HASHES_MAX = 100
# Protocol 2 and later begin so; python-threatexchange writes what its Python prefers: 4 or 5.
_STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
_CATEGORIES = {0: "NEGATIVE_CLASS", 1: "INVESTIGATION_SEED", 2: "POSITIVE_CLASS"}
_NEGATIVE, _DISPUTED = "NEGATIVE_CLASS", "DISPUTED"
_INSTEAD = "`threatexchange dataset -P --csv > FILE` writes a list that is read in any size"


class StateFile:
    """A state, open for one reading.

    Attributes:
        name: Its path as given.
        head: Nothing: there is no text to guess by.
        sha256: Digest of the file.
    """

    head = ""

    def __init__(self, path: str | Path) -> None:
        self.name = str(path)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise ListError(f"{self.name} is not an ordinary file")
                content = file.read(STATE_BYTES_MAX + 1)
        except OSError as error:
            raise ListError(f"cannot read {self.name}: {error.strerror or error}") from error
        if len(content) > STATE_BYTES_MAX:
            raise ListError(f"{self.name} has more than {STATE_BYTES_MAX:,} bytes", hint=_INSTEAD)
        self.sha256 = hashlib.sha256(content).digest()
        self._content = content

    def updates(self) -> dict[Any, Any]:
        """What was fetched, by key. Only once.

        Raises:
            ListError: It is no state, or one of a service with another purpose.
        """
        self._refuse_other(Path(self.name).name)
        content, self._content = self._content, b""
        try:
            delta, named = describe(io.BytesIO(content))
        except BadPickleError as problem:
            raise ListError(
                f"{self.name} is no state of python-threatexchange: {problem}",
                hint="such files can run programs of whoever wrote them, and are never unpickled here",
            ) from None
        for each in named:
            self._refuse_other(f"{each.module} {each.name}".replace("TAT", "tcap"))
        updates = delta.holds.get("updates") if isinstance(delta, Made) and delta.kind.name == "FetchDelta" else None
        if not isinstance(updates, dict):
            raise ListError(f"{self.name} is no state of python-threatexchange: it holds no updates")
        return updates

    def _refuse_other(self, name: str) -> None:
        if purpose := other_purpose(name):
            raise ListError(
                f"{self.name} is about {purpose}",
                hint="unseen serves no other purpose than finding known child sexual abuse material",
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""


def is_state(path: str | Path) -> bool:
    """Whether an ordinary file begins as pickles do."""
    if str(path) == STANDARD_INPUT:
        return False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and os.pread(descriptor, 2, 0) in _STARTS
    except OSError:
        return False
    finally:
        os.close(descriptor)


def read_state(file: StateFile, notes: Notes) -> Iterator[Entry]:
    """Read the entries of a state, in its order; opinions as labels, as in python-threatexchange's own tables."""
    # Looked at once, however many records share one list.
    seen: dict[int, tuple[Label, ...]] = {}
    for number, (key, record) in enumerate(file.updates().items(), start=1):
        if record is None:
            notes.passed_over["deleted"] += 1
            continue
        try:
            if isinstance(record, Made) and record.kind.name == "NCMECEntryUpdate":
                entries = _from_ncmec(record.holds, notes)
            else:
                entries = _from_indicator(key, record, f"row {number}", notes, seen)
        except BadValueError as problem:
            notes.refuse(number, problem)
        else:
            yield from entries


def _from_indicator(key: Any, record: Any, name: str, notes: Notes, seen: dict[int, tuple[Label, ...]]) -> list[Entry]:
    """Of ThreatExchange and of local files: the key is type and value."""
    if not (isinstance(key, tuple) and len(key) == 2 and all(isinstance(part, str) for part in key)):
        raise BadValueError("type and value as the key of an update", "something else")
    if not isinstance(record, Made):
        raise BadValueError("the record of an update", "something else")
    signal = _signal(key[0], notes)
    if signal is None:
        return []
    opinions = record.holds.get("opinions")
    if id(opinions) not in seen:
        seen[id(opinions)] = _opinions(opinions)
    labels = seen[id(opinions)]
    if Label("category", _NEGATIVE) in labels:
        notes.passed_over["negative_opinion"] += 1
        return []
    return [Entry(name, signal, parse_value(signal, key[1]), labels)]


def _from_ncmec(held: dict[Any, Any], notes: Notes) -> list[Entry]:
    if held.get("deleted"):
        notes.passed_over["deleted"] += 1
        return []
    prints = held.get("fingerprints")
    if not isinstance(prints, dict) or len(prints) > _HASHES_MAX:
        raise BadValueError(f"at most {_HASHES_MAX} hashes of an entry", "something else")
    name = parse_name(f"{held.get('member_id')}-{held.get('id')}")
    labels = [parse_label("ncmec", held["classification"])] if isinstance(held.get("classification"), str) else []
    if any(_is_downvote(each) for some in _values(held.get("feedback"))[:_HASHES_MAX] for each in _values(some)):
        labels.append(Label("category", _DISPUTED))
    entries = []
    for kind, text in prints.items():
        signal = _signal(str(kind), notes)
        if signal is not None and isinstance(text, str):
            entries.append(Entry(name, signal, parse_value(signal, text), tuple(labels)))
    return entries


def _signal(kind: str, notes: Notes) -> str | None:
    try:
        return name_signal(kind, notes.plugged)
    except BadValueError:
        # The word is the service's, not one that somebody mistyped: an address of a site, a text.
        notes.passed_over["no_hash"] += 1
        return None


def _opinions(opinions: Any) -> tuple[Label, ...]:
    """The aggregate of all opinions, as python-threatexchange forms it, and every tag."""
    if not isinstance(opinions, list):
        return ()
    if len(opinions) > _OPINIONS_MAX:
        raise BadValueError(f"at most {_OPINIONS_MAX} opinions", f"{len(opinions)}")
    categories: set[str] = set()
    tags: dict[str, None] = {}
    for opinion in opinions:
        held = opinion.holds if isinstance(opinion, Made) else {}
        categories.add(_category(held.get("category")))
        tags |= dict.fromkeys(tag for tag in _values(held.get("tags")) if isinstance(tag, str) and tag)
    if not categories:
        return ()
    lowest, highest = (choose(categories, key=list(_CATEGORIES.values()).index) for choose in (min, max))
    aggregate = _DISPUTED if lowest == _NEGATIVE != highest else highest
    return (Label("category", aggregate), *(parse_label("tags", tag) for tag in sorted(tags)))


def _category(value: Any) -> str:
    """The category that an enumeration's member stands for, however Python writes it down."""
    if isinstance(value, Called) and value.given:
        last = value.given[-1]
        if isinstance(last, int) and last in _CATEGORIES:
            return _CATEGORIES[last]
        if isinstance(last, str) and last in _CATEGORIES.values():
            return last
    raise BadValueError("the category of an opinion", "something else")


def _is_downvote(feedback: Any) -> bool:
    kind = feedback.holds.get("feedback_type") if isinstance(feedback, Made) else None
    return isinstance(kind, Called) and kind.given[-1:] == ("downvote",)


def _values(held: Any) -> list[Any]:
    if isinstance(held, dict):
        held = list(held.values())
    values: list[Any] = held if isinstance(held, list) else []
    return values[:_OPINIONS_MAX]
