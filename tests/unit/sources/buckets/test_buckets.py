"""Every object of a bucket is an item, whatever its key; and its bytes are those that were listed."""

import gzip
import hashlib
import json
from typing import Any

import pytest

from unseen.errors import SourceError
from unseen.model import Reason, UnreadError
from unseen.sources.buckets import BucketAddress, BucketItems, Fetch, ObjectRange, is_bucket, open_bucket
from unseen.sources.buckets import objects as objects_module

ODD_KEYS = [
    *("plain.jpg", "a//b", "/lead", "lead", "dir/", "dir/x", "dir", "./x", "x/../y", "ctrl\x01z", "tab\tx", "..."),
    *("100%", "%41", "A", "ünï/日本.jpg", "sp ace+plus", "a\\b", '*?[]{}^`|<>#"~', "end.", " lead", "x" * 1_000, "😀"),
]


def contents(items: BucketItems) -> dict[str, object]:
    """What every item gives, by its locator."""
    return {str(item.locator): item.open() for item in items}


def test_every_key_is_an_item_with_its_own_bytes(client: Any, bucket: str) -> None:
    """Empty segments, dots, slashes at either end, control characters: no key hides another, nor itself."""
    for key in ODD_KEYS:
        client.put_object(Bucket=bucket, Key=key, Body=b"of " + key.encode())
    found = contents(open_bucket(f"s3://{bucket}"))
    assert found == {f"s3://{bucket}/{key}": b"of " + key.encode() for key in ODD_KEYS}


def test_a_prefix_is_meant_to_the_letter(client: Any, bucket: str) -> None:
    """It may end within a name, as S3 has it."""
    for key in ("2024/a", "2024-b", "2025", "other"):
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
    assert sorted(contents(open_bucket(f"s3://{bucket}/2024"))) == [f"s3://{bucket}/2024-b", f"s3://{bucket}/2024/a"]
    assert contents(open_bucket(f"s3://{bucket}/nothing")) == {}


def test_an_object_that_changed_since_it_was_listed_is_read_as_it_is_now(client: Any, bucket: str) -> None:
    """What is screened is what there is; an object that has gone is `changed`."""
    for key in ("a//changed", "changed", "gone"):
        client.put_object(Bucket=bucket, Key=key, Body=b"before")
    items = list(open_bucket(f"s3://{bucket}"))
    for key in ("a//changed", "changed"):
        client.put_object(Bucket=bucket, Key=key, Body=b"and after")
    client.delete_object(Bucket=bucket, Key="gone")
    assert [item.open() for item in items] == [b"and after", b"and after", Reason.CHANGED]


def test_an_object_in_an_archive_is_offline(client: Any, bucket: str) -> None:
    """It is stated, and restoring it is somebody's decision."""
    client.put_object(Bucket=bucket, Key="cold", Body=b"x", StorageClass="GLACIER")
    client.put_object(Bucket=bucket, Key="colder", Body=b"x", StorageClass="DEEP_ARCHIVE")
    assert set(contents(open_bucket(f"s3://{bucket}")).values()) == {Reason.OFFLINE}


