"""Containers are looked into by locked readers: every member comes out once, whatever becomes of the readers."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from tests.unit.boxes.box import DISK_MAGIC, SIGN, box, member
from tests.unit.boxes.planting import plant_processes

from unseen.darkroom import Darkroom, crew
from unseen.darkroom.reading import room
from unseen.darkroom.reading.process import Reader
from unseen.model import Item, ItemHashes, Locator, Reason, State
from unseen.sources.layers import LayerLimits, Secrets, Want

_AROUND = [member("before", b"before"), member("after", b"after"), member("inner", box([member("deep", b"deep")]))]
# What a member does to its reader, and what becomes of its row.
_DEEDS = {
    "crash": Reason.READER_CRASHED,
    "escape": Reason.READER_CRASHED,
    "hang": Reason.TIMED_OUT,
    "raise": Reason.UNREADABLE,
    "memory": Reason.TOO_LARGE,
    "unread": Reason.ENCRYPTED,
    "encrypted": Reason.ENCRYPTED,
    # Nothing that could not be read may pass for something that was compared by its digests.
    "not_media": Reason.UNREADABLE,
    "late crash": Reason.READER_CRASHED,
    "late hang": Reason.TIMED_OUT,
    "late raise": Reason.UNREADABLE,
    "late unread": Reason.ENCRYPTED,
}


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers and readers that know boxes."""
    plant_processes(monkeypatch)


@pytest.fixture(scope="module")
def darkroom() -> Iterator[Darkroom]:
    """Two locked workers that know boxes; readers are started as they are needed."""
    with pytest.MonkeyPatch.context() as patch:
        plant_processes(patch)
        with Darkroom(workers=2, deadline_s=3.0) as darkroom:
            yield darkroom


def item_of(name: str, content: bytes) -> Item:
    """An outermost item."""
    return Item(Locator.of_file(name), State.ALLOCATED, partial(bytes, content))


def answers_of(darkroom: Darkroom, *contents: bytes, **options: Any) -> dict[str, ItemHashes]:
    """Answers by the text of the locator; each exactly once, and a container behind all that lies in it."""
    answers: dict[str, ItemHashes] = {}
    items = [item_of(str(index), content) for index, content in enumerate(contents)]
    for item, hashes in darkroom.develop(items, **options):
        text = str(item.locator)
        assert text not in answers
        assert not [other for other in answers if text.startswith(f"{other} > ")]
        answers[text] = hashes
    return answers


def test_everything_in_a_container_is_hashed(darkroom: Darkroom) -> None:
    """Members, members of members and the containers themselves have the digests of their bytes."""
    inner = box([member("one", b"1"), member("two", b"2")])
    outer = box([member("a", b"first"), member("inner", inner), member("b", b"last")])
    answers = answers_of(darkroom, b"plain", outer)
    contents = {
        "0": b"plain", "1": outer, "1 > a": b"first", "1 > inner": inner, "1 > inner > one": b"1",
        "1 > inner > two": b"2", "1 > b": b"last",
    }  # fmt: skip
    assert {text: hashes.sha256 for text, hashes in answers.items()} == {
        text: hashlib.sha256(content).digest() for text, content in contents.items()
    }
    assert {hashes.reason for hashes in answers.values()} == {Reason.NOT_MEDIA}


def test_members_say_their_state_and_times(darkroom: Darkroom) -> None:
    """What the container says of a member arrives with it."""
    outer = box([member("a", b"1", state="deleted", modified_ns=-5), member("b", b"2")])
    items = {str(item.locator): item for item, _ in darkroom.develop([item_of("0", outer)])}
    assert items["0 > a"].state is State.DELETED
    assert items["0 > a"].times is not None
    assert (items["0 > a"].times.modified_ns, items["0 > a"].times.born_ns) == (-5, None)
    assert items["0 > b"].times is None
    assert items["0 > b"].locator.steps == (("file", "0"), ("box", "b"))


def test_repeated_addresses_are_told_apart(darkroom: Darkroom) -> None:
    """Numbers go to the later ones, and never to a name that another has."""
    names = ["a", "a", "a #2", "a", "", "x\0y", "\ud800"]
    answers = answers_of(darkroom, box([member(name, b"%d" % index) for index, name in enumerate(names)]))
    assert len(answers) == len(names) + 1
    assert {"0 > a", "0 > a #2", "0 > a #2 #2", "0 > a #3", "0 > (unnamed)", "0 > x\ufffdy"} < set(answers)


def test_a_large_member_is_served_by_ranges() -> None:
    """What does not fit into memory is digested all the same, containers after what lies in them."""
    with Darkroom(workers=1, deadline_s=20.0, layer_limits=LayerLimits(memory_bytes_max=100)) as darkroom:
        inner = box([member("deep", b"x" * 50), member("deeper", b"y" * 300)])
        outer = box([member("large", b"start", size=9 << 20), member("inner", inner), member("small", b"s")])
        answers = answers_of(darkroom, outer)
    assert answers["0 > large"].sha256 == hashlib.sha256(b"start".ljust(9 << 20, b"\0")).digest()
    assert answers["0 > inner"].sha256 == hashlib.sha256(inner).digest()
    assert answers["0 > inner > deeper"].sha256 == hashlib.sha256(b"y" * 300).digest()
    assert len(answers) == 6


