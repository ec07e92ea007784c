"""States of python-threatexchange are read without being unpickled, and nothing in them can do anything."""

import os
import pickle
import sys
import tempfile
import types
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unseen.errors import ListError
from unseen.lists import ListFile
from unseen.model import Entry, Label

PDQ, MD5, SHA1 = "0123456789abcdef" * 4, "0123456789abcdef" * 2, "ab" * 20


class Category(IntEnum):
    """Of an opinion."""

    NEGATIVE_CLASS = 0
    INVESTIGATION_SEED = 1
    POSITIVE_CLASS = 2


class Vote(Enum):
    """Of feedback."""

    upvote = "upvote"
    downvote = "downvote"


@dataclass
class FetchDelta:
    """As python-threatexchange's, without its behaviour."""

    updates: dict[Any, Any]
    checkpoint: Any = None


@dataclass
class FBThreatExchangeOpinion:
    """As python-threatexchange's."""

    category: Category
    tags: set[str] = field(default_factory=set)
    is_mine: bool = False
    owner_app_id: int = 5
    descriptor_id: int = 6


@dataclass
class FBThreatExchangeIndicatorRecord:
    """As python-threatexchange's."""

    opinions: list[Any]


@dataclass
class FetchedSignalMetadata:
    """As python-threatexchange's."""


@dataclass
class Feedback:
    """As python-threatexchange's."""

    feedback_type: Vote


@dataclass
class NCMECEntryUpdate:
    """As python-threatexchange's."""

    id: str
    member_id: int
    fingerprints: dict[str, str]
    deleted: bool = False
    classification: str | None = "A1"
    feedback: dict[str, list[Feedback]] = field(default_factory=dict)


_PLACES = {
    "threatexchange.exchanges.fetch_state": (FetchDelta, FetchedSignalMetadata, Category),
    "threatexchange.exchanges.impl.fb_threatexchange_api": (FBThreatExchangeOpinion, FBThreatExchangeIndicatorRecord),
    "threatexchange.exchanges.clients.ncmec.hash_api": (NCMECEntryUpdate, Feedback, Vote),
}