def test_a_large_object_is_read_in_ranges(client: Any, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Piece by piece, anywhere, without ever being whole in memory; a change in between is noticed."""
    monkeypatch.setattr(objects_module, "LARGE_BYTES", 1_000)
    monkeypatch.setattr(objects_module, "_PIECE_BYTES", 300)
    data = bytes(range(256)) * 40
    client.put_object(Bucket=bucket, Key="large", Body=data)
    (item,) = open_bucket(f"s3://{bucket}")
    source = item.open()
    assert isinstance(source, ObjectRange)
    assert source.size_bytes == len(data)
    for offset, size in ((0, 10), (295, 10), (0, len(data)), (9_000, 5_000), (len(data), 1), (5, 0), (-1, 5)):
        assert source.read_at(offset, size) == (data[offset : offset + size] if offset >= 0 else b"")
    client.put_object(Bucket=bucket, Key="large", Body=b"y" * len(data))
    assert isinstance(item.open, Fetch)
    with pytest.raises(UnreadError) as caught:
        ObjectRange(item.open._shop, item.open.found).read_at(0, 10)
    assert caught.value.reason is Reason.CHANGED


def test_a_bucket_that_is_not_there_is_an_error_before_anything_is_read(client: Any) -> None:
    """Nothing found and nothing readable are different answers."""
    for text in ("s3://no-such-bucket", "s3://", "ftp://host/x", "s3:///key", "inventory+gs://b/manifest.json"):
        with pytest.raises(SourceError):
            open_bucket(text)


def _inventory(client: Any, bucket: str, rows: str, **changes: Any) -> str:
    packed = gzip.compress(rows.encode())
    client.put_object(Bucket=bucket, Key="inv/data/1.csv.gz", Body=packed)
    manifest = {
        "sourceBucket": bucket,
        "destinationBucket": f"arn:aws:s3:::{bucket}",
        "version": "2016-11-30",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, ETag, StorageClass",
        "files": [{"key": "inv/data/1.csv.gz", "size": len(packed), "MD5checksum": hashlib.md5(packed).hexdigest()}],
        **changes,
    }
    client.put_object(Bucket=bucket, Key="inv/manifest.json", Body=json.dumps(manifest))
    return f"inventory+s3://{bucket}/inv/manifest.json"


def test_an_inventory_stands_for_the_listing(client: Any, bucket: str) -> None:
    """Keys are decoded, older versions are items of their own, marks of deletion are not."""
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old = client.put_object(Bucket=bucket, Key="sp ace/ü+", Body=b"old")
    new = client.put_object(Bucket=bucket, Key="sp ace/ü+", Body=b"new one")
    rows = (
        f'"{bucket}","sp+ace/%C3%BC%2B","{new["VersionId"]}","true","false","7",{new["ETag"]},"STANDARD"\n'
        f'"{bucket}","sp%20ace/%C3%BC%2B","{old["VersionId"]}","false","false","3",{old["ETag"]},"STANDARD"\n'
        f'"{bucket}","gone","v","true","true","","",""\n'
        f'"{bucket}","cold","v","true","false","5","","GLACIER"\n'
    )
    base = f"s3://{bucket}/sp ace/ü+"
    assert contents(open_bucket(_inventory(client, bucket, rows))) == {
        base: b"new one",
        f"{base}?versionId={old['VersionId']}": b"old",
        f"s3://{bucket}/cold": Reason.OFFLINE,
    }


@pytest.mark.parametrize(
    "changes", [{"fileFormat": "ORC"}, {"fileFormat": "Parquet"}, {"files": 7}, {"fileSchema": "x"}]
)
def test_an_inventory_of_another_form_is_refused(client: Any, bucket: str, changes: dict[str, Any]) -> None:
    """The error says what will do."""
    with pytest.raises(SourceError):
        open_bucket(_inventory(client, bucket, "", **changes))


@pytest.mark.parametrize(
    "rows",
    ['"b","key"\n', '"b","key","v","true","false","seven","e","s"\n', "x" * 20_000],
    ids=["short row", "no size", "endless line"],
)
def test_a_damaged_inventory_ends_with_an_error(client: Any, bucket: str, rows: str) -> None:
    """A list that cannot be read to its end never looks complete."""
    with pytest.raises(SourceError, match="cannot read"):
        open_bucket(_inventory(client, bucket, rows))


def test_an_inventory_whose_file_was_exchanged_ends_with_an_error(client: Any, bucket: str) -> None:
    """What it listed until then is given, and the trouble is told."""
    address = _inventory(client, bucket, f'"{bucket}","k","v","true","false","1","e","STANDARD"\n')
    other = gzip.compress(f'"{bucket}","k","v","true","false","2","e","STANDARD"\n'.encode(), mtime=1)
    manifest = json.loads(client.get_object(Bucket=bucket, Key="inv/manifest.json")["Body"].read())
    manifest["files"][0]["size"] = len(other)
    client.put_object(Bucket=bucket, Key="inv/manifest.json", Body=json.dumps(manifest))
    client.put_object(Bucket=bucket, Key="inv/data/1.csv.gz", Body=other)
    items = open_bucket(address)
    assert len(list(items)) == 1
    assert "not the file" in str(items.trouble)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("s3://b/k", True),
        ("az://c", True),
        ("inventory+s3://b/k", True),
        ("./s3://b", False),
        ("s3:/b", False),
        ("", False),
    ],
)
def test_an_address_is_told_from_a_path(text: str, *, is_one: bool) -> None:
    """A path that looks like an address can still be given."""
    assert is_bucket(text) is is_one


def test_an_address_keeps_the_key_to_the_letter() -> None:
    """Nothing in a key is a question mark, a fragment or an escape."""
    address = BucketAddress.parse("s3://bucket//a/?b#c%20\n/")
    assert (address.bucket, address.prefix) == ("bucket", "/a/?b#c%20\n/")
    assert address.url("k%20") == "s3://bucket/k%20"
