"""From the address of a bucket to its objects as items."""

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from unseen.errors import SourceError
from unseen.model import Item, Locator, State, Times
from unseen.sources.buckets.address import BucketAddress
from unseen.sources.buckets.inventory import MANIFEST_BYTES_MAX, Manifest, read_inventory
from unseen.sources.buckets.objects import BucketObject, Fetch, Shop
from unseen.sources.buckets.s3 import S3Shop
from unseen.sources.buckets.shops import CLIENT, RETRIES, ObstoreShop

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["BucketItems", "open_bucket"]

_LIST_CHUNK = 1_000


class BucketItems:
    """The objects of one address as items, listed as they are asked for.

    Attributes:
        trouble: Why the listing broke off, once the items have ended; None where it is complete.
    """

    def __init__(self, address: BucketAddress, shop: Shop, objects: Iterator[BucketObject]) -> None:
        self._address = address
        self._shop = shop
        self._objects = objects
        self.trouble: SourceError | None = None

    def __iter__(self) -> Iterator[Item]:
        """Give every item; a listing that breaks off ends them and sets `trouble`."""
        try:
            for found in self._objects:
                yield self._item(found)
        except SourceError as error:
            # What was listed before is screened and kept all the same.
            self.trouble = error

    def _item(self, found: BucketObject) -> Item:
        url = self._address.url(found.key)
        if found.version is not None:
            url += f"?versionId={found.version}"
        if found.namesake > 1:
            url += f"?namesake={found.namesake}"
        return Item(Locator.of_file(url), State.ALLOCATED, Fetch(self._shop, found))


def open_bucket(text: str, *, allow_http: bool = False) -> BucketItems:
    """Open a bucket, or what an inventory lists; the first page of the listing is read at once.

    Args:
        text: Its address.
        allow_http: Speak to Google and Azure without encryption, where an emulator is meant. With S3 the endpoint
            says it.

    Raises:
        SourceError: The address is none; there is no such bucket, no access, or the extra is not installed.
    """
    address = BucketAddress.parse(text)
    try:
        shop: Any = S3Shop(address.bucket) if address.scheme == "s3" else _OtherShop(address, allow_http=allow_http)
        if address.is_inventory:
            return _open_inventory(address, shop)
    except ImportError as error:
        raise SourceError(
            f"{text!r} cannot be read: {error.name} is not installed", hint="install the extra: unseen[buckets]"
        ) from error
    return BucketItems(address, shop, _begun(shop.objects(address.prefix)))


def _open_inventory(address: BucketAddress, shop: S3Shop) -> BucketItems:
    where = address.url(address.prefix)
    manifest = Manifest(shop.whole(address.prefix, MANIFEST_BYTES_MAX), where)
    source = BucketAddress("s3", manifest.bucket)
    objects = _begun(read_inventory(manifest, shop, where))
    return BucketItems(source, S3Shop(manifest.bucket), objects)


def _begun(objects: Iterator[BucketObject]) -> Iterator[BucketObject]:
    """The same, its first taken already: what cannot be listed at all is an error before anything is scanned."""
    first = next(objects, None)

    def go_on() -> Iterator[BucketObject]:
        if first is not None:
            yield first
            yield from objects

    return go_on()


class _OtherShop(ObstoreShop):
    """A bucket of a service that obstore lists too."""

    def __init__(self, address: BucketAddress, *, allow_http: bool) -> None:
        self._url = f"{address.scheme}://{address.bucket}"
        try:
            self._listed: ObjectStore = _make_store(address, allow_http=allow_http)
        except (OSError, ValueError) as error:
            raise SourceError(f"cannot read {self._url}: {error}") from error
        super().__init__(self._listed)

    def objects(self, prefix: str) -> Iterator[BucketObject]:
        """List the objects whose keys begin so.

        Raises:
            SourceError: The listing broke off.
        """
        import obstore
        from obstore.exceptions import BaseError

        # obstore takes whole segments only: what lies beside is left out here.
        folder = prefix.rpartition("/")[0] or None
        namesakes = _Namesakes()
        try:
            for chunk in obstore.list(self._listed, folder, chunk_size=_LIST_CHUNK):
                for found in chunk:
                    # What is left of the key that is the prefix itself, and no key that a request would find.
                    is_cut = f"{found['path']}/" == prefix
                    if is_cut or found["path"].startswith(prefix):
                        times = Times(modified_ns=int(found["last_modified"].timestamp()) * 10**9)
                        number = namesakes.count(found["path"]) + is_cut if found["size"] else 1
                        yield BucketObject(found["path"], found["size"], found["e_tag"], times=times, namesake=number)
        except (BaseError, OSError, ValueError) as error:
            hint = "credentials come from the variables and files that the service's own tools read"
            raise SourceError(f"cannot list {self._url}/{prefix}: {error}", hint=hint) from error


class _Namesakes:
    """Keys that a listing gave already: obstore cuts slashes off at either end, so that `a` and `a/` become one.

    Some 70 bytes of memory for each object, since no order of the services' listings brings such keys together.
    """

    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._counts: dict[str, int] = {}

    def count(self, key: str) -> int:
        """How often this key was given, this time included."""
        mark = int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogateescape"), digest_size=8).digest())
        if mark not in self._seen:
            self._seen.add(mark)
            return 1
        self._counts[key] = self._counts.get(key, 1) + 1
        return self._counts[key]


def _make_store(address: BucketAddress, *, allow_http: bool) -> "ObjectStore":
    from obstore.store import AzureStore, GCSStore

    options: dict[str, Any] = {"client_options": {**CLIENT, "allow_http": allow_http}, "retry_config": RETRIES}
    return GCSStore(address.bucket, **options) if address.scheme == "gs" else AzureStore(address.bucket, **options)