def put_module(place: str, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """An empty module of this name, with the packages above it."""
    parts = place.split(".")
    for count in range(1, len(parts) + 1):
        name = ".".join(parts[:count])
        if name not in sys.modules or count == len(parts):
            monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    return sys.modules[place]


@pytest.fixture(autouse=True)
def _as_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand-ins that pickle under the names of python-threatexchange's own classes."""
    for place, classes in _PLACES.items():
        module = put_module(place, monkeypatch)
        for each in classes:
            monkeypatch.setattr(each, "__module__", place)
            setattr(module, each.__name__, each)


def made(folder: Path, delta: object, *, protocol: int | None = None, name: str = "group.state.pickle") -> Path:
    """A state in a file."""
    path = folder / name
    path.write_bytes(pickle.dumps(delta, protocol=protocol))
    return path


def shared(*categories: Category, tags: tuple[str, ...] = ()) -> FBThreatExchangeIndicatorRecord:
    """A record with an opinion for each category."""
    return FBThreatExchangeIndicatorRecord([FBThreatExchangeOpinion(each, set(tags)) for each in categories])


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_indicators_with_their_opinions_are_read(tmp_path: Path, protocol: int) -> None:
    """The aggregate as python-threatexchange forms it; negative ones are passed over, disputed ones kept."""
    yes, no, maybe = Category.POSITIVE_CLASS, Category.NEGATIVE_CLASS, Category.INVESTIGATION_SEED
    updates = {
        ("HASH_PDQ", PDQ.upper()): shared(yes, yes, tags=("b", "a")),
        ("HASH_MD5", MD5): shared(yes, no),
        ("HASH_SHA1", SHA1): shared(no),
        ("HASH_PDQ", PDQ[::-1]): None,
        ("HASH_VIDEO_MD5", MD5[::-1]): shared(maybe, yes),
        ("URI", "http://a.example"): shared(yes),
        ("pdq", "ab" * 32): FetchedSignalMetadata(),
    }
    with ListFile(made(tmp_path, FetchDelta(updates), protocol=protocol)) as file:
        assert (file.format, file.is_guessed) == ("threatexchange-state", True)
        found = list(file.entries())
        assert file.passed_over == {"negative_opinion": 1, "deleted": 1, "no_hash": 1}
    positive = Label("category", "POSITIVE_CLASS")
    assert found == [
        Entry("row 1", "pdq", bytes.fromhex(PDQ), (positive, Label("tags", "a"), Label("tags", "b"))),
        Entry("row 2", "md5", bytes.fromhex(MD5), (Label("category", "DISPUTED"),)),
        Entry("row 5", "md5", bytes.fromhex(MD5[::-1]), (positive,)),
        Entry("row 7", "pdq", b"\xab" * 32),
    ]


def test_entries_of_ncmec_are_read(tmp_path: Path) -> None:
    """All of their hashes, under member and number; what members say against one is a label."""
    prints = {"md5": MD5, "pdna": "AAEC", "pdq": PDQ}
    updates = {
        "42-a": NCMECEntryUpdate("a", 42, prints),
        "42-b": NCMECEntryUpdate("b", 42, {}, deleted=True),
        "42-c": NCMECEntryUpdate("c", 42, {"sha1": SHA1}, feedback={"sha1": [Feedback(Vote.downvote)]}),
        "42-d": NCMECEntryUpdate("d", 42, {"md5": MD5[::-1]}, feedback={"md5": [Feedback(Vote.upvote)]}),
    }
    with ListFile(made(tmp_path, FetchDelta(updates))) as file:
        found = list(file.entries())
        assert file.passed_over == {"deleted": 1}
    assert [(entry.entry, entry.signal) for entry in found] == [
        ("42-a", "md5"),
        ("42-a", "photodna"),
        ("42-a", "pdq"),
        ("42-c", "sha1"),
        ("42-d", "md5"),
    ]
    assert found[0].labels == found[4].labels == (Label("ncmec", "A1"),)
    assert found[3].labels == (Label("ncmec", "A1"), Label("category", "DISPUTED"))


def test_a_corrupt_update_is_refused_by_its_place(tmp_path: Path) -> None:
    """And never blocks the rest."""
    good = {("pdq", f"{number:02x}" * 32): FetchedSignalMetadata() for number in range(1, 40)}
    bad = {("pdq", "zz"): FetchedSignalMetadata(), "key": FetchedSignalMetadata(), ("pdq", PDQ): "text"}
    with ListFile(made(tmp_path, FetchDelta(good | bad))) as file:
        assert len(list(file.entries())) == 39
        assert [refused.position for refused in file.refused] == ["line 40", "line 41", "line 42"]


class Harm:
    """What a hostile pickle calls."""

    def __init__(self, call: Any, *given: Any) -> None:
        self.call = (call, given)

    def __reduce__(self) -> Any:
        """As pickles say it."""
        return self.call


@pytest.mark.parametrize(
    "harm",
    [Harm(os.system, "touch HARM"), Harm(eval, "1"), Harm(open, "HARM", "w"), Harm(__import__, "antigravity")],
    ids=["system", "eval", "open", "import"],
)
@pytest.mark.parametrize("protocol", [2, 4])
def test_nothing_is_ever_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Harm, protocol: int) -> None:
    """Whatever a state names besides python-threatexchange's own classes refuses it, wherever it stands."""
    monkeypatch.chdir(tmp_path)
    path = made(tmp_path, FetchDelta({("pdq", PDQ): harm}), protocol=protocol)
    with pytest.raises(ListError, match="has no place in a state") as caught, ListFile(path) as file:
        list(file.entries())
    assert "never unpickled" in caught.value.hint
    assert not (tmp_path / "HARM").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x80\x04", "damaged"),
        (b"\x80\x04.", "holds no updates"),
        (b"\x80\x04N.", "holds no updates"),
        (b"\x80\x04}.x", "more follows"),
        (b"\x80\x04" + b"(" * 1_000 + b".", "nested too deeply"),
        (b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fx", "damaged"),
        (b"\x80\x04]\x8a\xff" + b"1" * 10, "damaged"),
        (b"\x80\x04I" + b"9" * 5_000 + b"\n.", "damaged"),
        (b"\x80\x04Np99999999999999999999\n.", "damaged"),
        (b"\x80\x04}K\x01Ns.", "keys that no state has"),
        (b"\x80\x04)}s.", "damaged"),
        (b"\x80\x040.", "damaged"),
        (b"\x80\x04cos\nsystem\n.", "has no place"),
        (b"\x80\x04Pid\n.", "does what no state does"),
        (b"\x80\x05\x97.", "does what no state does"),
    ],
)
def test_what_is_no_state_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """With our own error."""
    path = tmp_path / "a"
    path.write_bytes(content)
    with pytest.raises(ListError, match=said), ListFile(path) as file:
        list(file.entries())


