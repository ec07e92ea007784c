"""Buckets from end to end: screened, resumed, and screened again where an object changed."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.sources.buckets.servers import HostileServer, unavailable

from unseen.casework.hashing import hash_sources, open_paths
from unseen.casework.lists import add_list
from unseen.casework.scanning import ScanSettings, run_scan
from unseen.darkroom import develop
from unseen.errors import SourceError
from unseen.model import Acquired, Finding, Gathered, InNoCase, NotScreened, Summary
from unseen.sources.buckets import ahead as ahead_module
from unseen.sources.buckets import objects as objects_module
from unseen.sources.buckets import shops as shops_module
from unseen.store import open_store
from unseen.store.schema import items, object_versions

Told = list[Finding | NotScreened | Acquired | Gathered | InNoCase | Summary]


def _picture(seed: int) -> bytes:
    patches = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(patches).resize((320, 240), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


SOUGHT, OTHER = _picture(1), _picture(2)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store that knows one picture."""
    (tmp_path / "list").write_text(f"sha256:{hashlib.sha256(SOUGHT).hexdigest()}\n")
    add_list(str(tmp_path / "store"), "known", str(tmp_path / "list"), list_class="csam")
    return tmp_path / "store"


def _scan(store: Path, *sources: str) -> Told:
    return list(run_scan(ScanSettings(store=str(store), sources=sources, workers=1)))


def _locators(store: Path) -> list[str]:
    with open_store(str(store), create=False, read_only=True) as opened, opened.read() as connection:
        return sorted(row.locator.decode() for row in connection.execute(items.select()))


def test_a_bucket_is_screened_like_a_folder(client: Any, bucket: str, store: Path, tmp_path: Path) -> None:
    """Findings, rows with reasons and the account cover buckets and folders given together."""
    for number in range(150):
        client.put_object(Bucket=bucket, Key=f"many/{number}", Body=b"text %d" % number)
    client.put_object(Bucket=bucket, Key="a//sought.png", Body=SOUGHT)
    client.put_object(Bucket=bucket, Key="other.png", Body=OTHER)
    client.put_object(Bucket=bucket, Key="cold", Body=b"x", StorageClass="GLACIER")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "sought.png").write_bytes(SOUGHT)
    *told, summary = _scan(store, f"s3://{bucket}", str(tmp_path / "folder"))
    assert isinstance(summary, Summary)
    assert {str(one.locator) for one in told if isinstance(one, Finding)} == {
        f"s3://{bucket}/a//sought.png",
        str(tmp_path / "folder" / "sought.png"),
    }
    assert [(str(one.locator), one.reason) for one in told if isinstance(one, NotScreened)] == [
        (f"s3://{bucket}/cold", "offline")
    ]
    assert (summary.items, summary.hashed, summary.digest_only, summary.not_screened) == (154, 3, 150, 1)


def test_objects_are_hashed_without_a_store(client: Any, bucket: str) -> None:
    """By a prefix as a scan takes it; by a locator alone what it names, and no other object of that beginning."""
    client.put_object(Bucket=bucket, Key="a.zip", Body=_zip({"in.png": SOUGHT, "beside": b"text"}))
    client.put_object(Bucket=bucket, Key="a.zip.txt", Body=b"text")
    client.put_object(Bucket=bucket, Key="b", Body=OTHER)

    def hashed(text: str) -> dict[str, bytes | None]:
        answers = hash_sources(open_paths([text]), workers=1)
        return {str(item.locator).removeprefix(f"s3://{bucket}/"): hashes.pdq for item, hashes in answers}

    sought, other = develop(SOUGHT).pdq, develop(OTHER).pdq
    assert hashed(f"s3://{bucket}/b") == {"b": other}
    whole = {"a.zip > in.png": sought, "a.zip > beside": None, "a.zip": None, "a.zip.txt": None}
    assert hashed(f"s3://{bucket}/a") == whole
    assert hashed(f"s3://{bucket}/a.zip > in.png") == {"a.zip > in.png": sought}
    with pytest.raises(SourceError, match="nothing was found"):
        hashed(f"s3://{bucket}/a.zip > missing")
    with pytest.raises(SourceError):
        hashed("s3://no-such-bucket-here/a")


