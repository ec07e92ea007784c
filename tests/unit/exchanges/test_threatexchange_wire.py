"""What ThreatExchange says of an indicator is read as it is meant: opinions, tags, withdrawals; and we can answer."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.exchanges.fake_threatexchange import FakeThreatExchange, Indicator, descriptor
from tests.unit.exchanges.servers import Clock, Reply, Server, running

from unseen.errors import ExchangeError, UsageError
from unseen.exchanges.threatexchange import descriptors_of, put_reaction
from unseen.exchanges.threatexchange.wire import read_updates
from unseen.lists.values import parse_value
from unseen.model import Label, Opinion, Published, Stance, Withdrawn

NOW_S = 1_800_000_000


@pytest.fixture
def fake() -> FakeThreatExchange:
    """A service that holds nothing."""
    return FakeThreatExchange([], now_s=NOW_S)


@pytest.fixture
def server(fake: FakeThreatExchange) -> Iterator[Server]:
    """The service on a port of this machine."""
    with running(fake.server()) as server:
        yield server


def read_one(*descriptors: dict[str, Any], **other: Any) -> Published | Withdrawn:
    """What is read of one indicator."""
    rows = [replace(Indicator.drawn(1, NOW_S), descriptors=list(descriptors)).row() | other]
    (change,) = read_updates(json.dumps({"data": rows}).encode(), parse_value).changes
    return change


def test_tags_are_labels_in_both_shapes_that_are_in_use() -> None:
    """A list of words, or a connection of objects."""
    tags = {"data": [{"id": "1", "text": "media_type_video"}, {"id": "2", "text": "b"}]}
    told = read_one(descriptor(tags=tags), descriptor(8, 502, tags=["b", {"text": "c"}, 7]), type="HASH_PDQ")
    assert isinstance(told, Published)
    assert told.labels == (
        *(Label("threatexchange-tag", word) for word in ("media_type_video", "b", "c")),
        Label("threatexchange-status", "MALICIOUS"),
    )


def test_every_opinion_is_kept_and_nobody_speaks_twice() -> None:
    """An owner's status goes before their reactions; who finds it helpful agrees, whatever else they say."""
    reactions = [
        {"key": "DISAGREE_WITH_TAGS", "value": "601,602,501"},
        {"key": "HELPFUL", "value": "602,603"},
        {"key": "INGESTED", "value": "604"},
    ]
    told = read_one(
        descriptor(7, 501, reactions=reactions), descriptor(8, 502, "NON_MALICIOUS"), descriptor(9, 503, "UNKNOWN")
    )
    assert isinstance(told, Published)
    assert told.opinions == (
        Opinion("501", Stance.FOR, reasons=("MALICIOUS", "descriptor 7")),
        Opinion("502", Stance.AGAINST, reasons=("NON_MALICIOUS", "descriptor 8")),
        Opinion("601", Stance.AGAINST, reasons=("DISAGREE_WITH_TAGS",)),
        Opinion("602", Stance.FOR, reasons=("HELPFUL",)),
        Opinion("603", Stance.FOR, reasons=("HELPFUL",)),
    )


def test_what_all_say_is_not_the_material_accuses_nobody() -> None:
    """Whoever shares a hash as harmless wants nobody found by it; where one disagrees, it stays and is disputed."""
    assert isinstance(read_one(descriptor(status="NON_MALICIOUS")), Withdrawn)
    assert isinstance(read_one(descriptor(status="NON_MALICIOUS"), descriptor(8, 502)), Published)
    assert isinstance(read_one(descriptor(status="NON_MALICIOUS"), descriptor(8, 502, "SUSPICIOUS")), Published)


def test_a_hidden_owner_does_not_withdraw_an_entry() -> None:
    """The service sometimes leaves owners out; another client then drops the entry."""
    told = read_one(descriptor(7, None))
    assert isinstance(told, Published)
    assert [opinion.holder for opinion in told.opinions] == [""]


@pytest.mark.parametrize("tag", ["gifct_hash", "terrorism", "StopNCII.org"])
def test_an_entry_for_another_purpose_is_refused(tag: str) -> None:
    """By its tag; the rest of the group is taken."""
    rows = [Indicator.drawn(1, NOW_S, descriptors=[descriptor(tags=[tag])]).row(), Indicator.drawn(2, NOW_S).row()]
    updates = read_updates(json.dumps({"data": rows}).encode(), parse_value)
    assert len(updates.changes) == len(updates.refused) == 1
    assert "only known child sexual abuse material" in updates.refused[0].why


@pytest.mark.parametrize(("is_right", "reaction"), [(True, "HELPFUL"), (False, "DISAGREE_WITH_TAGS")])
def test_a_reaction_names_the_descriptor_and_no_hash(
    fake: FakeThreatExchange, server: Server, is_right: bool, reaction: str
) -> None:
    """By its number, which the owner's opinion holds; sent once."""
    told = read_one(descriptor(77), descriptor(78, 502, "NON_MALICIOUS"))
    assert isinstance(told, Published)
    numbers = [number for opinion in told.opinions for number in descriptors_of(opinion.reasons)]
    assert numbers == ["77", "78"]
    put_reaction(fake.service(server, Clock().timing), numbers[0], is_right=is_right)
    assert fake.reactions == [("77", {"reactions": reaction})]
    assert Indicator.drawn(1, 0).value not in repr(server.questions)


@pytest.mark.parametrize("reply", [Reply(500), Reply(400), Reply(fault="reset"), Reply(200, b"{}"), Reply(200, b"<")])
def test_a_reaction_that_was_not_taken_is_told(fake: FakeThreatExchange, server: Server, reply: Reply) -> None:
    """And not repeated."""
    fake.interfere = lambda _: reply
    with pytest.raises(ExchangeError):
        put_reaction(fake.service(server, Clock().timing), "77", is_right=True)
    assert len(server.questions) == 1
    with pytest.raises(UsageError, match="no number"):
        put_reaction(fake.service(server, Clock().timing), "77/../1", is_right=True)


def test_opinions_are_those_that_python_threatexchange_reads() -> None:
    """Of the same update, by whoever is named: where the two differ, one of them accuses the wrong people."""
    record = pytest.importorskip("threatexchange.exchanges.impl.fb_threatexchange_api").FBThreatExchangeIndicatorRecord
    update = pytest.importorskip("threatexchange.exchanges.clients.fb_threatexchange.threat_updates").ThreatUpdateJSON
    reactions = [{"key": "DISAGREE_WITH_TAGS", "value": "601,602,501"}, {"key": "HELPFUL", "value": "602,603"}]
    shared = [
        descriptor(7, 501, reactions=reactions, tags=["a"]),
        descriptor(8, 502, "NON_MALICIOUS", tags={"data": [{"text": "b"}]}),
        descriptor(9, 503, "UNKNOWN"),
    ]
    row = replace(Indicator.drawn(1, NOW_S), descriptors=shared).row()
    theirs = {one.owner_app_id: one.category for one in record.from_threatexchange_json(1, update(row)).opinions}
    ours = read_one(*shared)
    assert isinstance(ours, Published)
    stances = {Stance.FOR: 2, Stance.AGAINST: 0}
    assert {int(one.holder): stances[one.stance] for one in ours.opinions} == {
        owner: category for owner, category in theirs.items() if category != 1
    }