@settings(deadline=None)
@given(data=st.data())
def test_a_damaged_state_is_read_or_refused(data: st.DataObject) -> None:
    """Bytes changed, cut and put in: nothing of Python's own leaks, and it ends."""
    content = bytearray(pickle.dumps(FetchDelta({("pdq", PDQ): shared(Category.POSITIVE_CLASS, tags=("a",))})))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(2, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        path.write_bytes(content)
        found: list[Entry] = []
        with suppress(ListError), ListFile(path, file_format="threatexchange-state") as file:
            found = list(file.entries())
        assert {len(entry.value) for entry in found} <= {32}


def test_a_list_that_all_records_share_is_looked_at_once(tmp_path: Path) -> None:
    """A small file must not make a long evening."""
    record = shared(*[Category.POSITIVE_CLASS] * 1_000, tags=("a",))
    updates = {("pdq", f"{number:064x}"): record for number in range(1, 20_000)}
    with ListFile(made(tmp_path, FetchDelta(updates))) as file:
        assert len(list(file.entries())) == 19_999
    crowd = FetchDelta({("pdq", PDQ): shared(*[Category.POSITIVE_CLASS] * 1_001)})
    with pytest.raises(ListError, match="at most 1000 opinions"), ListFile(made(tmp_path, crowd)) as file:
        list(file.entries())


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("threatexchange.exchanges.impl.stop_ncii_api", "StopNCIISignalMetadata"),
        ("threatexchange.exchanges.impl.techagainstterrorism_api", "TATCheckpoint"),
    ],
)
def test_states_of_services_for_another_purpose_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, name: str
) -> None:
    """By the class of what they hold, or of their checkpoint."""
    kind = type(name, (), {"__module__": place})
    setattr(put_module(place, monkeypatch), name, kind)
    path = made(tmp_path, FetchDelta({("pdq", PDQ): FetchedSignalMetadata()}, kind()))
    with pytest.raises(ListError, match=r"is about (terrorism|intimate images)"), ListFile(path) as file:
        list(file.entries())


def test_a_state_that_is_named_for_another_purpose_is_refused(tmp_path: Path) -> None:
    """By the name of its collaboration, which is that of the file."""
    delta = FetchDelta({("pdq", PDQ): FetchedSignalMetadata()})
    with (
        pytest.raises(ListError, match="about terrorism"),
        ListFile(made(tmp_path, delta, name="GIFCT.state.pickle")) as file,
    ):
        list(file.entries())


def test_a_state_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be read whole; the hint names the way that takes any size."""
    from unseen.lists.pickled import state

    monkeypatch.setattr(state, "STATE_BYTES_MAX", 10)
    with pytest.raises(ListError, match="more than 10 bytes") as caught:
        ListFile(made(tmp_path, FetchDelta({})))
    assert "dataset -P --csv" in caught.value.hint


def test_states_that_python_threatexchange_writes_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its own store, with its own classes."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "threatexchange"]:
        monkeypatch.delitem(sys.modules, name)
    cli_state = pytest.importorskip("threatexchange.cli.cli_state")
    api = pytest.importorskip("threatexchange.exchanges.impl.fb_threatexchange_api")
    from threatexchange.exchanges import fetch_state
    from threatexchange.exchanges.impl import file_api, ncmec_api

    opinion = api.FBThreatExchangeOpinion(False, fetch_state.SignalOpinionCategory.POSITIVE_CLASS, {"a"}, 5, 6)
    record = api.FBThreatExchangeIndicatorRecord([opinion])
    # Deltas say their own types, as each exchange of theirs makes them.
    delta = api.ThreatExchangeDelta({("HASH_PDQ", PDQ): record}, api.FBThreatExchangeCheckpoint(5))
    store = cli_state.CliSimpleState(api.FBThreatExchangeSignalExchangeAPI, tmp_path)
    store._write_state("group", delta)
    with ListFile(tmp_path / "group.state.pickle") as file:
        (entry,) = file.entries()
    assert (entry.signal, entry.value.hex()) == ("pdq", PDQ)
    assert entry.labels == (Label("category", "POSITIVE_CLASS"), Label("tags", "a"))
    (tmp_path / "local.txt").write_text(f"pdq {PDQ}\nvideo_md5 {MD5}\n")
    config = file_api.FileCollaborationConfig(name="local", filename=str(tmp_path / "local.txt"))
    (local,) = file_api.LocalFileSignalExchangeAPI(config).fetch_iter([], None)
    cli_state.CliSimpleState(file_api.LocalFileSignalExchangeAPI, tmp_path)._write_state("local", local)
    with ListFile(tmp_path / "local.state.pickle") as file:
        assert [(each.signal, each.value.hex()) for each in file.entries()] == [("pdq", PDQ), ("md5", MD5)]
    wire = pytest.importorskip("threatexchange.exchanges.clients.ncmec.hash_api")
    update = wire.NCMECEntryUpdate("a", 42, wire.NCMECEntryType.image, False, "A1", {"md5": MD5, "pdna": "AA"}, {})
    delta = fetch_state.FetchDelta({"42-a": update}, ncmec_api.NCMECCheckpoint(5))
    cli_state.CliSimpleState(ncmec_api.NCMECSignalExchangeAPI, tmp_path)._write_state("ncmec", delta)
    with ListFile(tmp_path / "ncmec.state.pickle") as file:
        assert [(each.entry, each.signal) for each in file.entries()] == [("42-a", "md5"), ("42-a", "photodna")]
