"""The services that the documents' examples fetch lists from; that of NCMEC loses nearly everything in the end."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.unit.exchanges.fake_ncmec import FakeNcmec, Record
from tests.unit.exchanges.fake_threatexchange import FakeThreatExchange, Indicator, descriptor
from tests.unit.exchanges.servers import Question, running

__all__ = ["privacy_group", "service"]

_NOW_S = 1_800_000_000


@contextmanager
def service() -> Iterator[str]:
    """Run it, and give its address."""
    fake = FakeNcmec([Record.drawn(n, _NOW_S - 1000 - n) for n in range(40)], now_s=_NOW_S)
    # Of one entry somebody will say that it is wrong: it is a text file of `uploads/`.
    first = fake.records[0]
    wrong = hashlib.md5(b"nothing to see\n").hexdigest()
    fake.put(replace(first, hashes={**first.hashes, "md5": wrong}))
    fake.reasons["MD5"] = fake.reasons["SHA1"]
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


@contextmanager
def privacy_group() -> Iterator[str]:
    """Run Meta's service, and give its address; of one indicator in its group members think differently."""
    fake = FakeThreatExchange([Indicator.drawn(n, _NOW_S - 1000 - n) for n in range(30)], now_s=_NOW_S)
    disputed = [descriptor(7, 501), descriptor(8, 502, "NON_MALICIOUS")]
    fake.put(
        Indicator.drawn(31, _NOW_S - 900, descriptors=disputed),
        Indicator.drawn(32, _NOW_S - 900, descriptors=[descriptor(9, 501, "NON_MALICIOUS")]),
        Indicator("http://a.example", _NOW_S - 900, type="URI"),
    )
    with running(fake.server()) as server:
        yield server.address
