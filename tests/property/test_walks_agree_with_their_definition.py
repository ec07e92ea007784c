"""The walk through containers gives what a recursive definition over the same boxes gives."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.boxes import box as boxes

from unseen.model import Reason
from unseen.sources.layers import (
    Announced,
    Budget,
    Closed,
    Context,
    Format,
    Found,
    LayerLimits,
    MemoryRange,
    Want,
    registry,
    walk,
)

Tree = list[tuple[str, Any]]
# What is announced, found and closed, in order: depth, address or what was found.
Told = list[tuple[Any, ...]]

_names = st.text(min_size=1, max_size=3, alphabet="ab> #2\\")
_trees = st.recursive(
    st.lists(st.tuples(_names, st.binary(max_size=3)), max_size=4),
    lambda inner: st.lists(st.tuples(_names, st.binary(max_size=3) | inner), max_size=4),
    max_leaves=12,
)


@pytest.fixture(autouse=True, scope="module")
def planted() -> Iterator[None]:
    """Boxes are known here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "FORMATS", boxes.FORMATS)
        yield


def pack(tree: Tree) -> bytes:
    """The bytes of a tree."""
    return boxes.box([boxes.member(name, pack(inner) if isinstance(inner, list) else inner) for name, inner in tree])


def define(
    tree: Tree, choose: Callable[[str], Want], limits: LayerLimits, depth: int = 0
) -> tuple[Told, Reason | None]:
    """What a walk through a tree must tell, and the reason it must close it with."""
    if depth >= limits.depth_max:
        return [], Reason.TOO_DEEP
    told: Told = []
    taken: set[str] = set()
    for name, inner in tree:
        address, count = name, 1
        while address in taken:
            count += 1
            address = f"{name} #{count}"
        taken.add(address)
        told.append((depth + 1, address))
        if choose(address) is Want.PASS:
            continue
        content = pack(inner) if isinstance(inner, list) else inner
        told.append((depth + 1, content, isinstance(inner, list)))
        inside, reason = define(inner, choose, limits, depth + 1) if isinstance(inner, list) else ([], None)
        told += [*inside, (depth + 1, reason)]
    return told, None


def follow(data: bytes, choose: Callable[[str], Want], limits: LayerLimits) -> Told:
    """What the walk tells."""
    context = Context(limits=limits, budget=Budget(limits))
    events = walk(MemoryRange(data), boxes.FORMATS[0], context, readers={"box": boxes.unpack})
    told: Told = []
    answer: Want | Format | None = None
    while True:
        try:
            event = events.send(answer)
        except StopIteration:
            return told
        match event:
            case Announced(depth, _, address, _, _):
                told.append((depth, address))
                answer = choose(address)
            case Found(depth, content, inside):
                assert not isinstance(content, Reason)
                told.append((depth, content.read_at(0, content.size_bytes), inside is not None))
                answer = inside
            case Closed(depth, reason):
                told.append((depth, reason))
                answer = None


@given(_trees, st.sets(_names), st.integers(1, 4))
def test_a_walk_tells_everything_once_in_order(tree: Tree, passed: set[str], depth_max: int) -> None:
    """Every member that is reached through taken ones, with its bytes, and every container with how it ended."""
    limits = LayerLimits(depth_max=depth_max)

    def choose(address: str) -> Want:
        return Want.PASS if address in passed else Want.TAKE

    told, reason = define(tree, choose, limits)
    assert follow(pack(tree), choose, limits) == [*told, (0, reason)]


@given(_trees, st.integers(0, 6))
def test_a_walk_ends_at_the_number_of_members(tree: Tree, members_max: int) -> None:
    """As many as are allowed are announced; where there were more, a container says so."""
    told = follow(pack(tree), lambda _: Want.TAKE, LayerLimits(members_max=members_max))
    unbounded = follow(pack(tree), lambda _: Want.TAKE, LayerLimits())
    announced, all_announced = (
        [one for one in some if len(one) == 2 and isinstance(one[1], str) and not isinstance(one[1], Reason)]
        for some in (told, unbounded)
    )
    assert announced == all_announced[:members_max]
    assert (Reason.TOO_MANY in [one[-1] for one in told]) == (len(all_announced) > members_max)
