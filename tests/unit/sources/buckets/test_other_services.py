"""Buckets of Azure and Google: the same rules, through the same code."""

from collections.abc import Iterator

import pytest
from tests.unit.sources.buckets.other_services import OtherService, service_account

from unseen.errors import SourceError
from unseen.model import Reason
from unseen.sources.buckets import open_bucket

OBJECTS = {"a/one.jpg": b"one", "a/zwei ü.jpg": b"two" * 1_000, "ab": b"three", "b": b""}


@pytest.fixture(params=["az", "gs"])
def scheme(request: pytest.FixtureRequest) -> str:
    """Each of the services."""
    return str(request.param)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherService]:
    """A server for both, found by the environment."""
    with OtherService(dict(OBJECTS)) as service:
        variables = {
            "AZURE_STORAGE_ACCOUNT_NAME": "account",
            "AZURE_STORAGE_ACCOUNT_KEY": "a2V5",
            "AZURE_STORAGE_ENDPOINT": service.url,
            "GOOGLE_SERVICE_ACCOUNT_KEY": service_account(service.url),
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield service


def test_every_object_is_an_item(scheme: str, service: OtherService) -> None:
    """With its own bytes, whatever failed on the way and passed."""
    service.faults = 2
    found = {str(item.locator): item.open() for item in open_bucket(allow_http=True, text=f"{scheme}://box")}
    assert found == {f"{scheme}://box/{key}": data for key, data in OBJECTS.items()}


def test_a_prefix_is_meant_to_the_letter(scheme: str, service: OtherService) -> None:
    """It may end within a name."""
    assert {str(item.locator) for item in open_bucket(allow_http=True, text=f"{scheme}://box/a")} == {
        f"{scheme}://box/{key}" for key in OBJECTS if key.startswith("a")
    }
    assert [str(item.locator) for item in open_bucket(allow_http=True, text=f"{scheme}://box/a/o")] == [
        f"{scheme}://box/a/one.jpg"
    ]


def test_changed_and_gone_objects_are_told(scheme: str, service: OtherService) -> None:
    """Read as they are now, or `changed`."""
    items = {str(item.locator): item for item in open_bucket(allow_http=True, text=f"{scheme}://box")}
    service.objects["ab"] = b"another"
    del service.objects["a/one.jpg"]
    assert items[f"{scheme}://box/ab"].open() == b"another"
    assert items[f"{scheme}://box/a/one.jpg"].open() is Reason.CHANGED


def test_a_listing_that_cannot_be_had_is_an_error(scheme: str, service: OtherService) -> None:
    """A key that the library cannot spell ends it too: never an empty bucket."""
    service.objects["x//y"] = b"odd"
    with pytest.raises(SourceError, match="cannot list"):
        list(open_bucket(allow_http=True, text=f"{scheme}://box/x/"))


@pytest.mark.parametrize("pair", [("a/x", "a/x/"), ("/a/x", "a/x"), ("a/x", "a/x!", "a/x/")])
def test_keys_that_the_library_takes_for_one_are_told(
    scheme: str, service: OtherService, pair: tuple[str, ...]
) -> None:
    """Slashes at either end are lost on the way: one object is read, the other is a row of its own, never nothing."""
    service.objects.clear()
    service.objects |= {key: key.encode() for key in pair} | {"dir": b"one", "dir/": b""}
    given = [(str(item.locator), item.open()) for item in open_bucket(f"{scheme}://box", allow_http=True)]
    found = dict(given)
    assert found[f"{scheme}://box/a/x"] == b"a/x"
    assert found[f"{scheme}://box/a/x?namesake=2"] is Reason.UNSUPPORTED
    # Empty ones, which stand for folders, hide nothing.
    assert sum(content is Reason.UNSUPPORTED for _, content in given) == 1
    assert (f"{scheme}://box/dir", b"one") in given


def test_a_key_with_a_slash_at_an_end_is_no_silent_loss(scheme: str, service: OtherService) -> None:
    """Alone, it cannot be asked for, and its row says that it is not there under the name that is left of it."""
    service.objects |= {"c/": b"content"}
    found = {str(item.locator): item.open() for item in open_bucket(f"{scheme}://box/c", allow_http=True)}
    assert found == {f"{scheme}://box/c": Reason.CHANGED}
    found = {str(item.locator): item.open() for item in open_bucket(f"{scheme}://box/c/", allow_http=True)}
    # Azure's listing leaves it out below itself, which is documented.
    assert found == ({f"{scheme}://box/c?namesake=2": Reason.UNSUPPORTED} if scheme == "gs" else {})
