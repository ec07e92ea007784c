"""S3 Inventory: lists of objects that the service writes once a day, for buckets too large to be listed.

Source of the format: Amazon S3 User Guide, "Amazon S3 Inventory": a manifest.json that names files in CSV packed with
gzip, each with its MD5; the order of columns stands in the manifest; keys are percent-encoded.
"""

import csv
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote_plus

from unseen.errors import SourceError
from unseen.model import UnreadError
from unseen.sources.buckets.objects import BucketObject, ChangedError, ObjectRange, Shop

__all__ = ["MANIFEST_BYTES_MAX", "Manifest", "read_inventory"]

# Some 300 bytes for each file of up to a million rows.
MANIFEST_BYTES_MAX = 64 << 20
_BLOCK_BYTES = 1 << 20
# A key has 1,024 bytes, three characters each when encoded; further columns are short.
_LINE_CHARS_MAX = 16_384
_OFFLINE = frozenset({"GLACIER", "DEEP_ARCHIVE"})


class Manifest:
    """What an inventory consists of.

    Attributes:
        bucket: The bucket whose objects it lists.
        columns: Names of the columns, in lower case.
        files: Key, size and MD5 in hexadecimal of each file.
    """

    def __init__(self, data: bytes, where: str) -> None:
        """Read a manifest.

        Raises:
            SourceError: It is none, or of a form that is not read here.
        """
        try:
            manifest: dict[str, Any] = json.loads(data)
            form = str(manifest["fileFormat"])
            self.bucket = str(manifest["sourceBucket"])
            columns = str(manifest["fileSchema"])
            self.files = [(str(each["key"]), int(each["size"]), str(each["MD5checksum"])) for each in manifest["files"]]
        except (ValueError, KeyError, TypeError) as error:
            raise SourceError(f"{where} is no manifest of an inventory", hint="give its manifest.json") from error
        if form.upper() != "CSV":
            raise SourceError(
                f"{where} is an inventory in {form[:20]}", hint="have the inventory written as CSV, or scan the bucket"
            )
        self.columns = [column.strip().lower() for column in columns.split(",")]
        if "key" not in self.columns:
            raise SourceError(f"{where} is an inventory without keys")


def read_inventory(manifest: Manifest, shop: Shop, where: str) -> Iterator[BucketObject]:
    """Give the objects that an inventory lists, older versions included; not the marks of deletion, which hold nothing.

    Args:
        manifest: Of the inventory.
        shop: The bucket in which its files lie.
        where: Its address, for messages.

    Raises:
        SourceError: A file cannot be read, or is not the one that the manifest names.
    """
    for key, size_bytes, md5 in manifest.files:
        try:
            for row in csv.reader(_lines(shop, BucketObject(key, size_bytes, None), md5)):
                if row:
                    found = _object(dict(zip(manifest.columns, row, strict=True)))
                    if found is not None:
                        yield found
        except (UnreadError, ChangedError, ValueError, zlib.error, csv.Error) as error:
            raise SourceError(f"cannot read {key} of {where}: {error or type(error).__name__}") from error


def _object(row: dict[str, str]) -> BucketObject | None:
    if row.get("isdeletemarker", "").lower() == "true":
        return None
    is_latest = row.get("islatest", "true").lower() != "false"
    e_tag = row.get("etag", "")
    return BucketObject(
        unquote_plus(row["key"]),
        int(row.get("size") or -1),
        f'"{e_tag}"' if e_tag else None,
        version=None if is_latest else row.get("versionid") or None,
        is_offline=row.get("storageclass") in _OFFLINE,
    )


def _lines(shop: Shop, found: BucketObject, md5: str) -> Iterator[str]:
    """The lines of a packed file, unpacked as they come; its digest is compared at the end."""
    source, unpacker = ObjectRange(shop, found), zlib.decompressobj(wbits=31)
    digest, rest = hashlib.md5(usedforsecurity=False), b""
    for offset in range(0, found.size_bytes, _BLOCK_BYTES):
        data = source.read_at(offset, _BLOCK_BYTES)
        digest.update(data)
        for piece in _unpacked(unpacker.decompress, data, lambda: unpacker.unconsumed_tail):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > _LINE_CHARS_MAX:
                raise ValueError("a line that is too long")
            yield from (line.decode() for line in lines)
    if rest:
        yield rest.decode()
    if digest.hexdigest() != md5 or not unpacker.eof:
        raise ValueError("it is not the file that the manifest names")


def _unpacked(unpack: Callable[[bytes, int], bytes], data: bytes, tail: Callable[[], bytes]) -> Iterator[bytes]:
    while data:
        yield unpack(data, _BLOCK_BYTES)
        data = tail()
