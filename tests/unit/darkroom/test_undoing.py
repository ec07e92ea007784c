"""A picture that comes near something is looked at closely; whatever becomes of that look, nothing else is lost."""

import io
import os
import sys
import zipfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from unseen.darkroom import Darkroom, crew, develop
from unseen.darkroom.undoing.aims import AIMS_MAX
from unseen.model import (
    ORIENTATIONS,
    Aim,
    Aimed,
    Altered,
    Item,
    ItemHashes,
    Locator,
    Reason,
    State,
)
from unseen.sources.layers import MemoryRange

_STRANGE_WORKER = Path(__file__).with_name("strange_worker.py")


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that does what the remarks of a picture say."""
    monkeypatch.setattr(crew, "WORKER_COMMAND", (sys.executable, "-P", str(_STRANGE_WORKER), "strange"))


def draw(seed: int, remark: str = "nothing") -> bytes:
    """A picture in a file that begins with a remark."""
    rng = np.random.default_rng(seed)
    pixels = np.kron(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8), np.ones((10, 10, 1), np.uint8))
    return b"P6\n# %s\n160 120\n255\n" % remark.encode() + pixels.tobytes()


def item_of(name: str, content: bytes) -> Item:
    """An item in memory."""
    return Item(Locator.of_file(name), State.ALLOCATED, partial(bytes, content))


def aim_at_first(batch: Sequence[ItemHashes]) -> list[Aimed]:
    """Aim at what was proposed first, with its own hash."""
    aims: list[Aimed] = []
    for hashes in batch:
        assert hashes.proposals is not None
        placing = hashes.proposals.placings[0]
        aims.append(Aimed((Aim(placing, ORIENTATIONS[0], hashes.proposals.hashes[:32], 40),)))
    return aims


def aim_at_nothing(batch: Sequence[ItemHashes]) -> list[Aimed]:
    """What nearly every picture comes to."""
    return [Aimed() for _ in batch]


def answers(
    items: Sequence[Item],
    *,
    aim: Callable[[Sequence[ItemHashes]], Sequence[Aimed]] = aim_at_first,
    altered: Altered = Altered.FAST,
    deadline_s: float = 60.0,
) -> dict[str, ItemHashes]:
    """Answers by the text of the locator, each exactly once."""
    found: dict[str, ItemHashes] = {}
    with Darkroom(workers=2, deadline_s=deadline_s, altered=altered) as darkroom:
        darkroom.looks.aim = aim
        for item, hashes in darkroom.develop(items):
            assert str(item.locator) not in found
            found[str(item.locator)] = hashes
    return found


def plainly(hashes: ItemHashes) -> tuple[object, ...]:
    """What a look at an item as it lies says of it."""
    return hashes.sha256, hashes.pdq, hashes.pdq_quality, hashes.variants


def test_what_comes_near_is_looked_at_closely_and_what_does_not_is_done() -> None:
    """The answer has what was found at the aim beside the same plain hashes; proposals leave with nobody."""
    items = [item_of(str(seed), draw(seed)) for seed in range(12)]
    closely, once = answers(items), answers(items, aim=aim_at_nothing)
    for seed in range(12):
        name, expected = str(seed), develop(draw(seed))
        assert plainly(closely[name]) == plainly(once[name]) == plainly(expected)
        (found,) = closely[name].altered
        assert found.how.window is not None
        assert found.how.candidate_distance_bits == 40
        assert once[name].altered == ()
        assert closely[name].proposals is once[name].proposals is None
        assert closely[name].reason is once[name].reason is None


def test_nothing_is_proposed_where_altered_copies_are_not_looked_for() -> None:
    """Nobody is asked what to aim at, and the answers are those of a plain look."""

    def never(_: Sequence[ItemHashes]) -> list[Aimed]:
        raise AssertionError("nothing was proposed")

    found = answers([item_of("a", draw(1))], aim=never, altered=Altered.OFF)
    assert found["a"] == develop(draw(1))


@pytest.mark.usefixtures("strange")
@pytest.mark.parametrize("deed", ["die closer", "linger closer", "full closer"])
def test_a_closer_look_that_fails_costs_nothing_but_itself(deed: str) -> None:
    """The plain hashes stand, that the look did not end is stated, and everything around is answered as usual."""
    items = [item_of(str(seed), draw(seed, deed if seed == 3 else "nothing")) for seed in range(8)]
    found = answers(items, deadline_s=4.0)
    assert found["3"].reason is Reason.ALTERED_UNFINISHED
    assert found["3"].altered == ()
    assert plainly(found["3"]) == plainly(develop(draw(3, deed)))
    for seed in (0, 1, 2, 4, 5, 6, 7):
        assert found[str(seed)].reason is None
        assert found[str(seed)].altered


@pytest.mark.usefixtures("strange")
def test_a_worker_that_dies_of_looking_for_altered_copies_gives_the_plain_hashes_still() -> None:
    """The second worker takes them without looking further, and that it did not is stated."""
    found = answers([item_of("0", draw(0, "die looking")), item_of("1", draw(1))])
    assert found["0"].reason is Reason.ALTERED_UNFINISHED
    assert plainly(found["0"]) == plainly(develop(draw(0, "die looking")))
    assert found["1"].altered


@pytest.mark.usefixtures("strange")
def test_proposals_that_nobody_asked_for_end_the_worker() -> None:
    """It is replaced like any that lies, and its item has its digests at least."""
    found = answers([item_of("0", draw(0, "lie unasked")), item_of("1", draw(1))], altered=Altered.OFF)
    assert found["0"].reason is Reason.DECODER_CRASHED
    assert found["1"] == develop(draw(1))


def test_what_has_no_pixels_is_answered_as_ever() -> None:
    """Text, damage and nothing at all are looked at once."""
    contents = {"text": b"words", "nothing": b"", "damaged": draw(1)[:40]}
    found = answers([item_of(name, content) for name, content in contents.items()])
    assert found == {name: develop(content) for name, content in contents.items()}


def test_members_and_what_is_lent_are_looked_at_closely_too() -> None:
    """Whether a reader hands it over in memory or serves it by ranges, or its source serves it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("small.ppm", draw(1))
        archive.writestr("inner.zip", _zip({"deep.ppm": draw(2)}))
    lent = MemoryRange(draw(3))
    items = [
        item_of("box", packed.getvalue()),
        Item(Locator.of_file("lent"), State.ALLOCATED, lambda: lent),
        item_of("large", _zip({"large.ppm": _large()}, zipfile.ZIP_STORED)),
    ]
    found = answers(items)
    pictures = [name for name in found if name.endswith("ppm") or name == "lent"]
    assert len(pictures) == 4
    assert all(found[name].altered for name in pictures)
    assert all(found[name].reason is None for name in pictures)


