"""However a service changes and however often a run is killed, what is kept becomes what the service holds."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.exchanges.fake_ncmec import FakeNcmec, Record
from tests.unit.exchanges.kept import Kept, client_of, sync
from tests.unit.exchanges.servers import Clock, running

NOW_S = 1_800_000_000

# (what, which entry, seconds that go by): small numbers of entries, so that the same one changes often.
_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "withdraw", "sync", "kill", "lapse"]), st.integers(0, 12), st.integers(0, 90_000)
    ),
    max_size=25,
)


@settings(max_examples=25, deadline=None)
@given(_STEPS, st.integers(1, 4), st.booleans())
def test_what_is_kept_becomes_what_the_service_holds(
    steps: list[tuple[str, int, int]], page_size: int, replays: bool
) -> None:
    """After any history of changes and broken runs, one whole run leaves exactly the entries that stand."""
    fake = FakeNcmec(now_s=NOW_S, page_size=page_size)
    fake.replays = replays
    kept, clock = Kept(), Clock(NOW_S)
    with running(fake.server()) as server:
        for what, number, seconds in steps:
            fake.now_s += seconds
            clock.at += seconds
            record = Record.drawn(number, fake.now_s, classification=str(seconds))
            if what in {"put", "withdraw"}:
                fake.put(replace(record, is_deleted=what == "withdraw"))
            elif what == "lapse":
                fake.links_lapse = number % 3
            else:
                killed = 1 + number if what == "kill" else None
                sync(client_of(fake, server, clock).changes(kept.checkpoint), kept, pages_max=killed)
        fake.now_s += 10
        sync(client_of(fake, server, clock).changes(kept.checkpoint), kept)
    standing = {f"42-{one.id}": one.classification for one in fake.records if not one.is_deleted}
    assert {name: entry.labels[0].code for name, entry in kept.entries.items()} == standing