@pytest.mark.parametrize("deed", _DEEDS)
def test_a_member_that_ruins_its_reader_costs_its_own_row(darkroom: Darkroom, deed: str) -> None:
    """Everything before, after and inside its neighbours is answered; and so are other files."""
    bad = member("bad", b"", do=deed)
    outer = box([_AROUND[0], bad, _AROUND[2], bad | {"address": "worse"}, _AROUND[1]])
    answers = answers_of(darkroom, outer, b"plain")
    assert {text: hashes.reason for text, hashes in answers.items()} == {
        "0": Reason.NOT_MEDIA, "0 > before": Reason.NOT_MEDIA, "0 > bad": _DEEDS[deed], "0 > inner": Reason.NOT_MEDIA,
        "0 > inner > deep": Reason.NOT_MEDIA, "0 > worse": _DEEDS[deed], "0 > after": Reason.NOT_MEDIA,
        "1": Reason.NOT_MEDIA,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("deed", "reason"),
    [
        ("crash", Reason.READER_CRASHED),
        ("hang", Reason.TIMED_OUT),
        ("raise", Reason.UNREADABLE),
        ("unread", Reason.ENCRYPTED),
    ],
)
def test_a_layer_that_breaks_off_costs_what_is_behind(darkroom: Darkroom, deed: str, reason: Reason) -> None:
    """The container says that not all of it could be looked into; its neighbours lose nothing."""
    inner = box([member("one", b"1"), member("two", b"2", before=deed), member("three", b"3")])
    answers = answers_of(darkroom, box([_AROUND[0], member("bad", inner), _AROUND[2], _AROUND[1]]))
    assert {text: hashes.reason for text, hashes in answers.items() if hashes.reason is not Reason.NOT_MEDIA} == {
        "0 > bad": reason
    }
    assert set(answers) == {"0", "0 > before", "0 > bad", "0 > bad > one", "0 > inner", "0 > inner > deep", "0 > after"}
    assert answers["0 > bad"].sha256 == hashlib.sha256(inner).digest()


def test_a_part_that_cannot_be_looked_into_is_the_reason_of_its_container(darkroom: Darkroom) -> None:
    """The first reason counts, and the container keeps its digests."""
    outer = box([{"trouble": "encrypted"}, member("a", b"1"), {"trouble": "unsupported"}])
    answers = answers_of(darkroom, outer)
    assert answers["0"].reason is Reason.ENCRYPTED
    assert answers["0"].sha256 == hashlib.sha256(outer).digest()
    assert answers["0 > a"].reason is Reason.NOT_MEDIA


def test_a_reader_that_is_missing_is_a_reason(darkroom: Darkroom) -> None:
    """What cannot be looked into for want of a library says so."""
    answers = answers_of(darkroom, b"BOX?", box([member("a", b"BOX?")]))
    assert (answers["0"].reason, answers["1 > a"].reason) == (Reason.READER_NOT_INSTALLED,) * 2


def test_boxes_in_boxes_end_at_the_limit() -> None:
    """The innermost that may not be opened is `too_deep`, with its digests."""
    content = box([member("end", b"end")])
    for _ in range(4):
        content = box([member("in", content)])
    with Darkroom(workers=1, layer_limits=LayerLimits(depth_max=3)) as darkroom:
        answers = answers_of(darkroom, content)
    assert answers["0 > in > in > in"].reason is Reason.TOO_DEEP
    assert answers["0 > in > in > in"].sha256 is not None
    assert len(answers) == 4


def test_a_flood_of_members_ends_at_the_limit() -> None:
    """As many as are allowed are hashed; the container says that there were more."""
    with Darkroom(workers=2, layer_limits=LayerLimits(members_max=300)) as darkroom:
        answers = answers_of(darkroom, box([member("m", b"x", times=1_000_000)]))
    assert answers["0"].reason is Reason.TOO_MANY
    assert len(answers) == 301


def test_a_trap_of_many_crashes_comes_to_an_end(darkroom: Darkroom) -> None:
    """Deaths below one outermost item are bounded; what is left is accounted for by its row."""
    outer = box([member(str(number), b"", do="crash") for number in range(40)])
    answers = answers_of(darkroom, outer, b"plain")
    assert answers["0"].reason is Reason.READER_CRASHED
    assert answers["1"].reason is Reason.NOT_MEDIA


