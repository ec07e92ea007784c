"""Backups of phones give what lies in them, or say why not."""

import pickle
import plistlib
import random
import subprocess
import sys
import zlib

import pytest
from tests.unit.sources.phones.backups import android_backup, itunes_manifest, tar_of
from tests.unit.sources.unpacked import contents, members

from unseen.model import Reason, State
from unseen.sources.layers import Context, LayerLimits, MemoryRange, Secrets, recognise

TAR = tar_of({"apps/org.example/a.jpg": b"picture" * 5_000, "shared/0/DCIM/b.jpg": b"other" * 100})
_LOCKED = b"ANDROID BACKUP\n1\n1\nAES-256\n00\n00\n%s\n%s\n" + b"00" * 96 + b"\n"
SECRETS = Context(secrets=Secrets(("wrong", "pässword")))


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("version", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("password", [None, "pässword"])
def test_an_android_backup_is_a_tar_archive(version: int, password: str | None, *, is_packed: bool) -> None:
    """Of every version, deflated or not, encrypted or not: the archive, byte for byte."""
    data = android_backup(TAR, version=version, is_packed=is_packed, password=password)
    archive, *rest = members(data, SECRETS)
    assert archive == ("backup.tar", State.ALLOCATED, TAR)
    # Of one that is encrypted and not deflated only the archive says where it ends.
    assert bool(rest) == (password is not None and not is_packed)
    inside = recognise(MemoryRange(contents(data, SECRETS)[0]))
    assert inside is not None
    assert inside.name == "tar"


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("password", [None, "pässword"])
@pytest.mark.parametrize("more", range(17))
def test_what_stands_behind_an_android_backup_is_given(password: str | None, more: int, *, is_packed: bool) -> None:
    """It is no part of the archive, and nobody looks there: a member of its own, or behind the tar file."""
    behind = random.Random(9).randbytes(700)
    data = android_backup(TAR + bytes(more), is_packed=is_packed, password=password)
    last = members(data + behind, SECRETS)[-1]
    assert not isinstance(last, Reason)
    content = last[2]
    assert isinstance(content, bytes)
    assert content == behind if is_packed else content.endswith(behind)


@pytest.mark.parametrize("passwords", [(), ("wrong", "also wrong")])
def test_an_android_backup_without_its_password_is_encrypted(passwords: tuple[str, ...]) -> None:
    """It is stated, and nothing is made of noise."""
    data = android_backup(TAR, password="pässword")
    assert members(data, Context(secrets=Secrets(passwords))) == [Reason.ENCRYPTED]


@pytest.mark.parametrize("password", [None, "pässword"])
def test_an_android_backup_that_was_cut_gives_what_there_is(password: str | None) -> None:
    """The start of the archive, and a reason for the rest."""
    noise = random.Random(1).randbytes(100_000)
    data = android_backup(tar_of({"a": noise}), password=password)
    (_, _, content), reason = members(data[: len(data) // 2], SECRETS)
    assert isinstance(content, bytes)
    assert len(content) > 10_000
    assert noise.startswith(content[512 : len(content) - 512])
    assert reason is Reason.TRUNCATED


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b"ANDROID BACKUP\n6\n1\nnone\n", Reason.UNSUPPORTED),
        (b"ANDROID BACKUP\n1\n1\nROT13\n", Reason.UNSUPPORTED),
        (b"ANDROID BACKUP\nx\n1\nnone\n", Reason.UNREADABLE),
        (b"ANDROID BACKUP\n", Reason.UNREADABLE),
        (b"ANDROID BACKUP\n1\n1\nAES-256\nzz\n", Reason.UNREADABLE),
        (
            b"ANDROID BACKUP\n1\n1\nAES-256\n00\n00\n99999999999\n" + b"00" * 16 + b"\n" + b"00" * 96 + b"\n",
            Reason.UNREADABLE,
        ),
        (b"ANDROID BACKUP\n1\n1\nAES-256\n00\n00\n9\n00\n" + b"00" * 96 + b"\n", Reason.UNREADABLE),
    ],
)
def test_a_header_that_asks_for_the_impossible_is_a_reason(header: bytes, reason: Reason) -> None:
    """Unknown versions, other ciphers, years of rounds: nothing is tried."""
    assert members(header + zlib.compress(TAR), SECRETS) == [reason]


def test_a_backup_that_is_a_bomb_is_too_large() -> None:
    """What comes out of compression is counted."""
    data = android_backup(bytes(200 << 20))
    assert members(data) == [("backup.tar", State.ALLOCATED, Reason.TOO_LARGE)]


def test_a_large_backup_is_not_held_in_memory() -> None:
    """Beyond the limit it is read again from its start, to the same bytes."""
    noise = tar_of({"a": random.Random(2).randbytes(300_000)})
    small = Context(limits=LayerLimits(memory_bytes_max=1_000), secrets=SECRETS.secrets)
    assert contents(android_backup(noise, password="pässword"), small) == [noise]


def test_every_damaged_backup_ends_in_members_and_reasons() -> None:
    """Whatever bits are flipped, nothing else is raised."""
    rng = random.Random(3)
    for password in (None, "pässword"):
        whole = android_backup(TAR, password=password)
        for _ in range(60):
            data = bytearray(whole)
            for _ in range(rng.randint(1, 4)):
                data[rng.randrange(15, len(data))] ^= 1 << rng.randrange(8)
            members(bytes(data), SECRETS)


@pytest.mark.parametrize("form", [plistlib.FMT_BINARY, plistlib.FMT_XML])
def test_a_backup_by_itunes_says_that_it_is_encrypted(form: plistlib.PlistFormat) -> None:
    """Files of an encrypted backup look like noise; its manifest is the row that tells."""
    assert members(itunes_manifest(is_encrypted=True, form=form)) == [Reason.ENCRYPTED]
    assert members(itunes_manifest(is_encrypted=False, form=form)) == []


def test_a_damaged_manifest_is_unreadable() -> None:
    """Cut, flipped or of another shape: a reason, and nothing else is raised."""
    whole = itunes_manifest(is_encrypted=True)
    assert members(whole[: len(whole) - 40]) == [Reason.UNREADABLE]
    assert members(plistlib.dumps({"BackupKeyBag": b""})) == [Reason.UNREADABLE]
    assert members(plistlib.dumps(["BackupKeyBag"])) == [Reason.UNREADABLE]
    rng = random.Random(4)
    for _ in range(100):
        data = bytearray(whole)
        data[rng.randrange(8, len(data))] ^= 1 << rng.randrange(8)
        if recognise(MemoryRange(bytes(data))) is not None:
            members(bytes(data))


def test_any_other_property_list_is_no_backup() -> None:
    """Property lists lie everywhere on Apple's systems."""
    assert recognise(MemoryRange(plistlib.dumps({"IsEncrypted": True}, fmt=plistlib.FMT_BINARY))) is None


def test_backups_are_read_in_a_locked_process() -> None:
    """Nothing is opened or imported at the moment when it is needed."""
    asked = [
        (android_backup(TAR, password="pässword"), ("wrong", "pässword")),
        (android_backup(TAR), ()),
        (itunes_manifest(is_encrypted=True), ()),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.sources.archives.locked"],
        input=pickle.dumps(asked),
        capture_output=True,
        check=True,
    )
    first, second, third = pickle.loads(done.stderr)
    assert list(first[0].values()) == list(second[0].values()) == [TAR]
    assert third == ({}, [Reason.ENCRYPTED])
