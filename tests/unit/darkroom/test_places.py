"""Members that lie in their container as they are come as places in it: no copy is made, and no lie is believed."""

import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.boxes.box import SIGN, box, member
from tests.unit.boxes.planting import plant_processes

from unseen.darkroom import Darkroom
from unseen.darkroom.reading.job import Desk, Job
from unseen.darkroom.reading.nodes import Node
from unseen.darkroom.reading.wire import Delivered, Way, pack_announced, pack_delivered, unpack_message
from unseen.darkroom.wire import Garbled, Inside, Request, pack_request, unpack_request
from unseen.model import Item, ItemHashes, Locator, Reason, State, VideoMode
from unseen.sources.filesystems.extents import Extent
from unseen.sources.layers import PLACED_BYTES_MAX, PLACES_MAX, Announced, Want

_FILE_BYTES = 5_000
_TEXT = "these bytes lie in the box"
_places = st.lists(
    st.builds(Extent, st.none() | st.integers(0, 2**62), st.integers(1, PLACED_BYTES_MAX // PLACES_MAX)),
    min_size=1,
    max_size=PLACES_MAX,
).map(tuple)


@pytest.fixture
def darkroom(monkeypatch: pytest.MonkeyPatch) -> Iterator[Darkroom]:
    """One locked worker that knows boxes."""
    plant_processes(monkeypatch)
    with Darkroom(workers=1) as darkroom:
        yield darkroom


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    """A walk through a file, in which a member was announced and is wanted."""
    (tmp_path / "disk").write_bytes(bytes(_FILE_BYTES))
    yield from _announced([tmp_path / "disk"])


@pytest.fixture
def job_of_two_files(tmp_path: Path) -> Iterator[Job]:
    """The same, through two files that continue each other."""
    for name in ("disk.001", "disk.002"):
        (tmp_path / name).write_bytes(bytes(_FILE_BYTES))
    yield from _announced([tmp_path / "disk.001", tmp_path / "disk.002"])


def _announced(paths: list[Path]) -> Iterator[Job]:
    root = Node(Item(Locator.of_file("disk"), State.ALLOCATED, bytes))
    descriptors = [os.open(path, os.O_RDONLY) for path in paths]
    job = Job(root, descriptors, _FILE_BYTES * len(paths), Inside.CONTAINER)
    announced = Announced(1, "box", "a", State.ALLOCATED, None)
    desk = _desk()
    job.hear(announced, pack_announced(announced), None, desk, lambda *_, **__: None)
    job.answer(desk, lambda *_, **__: None)
    yield job
    job.close()


def _desk() -> Desk:
    return Desk(lambda locators: [Want.TAKE] * len(locators), VideoMode.FAST)


def _placed(*places: Extent) -> Delivered:
    size_bytes = sum(each.size_bytes for each in places)
    return Delivered(1, Way.PLACES, Inside.NOTHING, size_bytes, None, places)


def _answers(darkroom: Darkroom, content: bytes) -> dict[str, ItemHashes]:
    items = [Item(Locator.of_file("0"), State.ALLOCATED, partial(bytes, content))]
    return {str(item.locator): hashes for item, hashes in darkroom.develop(items)}


def test_a_member_that_lies_in_its_container_is_hashed_where_it_lies(darkroom: Darkroom) -> None:
    """It has the digests of its own bytes, as its neighbours have that came as copies; nothing else becomes of it."""
    content = box([member("copied", _TEXT.encode()), member("lies", lies=_TEXT), member("after", b"after")])
    answers = _answers(darkroom, content)
    assert set(answers) == {"0", "0 > copied", "0 > lies", "0 > after"}
    assert answers["0 > lies"] == answers["0 > copied"]
    assert answers["0 > lies"].sha256 == hashlib.sha256(_TEXT.encode()).digest()


def test_a_container_that_lies_in_its_container_is_looked_into(darkroom: Darkroom) -> None:
    """It is a container to the reader, and its digests are those of its own bytes."""
    answers = _answers(darkroom, box([member("inner", lies="BOX1[{}]"), member("empty", lies="BOX1[ ]")]))
    assert {text: hashes.reason for text, hashes in answers.items()} == {
        "0": Reason.NOT_MEDIA,
        # What lies in it has no address.
        "0 > inner": Reason.UNREADABLE,
        "0 > empty": Reason.NOT_MEDIA,
    }
    assert answers["0 > empty"].sha256 == hashlib.sha256(b"BOX1[ ]").digest()


def test_signs_in_what_lies_in_its_container_are_followed(darkroom: Darkroom) -> None:
    """They are looked for in the member alone, whatever lies around it, and its places are counted from its start."""
    content = f"noise {SIGN.decode()}0123456789 more"
    answers = _answers(darkroom, box([member("a", lies=content), member("b", b"x")]))
    at = content.index(SIGN.decode())
    assert set(answers) == {"0", "0 > a", f"0 > a > @{at}", "0 > b"}
    assert answers[f"0 > a > @{at}"].sha256 == hashlib.sha256(b"0123456789").digest()


def test_places_within_the_file_are_given_to_a_worker(job: Job) -> None:
    """Up to its last byte, and with zeros that lie nowhere."""
    desk = _desk()
    job.hear(_placed(Extent(4_000, 1_000), Extent(None, 50)), b"", None, desk, lambda *_, **__: None)
    (task,) = desk.tasks
    assert task.places == (Extent(4_000, 1_000), Extent(None, 50))
    assert task.stamp[0] == 1_050
    task.close()


@pytest.mark.parametrize("places", [(Extent(4_001, 1_000),), (Extent(0, 10), Extent(1 << 62, 1))])
def test_places_behind_the_end_of_the_file_are_garbled(job: Job, places: tuple[Extent, ...]) -> None:
    """A reader that names what its file does not have lies."""
    desk = _desk()
    with pytest.raises(Garbled):
        job.hear(_placed(*places), b"", None, desk, lambda *_, **__: None)
    assert not desk.tasks


def test_places_in_several_files_are_garbled(job_of_two_files: Job) -> None:
    """Where a reader has more than one file, a place alone does not say in which."""
    with pytest.raises(Garbled):
        job_of_two_files.hear(_placed(Extent(0, 10)), b"", None, _desk(), lambda *_, **__: None)


@given(_places)
def test_places_round_trip(places: tuple[Extent, ...]) -> None:
    """From the reader to the parent, and from there to a worker."""
    assert unpack_message(pack_delivered(_placed(*places))) == _placed(*places)
    request = Request(7, is_member=True, mode=VideoMode.FAST, places=places)
    assert unpack_request(pack_request(request)) == request


@pytest.mark.parametrize(
    "event",
    [
        _placed(),
        _placed(Extent(-2, 10)),
        _placed(Extent(0, 0)),
        _placed(Extent(None, PLACED_BYTES_MAX + 1)),
        _placed(*[Extent(0, 1)] * (PLACES_MAX + 1)),
        Delivered(1, Way.PLACES, Inside.NOTHING, 11, None, (Extent(0, 10),)),
        Delivered(1, Way.MEMORY, Inside.NOTHING, 10, None, (Extent(0, 10),)),
    ],
)
def test_places_that_no_honest_reader_names_are_garbled(event: Delivered) -> None:
    """None, nowhere, empty, too large, too many, fewer bytes than said, or beside a copy."""
    with pytest.raises(Garbled):
        unpack_message(pack_delivered(event))


def test_a_part_of_a_place_is_garbled() -> None:
    """A message ends where a place ends."""
    with pytest.raises(Garbled):
        unpack_message(pack_delivered(_placed(Extent(0, 10)))[:-1])