def _zip(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _large() -> bytes:
    pixels = np.kron(np.frombuffer(draw(5)[-57_600:], np.uint8).reshape(120, 160, 3), np.ones((8, 8, 1), np.uint8))
    return b"P6\n1280 960\n255\n" + pixels.tobytes()


def test_a_file_that_changes_between_two_looks_is_read_anew(tmp_path: Path) -> None:
    """What is answered is of one content: never places in one picture beside the hashes of another."""
    path = tmp_path / "picture.ppm"
    path.write_bytes(draw(1))
    asked: list[bytes | None] = []

    def change_and_aim(batch: Sequence[ItemHashes]) -> list[Aimed]:
        if not asked:
            path.write_bytes(draw(2, "a longer remark"))
        asked.extend(hashes.sha256 for hashes in batch)
        return aim_at_first(batch)

    item = Item(Locator.of_file("picture"), State.ALLOCATED, lambda: os.open(path, os.O_RDONLY))
    found = answers([item], aim=change_and_aim)["picture"]
    assert len(asked) == 2
    assert plainly(found) == plainly(develop(draw(2, "a longer remark")))
    assert found.altered


def test_what_a_search_raises_reaches_whoever_asked() -> None:
    """An index that went away ends the scan, which can be resumed; nothing passes for searched that was not."""

    def fail(_: Sequence[ItemHashes]) -> list[Aimed]:
        raise LookupError("the index is gone")

    with pytest.raises(LookupError, match="the index is gone"):
        answers([item_of("a", draw(1))], aim=fail)


def test_no_more_is_aimed_at_than_one_look_can_bear() -> None:
    """However many aims a search gives: the first so many count, and that there were more is stated."""

    def aim_at_all(batch: Sequence[ItemHashes]) -> list[Aimed]:
        return [
            Aimed(tuple(Aim(at, ORIENTATIONS[0], bytes([n]) * 32, 40) for n, at in enumerate(one.proposals.placings)))
            for one in batch
            if one.proposals is not None
        ]

    found = answers([item_of("a", draw(1))], aim=aim_at_all)
    assert len(found["a"].altered) <= AIMS_MAX
    assert found["a"].reason is Reason.ALTERED_UNFINISHED


def test_what_came_near_and_was_not_aimed_at_is_stated() -> None:
    """What was found at the aims counts all the same."""

    def aim_at_some(batch: Sequence[ItemHashes]) -> list[Aimed]:
        return [Aimed(aimed.aims, dropped_count=1) for aimed in aim_at_first(batch)]

    found = answers([item_of("a", draw(1))], aim=aim_at_some)
    assert found["a"].altered
    assert found["a"].reason is Reason.ALTERED_UNFINISHED


@pytest.fixture
def descriptors() -> Callable[[], int]:
    """How many descriptors this process has open."""
    return lambda: len(os.listdir("/proc/self/fd"))


def test_whoever_stops_asking_leaves_nothing_open(tmp_path: Path, descriptors: Callable[[], int]) -> None:
    """Items that wait for a search, or are being searched, are let go with all others."""
    for seed in range(40):
        (tmp_path / str(seed)).write_bytes(draw(seed))
    before = descriptors()
    with Darkroom(workers=2, altered=Altered.FAST) as darkroom:
        darkroom.looks.aim = aim_at_first
        items = (
            Item(Locator.of_file(str(seed)), State.ALLOCATED, partial(os.open, tmp_path / str(seed), os.O_RDONLY))
            for seed in range(40)
        )
        developing = darkroom.develop(items)
        next(developing)
        developing.close()  # type: ignore[attr-defined]  # it is a generator
        again = list(darkroom.develop([item_of("again", draw(1))]))
    assert len(again) == 1
    assert descriptors() == before
