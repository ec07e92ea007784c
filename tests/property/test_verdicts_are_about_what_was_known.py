"""Whatever is scanned and decided in whatever order, a finding stands as its newest verdict says, or is open."""

import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.found import found, match
from tests.unit.stand_ins import open_writable

from unseen.model import Decision, Match, Status
from unseen.store import list_findings, record_verdicts, verdict_history

NOW = "2026-11-23T12:00:00Z"

matches = st.lists(
    st.builds(match, st.sampled_from("AB"), st.sampled_from("12"), distance_bits=st.sampled_from([0, 3])),
    min_size=1,
    max_size=3,
    unique=True,
)
# A scan with its matches, or a decision.
events = st.lists(st.one_of(matches, st.sampled_from(Decision)), max_size=10)


@settings(max_examples=20, deadline=None)
@given(matches, events)
def test_a_finding_stands_where_its_newest_verdict_puts_it(
    first: list[Match], then: list[list[Match] | Decision]
) -> None:
    """Open where nobody decided, where it was taken back, or where a match came that was not on record then."""
    with tempfile.TemporaryDirectory() as folder, open_writable(f"{folder}/store") as store:
        (finding_id,) = found(store, {"item": first}, number=0, at_utc=NOW)
        on_record, known, given_so_far = set(first), set[Match](), list[Decision]()
        for number, happening in enumerate(then, start=1):
            if isinstance(happening, Decision):
                record_verdicts(store, [finding_id], happening, by="name", reason="why", at_utc=NOW)
                given_so_far.append(happening)
                known = set(on_record)
            else:
                found(store, {"item": happening}, number=number, at_utc=NOW)
                on_record |= set(happening)
            (finding,) = list_findings(store)
            counts = given_so_far and given_so_far[-1] is not Decision.REOPENED and on_record <= known
            assert finding.status is (Status(given_so_far[-1].value) if counts else Status.OPEN)
            (history,) = verdict_history(store, [finding_id]).values()
            assert [one.decision for one in history] == given_so_far
            assert finding.verdict == (history[-1] if history else None)