def _zip(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


def test_a_listing_that_breaks_off_leaves_a_scan_to_be_resumed(
    hostile: HostileServer, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is an error; what came before is kept; the next run does the rest, once."""
    monkeypatch.setitem(shops_module.RETRIES, "max_retries", 2)
    hostile.objects = {f"{number:02}": b"text %d" % number for number in range(20)} | {"99": SOUGHT}
    hostile.page_size = 8
    hostile.list_faults = [None, None, *[unavailable] * 20]
    with pytest.raises(SourceError, match="cannot read"):
        _scan(store, "s3://bucket")
    assert len(_locators(store)) == 16
    hostile.list_faults, hostile.requests = [], []
    *_, summary = _scan(store, "s3://bucket")
    assert isinstance(summary, Summary)
    assert (summary.items, summary.findings) == (21, 1)
    fetched = [path for method, path, _ in hostile.requests if method == "GET" and "list-type" not in path]
    assert len(fetched) == 5


def test_an_object_that_changed_between_two_runs_is_screened_again(
    hostile: HostileServer, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resumed by key and ETag: the old content stays on record, the new one has a locator of its own."""
    monkeypatch.setitem(shops_module.RETRIES, "max_retries", 2)
    hostile.objects = {"same": b"text", "swapped": b"harmless", "z": b"last"}
    hostile.page_size = 2
    hostile.list_faults = [None, *[unavailable] * 20]
    with pytest.raises(SourceError):
        _scan(store, "s3://bucket")
    hostile.objects["swapped"] = SOUGHT
    hostile.list_faults = []
    *told, summary = _scan(store, "s3://bucket")
    e_tag = hashlib.md5(SOUGHT).hexdigest()
    assert isinstance(summary, Summary)
    assert [str(one.locator) for one in told if isinstance(one, Finding)] == [f's3://bucket/swapped?etag="{e_tag}"']
    assert _locators(store) == [
        "s3://bucket/same", "s3://bucket/swapped", f's3://bucket/swapped?etag="{e_tag}"', "s3://bucket/z",
    ]  # fmt: skip
    with open_store(str(store), create=False, read_only=True) as opened, opened.read() as connection:
        assert connection.execute(object_versions.select()).all() == []


def test_a_killed_scan_loses_and_repeats_nothing(client: Any, bucket: str, store: Path) -> None:
    """`kill -9` in the middle: the next run ends with every object once."""
    keys = {f"s3://{bucket}/{number:04}" for number in range(400)}
    for key in keys:
        client.put_object(Bucket=bucket, Key=key.rpartition("/")[2], Body=b"text " + key.encode())
    command = [sys.executable, "-m", "unseen", "scan", f"s3://{bucket}", "--store", str(store), "--workers", "1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until and not _has_versions(store):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    *_, summary = _scan(store, f"s3://{bucket}")
    assert isinstance(summary, Summary)
    assert summary.items == 400
    assert set(_locators(store)) == keys


def _has_versions(store: Path) -> bool:
    with open_store(str(store), create=False, read_only=True) as opened, opened.read() as connection:
        return connection.execute(object_versions.select()).first() is not None


def test_objects_fetched_ahead_fill_no_memory(
    client: Any, bucket: str, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With room for one object only, every object comes all the same."""
    monkeypatch.setattr(ahead_module, "_HELD_BYTES_MAX", 10)
    for number in range(30):
        client.put_object(Bucket=bucket, Key=f"{number}", Body=b"a text of many bytes %d" % number)
    *_, summary = _scan(store, f"s3://{bucket}")
    assert isinstance(summary, Summary)
    assert summary.items == summary.digest_only == 30


def test_a_large_archive_in_a_bucket_is_looked_into(
    client: Any, bucket: str, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too large to be held, it is read by ranges, and what lies in it is screened."""
    monkeypatch.setattr(objects_module, "LARGE_BYTES", 10_000)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/sought.png", SOUGHT)
        archive.writestr("noise", os.urandom(1 << 20))
    client.put_object(Bucket=bucket, Key="large.zip", Body=packed.getvalue())
    *told, summary = _scan(store, f"s3://{bucket}")
    assert isinstance(summary, Summary)
    assert [str(one.locator) for one in told if isinstance(one, Finding)] == [f"s3://{bucket}/large.zip > a/sought.png"]
    assert (summary.items, summary.not_screened) == (3, 0)
