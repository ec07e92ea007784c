"""A service that fails, lies or hangs up costs the rows of what it held back, and never passes for an empty one."""

import pytest
from tests.unit.sources.buckets.servers import HostileServer, break_off, flood, hang_up, unavailable

from unseen.model import Reason
from unseen.sources.buckets import open_bucket
from unseen.sources.buckets import shops as shops_module

DATA = b"0123456789" * 1_000


def _opened(hostile: HostileServer) -> dict[str, object]:
    items = open_bucket("s3://bucket")
    found: dict[str, object] = {str(item.locator): item.open() for item in items}
    assert items.trouble is None
    return found


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without waiting long."""
    monkeypatch.setitem(shops_module.RETRIES, "max_retries", 3)


@pytest.mark.parametrize("fault", [unavailable, hang_up, break_off], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("key", ["plain", "odd//key"])
def test_a_fault_that_passes_costs_nothing(hostile: HostileServer, key: str, fault: object) -> None:
    """503, a closed connection, half an answer: asked again, the object is whole."""
    hostile.objects[key] = DATA
    hostile.faults[key] = [fault]  # type: ignore[list-item]  # the functions of one module
    assert _opened(hostile) == {f"s3://bucket/{key}": DATA}


@pytest.mark.parametrize("fault", [unavailable, hang_up, break_off], ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("key", ["plain", "odd//key"])
def test_a_fault_that_stays_is_a_row(hostile: HostileServer, key: str, fault: object) -> None:
    """After a bounded number of requests the object is `unreadable`, and the next one is read."""
    hostile.objects |= {key: DATA, "z": b"sound"}
    hostile.faults[key] = [fault] * 1_000  # type: ignore[list-item]  # the functions of one module
    assert _opened(hostile) == {f"s3://bucket/{key}": Reason.UNREADABLE, "s3://bucket/z": b"sound"}
    assert sum(key in path for _, path, _ in hostile.requests) < 40


@pytest.mark.parametrize("key", ["plain", "odd//key"])
def test_a_flood_is_not_taken_in(hostile: HostileServer, key: str) -> None:
    """An answer that is longer than the object fills no memory and is no content."""
    hostile.objects[key] = DATA
    hostile.faults[key] = [flood] * 1_000
    (opened,) = _opened(hostile).values()
    assert opened in {Reason.CHANGED, Reason.UNREADABLE, DATA}


def test_a_listing_that_breaks_off_is_told(hostile: HostileServer) -> None:
    """What was listed is given; that it was not all can be asked, and the listing was tried again before."""
    hostile.objects = {f"{number:03}": b"x" for number in range(10)}
    hostile.page_size = 4
    hostile.list_faults = [None, unavailable, None, *[unavailable] * 100]
    items = open_bucket("s3://bucket")
    assert len(list(items)) == 8
    assert "cannot read" in str(items.trouble)


def test_every_request_names_the_content_that_was_listed(hostile: HostileServer) -> None:
    """No object is read without a condition on its ETag."""
    hostile.objects = {"plain": b"x", "odd//key": b"y"}
    _opened(hostile)
    asked = [
        headers for method, path, headers in hostile.requests if path.split("?")[0].count("/") > 1 and method == "GET"
    ]
    assert len(asked) == 2
    assert all({name.lower() for name in headers} >= {"if-match", "range"} for headers in asked)
