"""The service that the documents' examples fetch a list from: it changes a little, and then loses nearly everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.unit.exchanges.fake_ncmec import FakeNcmec, Record
from tests.unit.exchanges.servers import Question, running

__all__ = ["service"]

_NOW_S = 1_800_000_000


@contextmanager
def service() -> Iterator[str]:
    """Run it, and give its address."""
    fake = FakeNcmec([Record.drawn(n, _NOW_S - 1000 - n) for n in range(40)], now_s=_NOW_S)
    asked = 0

    def change(question: Question) -> None:
        nonlocal asked
        if not question.path.endswith("status"):
            return
        asked += 1
        fake.now_s += 3600
        now_s = fake.now_s - 60
        if asked == 2:
            fake.put(Record.drawn(50, now_s), replace(Record.drawn(3, now_s), is_deleted=True))
        if asked == 3:
            fake.put(*(replace(Record.drawn(n, now_s), is_deleted=True) for n in range(4, 40)))

    fake.fault = change
    with running(fake.server()) as server:
        yield server.address