def test_passwords_reach_the_reader() -> None:
    """Over its socket, and what they open is looked into."""
    outer = box([member("a", b"1", password="open sesame")])
    with Darkroom(workers=1, secrets=Secrets(passwords=("wrong", "open sesame"))) as darkroom:
        assert set(answers_of(darkroom, outer)) == {"0", "0 > a"}
    with Darkroom(workers=1) as darkroom:
        assert answers_of(darkroom, outer)["0"].reason is Reason.ENCRYPTED


@pytest.mark.parametrize("filler", [b"", b"x" * (3 << 20)])
def test_signs_of_pictures_in_unknown_bytes_are_followed(darkroom: Darkroom, filler: bytes) -> None:
    """In outermost items and in members, small and large."""
    content = b"noise " + filler + SIGN + b"0123456789 more"
    answers = answers_of(darkroom, content, box([member("a", content)]))
    at = content.index(SIGN)
    assert answers[f"0 > @{at}"].sha256 == answers[f"1 > a > @{at}"].sha256 == hashlib.sha256(b"0123456789").digest()


@pytest.mark.parametrize("filler", [b"", b"x" * (3 << 20)])
def test_signs_in_what_nothing_here_reads_are_followed(darkroom: Darkroom, filler: bytes) -> None:
    """A drawing keeps its reason; what shows by its own structure in it is found all the same."""
    content = b"<svg >" + filler + SIGN + b"0123456789 more"
    answers = answers_of(darkroom, content, box([member("a", content)]))
    at = content.index(SIGN)
    for drawing in ("0", "1 > a"):
        assert answers[drawing].reason is Reason.UNSUPPORTED
        assert answers[f"{drawing} > @{at}"].sha256 == hashlib.sha256(b"0123456789").digest()


def test_signs_in_what_is_served_by_ranges_are_followed() -> None:
    """The reader that served the bytes looks for them itself."""
    content = bytes(5000) + SIGN + b"0123456789 more"
    with Darkroom(workers=1, layer_limits=LayerLimits(memory_bytes_max=1000)) as darkroom:
        answers = answers_of(darkroom, box([member("a", content), member("b", b"x")]))
    assert answers["0 > a > @5000"].sha256 == hashlib.sha256(b"0123456789").digest()
    assert set(answers) == {"0", "0 > a", "0 > a > @5000", "0 > b"}


def test_what_is_passed_over_is_neither_answered_nor_looked_into(darkroom: Darkroom) -> None:
    """Neither outermost items nor members; and what is only entered is not answered itself."""
    asked: list[str] = []

    def choose(locators: Sequence[Locator]) -> list[Want]:
        asked.extend(map(str, locators))
        wants = {"0": Want.ENTER, "0 > inner": Want.PASS, "1": Want.PASS}
        return [wants.get(str(locator), Want.TAKE) for locator in locators]

    answers = answers_of(darkroom, box(_AROUND), b"plain", choose=choose)
    assert set(answers) == {"0 > before", "0 > after"}
    assert sorted(asked) == ["0", "0 > after", "0 > before", "0 > inner", "1"]


def test_a_reader_of_a_disk_is_given_no_other_file() -> None:
    """A reader is dismissed once it has seen an image, wherever that lay; others are kept."""
    disk = box([member("a", b"1")], DISK_MAGIC)
    with Darkroom(workers=1) as darkroom:
        for content, kept in ((box([]), 1), (disk, 0), (box([member("disk", disk)]), 0), (box([]), 1)):
            answers_of(darkroom, content)
            assert len(darkroom._readers._jobs) == kept


def test_nothing_stays_open(darkroom: Darkroom) -> None:
    """Neither after a walk to its end nor after one that was left, or that killed its readers."""
    answers_of(darkroom, box(_AROUND))
    before = len(os.listdir("/proc/self/fd"))
    answers_of(darkroom, box([*_AROUND, member("large", b"x", size=70 << 20), member("bad", b"", do="crash")]))
    for count in range(6):
        answers = darkroom.develop([item_of("0", box(_AROUND)), item_of("1", box(_AROUND))])
        for _ in range(count):
            next(answers)
        answers.close()  # type: ignore[attr-defined]  # a generator, whatever it is called
    assert len(os.listdir("/proc/self/fd")) <= before


def test_large_containers_are_digested_when_all_in_them_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one worker, results from inside do not wait for the digests of the whole, and these come all the same."""
    monkeypatch.setattr(crew, "LONG_BYTES", 10)
    content = box(_AROUND)
    with Darkroom(workers=1) as darkroom:
        answers = answers_of(darkroom, content)
    assert {hashes.reason for hashes in answers.values()} == {Reason.NOT_MEDIA}
    assert answers["0"].sha256 == hashlib.sha256(content).digest()


def test_one_container_is_given_one_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the reader of a container starts, no second is started for it, however much else is going on."""
    started = []

    def start(*arguments: Any, **options: Any) -> Reader:
        started.append(Reader(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(room, "Reader", start)
    with Darkroom(workers=2) as darkroom:
        answers = answers_of(darkroom, box([member("one", b"1")]), *([b"plain"] * 50))
    assert len(answers) == 52
    assert len(started) == 1
