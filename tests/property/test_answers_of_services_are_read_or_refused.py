"""Law: whatever a service answers, it is read, refused by its place, or the answer is an error of ours."""

import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.exchanges.fake_threatexchange import Indicator, descriptor

from unseen.errors import ExchangeError
from unseen.exchanges import arachnid
from unseen.exchanges.threatexchange.checkpoint import Checkpoint, without_secrets
from unseen.exchanges.threatexchange.wire import read_updates
from unseen.lists.values import parse_value
from unseen.model import Published

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["data", "MALICIOUS", "7"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)
GOOD = Indicator.drawn(1, 1_700_000_000, descriptors=[descriptor(reactions=[{"key": "HELPFUL", "value": "1"}])]).row()


@settings(deadline=None)
@given(st.data())
def test_an_update_with_anything_in_it_costs_only_itself(data: st.DataObject) -> None:
    """The good one beside it is read."""
    strange = dict(GOOD)
    for name in data.draw(st.lists(st.sampled_from(sorted(GOOD)), min_size=1)):
        strange[name] = data.draw(JSON)
    if data.draw(st.booleans()):
        strange["descriptors"] = {"data": [dict.fromkeys(GOOD["descriptors"]["data"][0], data.draw(JSON))]}
    updates = read_updates(json.dumps({"data": [strange, data.draw(JSON), GOOD]}).encode(), parse_value)
    last = updates.changes[-1]
    assert isinstance(last, Published)
    assert last.hashes[0][1].hex() == GOOD["indicator"]
    assert len(updates.changes) + len(updates.refused) + updates.left_out.total() == 3


@settings(deadline=None)
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_an_answer_is_read_or_an_error(content: bytes) -> None:
    """Nothing of Python's own leaks."""
    with suppress(ExchangeError):
        read_updates(content, parse_value)


@settings(deadline=None)
@given(JSON)
def test_an_answer_about_a_hash_is_an_answer_or_none(value: Any) -> None:
    """Only null, and an object without any word, say that nothing is known."""
    read = arachnid._read_answer(value)
    assert read is None or read.is_known or value is None or value.get("classification") in {None, "no-known-match"}


@settings(deadline=None)
@given(st.text() | JSON.map(json.dumps))
def test_a_checkpoint_is_read_or_refused(text: str) -> None:
    """And what is read is written alike."""
    with suppress(ExchangeError):
        known = Checkpoint.parse(text)
        assert Checkpoint.parse(str(known)) == known


@settings(deadline=None)
@given(st.text(), st.text())
def test_no_token_is_kept_in_an_address(before: str, after: str) -> None:
    """Wherever it stands; and what is no address is said to be none."""
    with suppress(ExchangeError):
        without_secrets(before)
    assert "SECRET" not in without_secrets(f"https://a.example/1?a={before}&access_token=SECRET|TOKEN&b={after}")
