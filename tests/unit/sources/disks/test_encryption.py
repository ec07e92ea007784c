"""Encrypted volumes: what a password opens is what was encrypted; without one they are `encrypted`."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sources.disks.images import Opened, medium, need, run, run_locking

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.disks.encryption.luks import open_luks
from unseen.sources.layers import Context, Medium, Member, MemoryRange, Secrets, load_formats, recognise

_MEDIUM = medium(2 << 20, seed=13)
PASSWORD = "correct hörse"
_PBKDF2 = ("--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000")
ARGON2 = ("--pbkdf-force-iterations", "4", "--pbkdf-memory", "64", "--pbkdf-parallel", "1")

_KINDS = [
    ("luks1", "cipher-alg=aes-256"),
    ("luks1", "cipher-alg=aes-128,hash-alg=sha1"),
    ("luks1", "cipher-alg=aes-256,cipher-mode=cbc,ivgen-alg=essiv,ivgen-hash-alg=sha256"),
    ("luks1", "cipher-alg=aes-256,cipher-mode=cbc,ivgen-alg=plain64,hash-alg=sha512"),
    ("luks1", "cipher-alg=aes-128,cipher-mode=cbc,ivgen-alg=plain"),
    ("--type", "luks2", *_PBKDF2),
    ("--type", "luks2", *_PBKDF2, "--sector-size", "4096", "--hash", "sha512"),
    ("--type", "luks2", *_PBKDF2, "--key-size", "256"),
    ("--type", "luks2", "--pbkdf", "argon2id", *ARGON2),
    ("--type", "luks2", "--pbkdf", "argon2i", *ARGON2),
]


def encrypt(folder: Path, *options: str) -> Path:
    """Have cryptsetup encrypt a file in place, which makes room for its header; or QEMU, of the first version."""
    image, key = folder / "image", folder / "key"
    image.write_bytes(_MEDIUM + bytes(32 << 20))
    key.write_text(PASSWORD)
    if options[0] == "luks1":
        need("qemu-img")
        secret = ("--object", f"secret,id=s,file={key}", "-o", f"key-secret=s,iter-time=10,{options[1]}")
        run_locking("qemu-img", "convert", "-f", "raw", "-O", "luks", *secret, image, folder / "luks1")
        return folder / "luks1"
    need("cryptsetup")
    way = ("--encrypt", "-q", "--reduce-device-size", "32M", "--key-file", key)
    run("cryptsetup", "reencrypt", *way, *options, image)
    return image


def _rows(source: ByteSource, *passwords: str) -> list[Member | Medium | Reason]:
    found = recognise(source)
    assert found is not None
    unpack = load_formats()[found.name]
    assert unpack is not None
    return list(unpack(source, Context(secrets=Secrets(passwords))))


@pytest.mark.parametrize("options", _KINDS, ids=" ".join)
def test_a_password_opens_what_cryptsetup_encrypted(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Both versions of LUKS, both derivations of keys, both sizes of sectors: the bytes are those that went in."""
    with Opened(encrypt(tmp_path, *options)) as source:
        assert _rows(source) == [Reason.ENCRYPTED]
        assert _rows(source, "wrong", "\udcff") == [Reason.ENCRYPTED]
        (member,) = _rows(source, "wrong", PASSWORD)
        assert isinstance(member, Member)
        volume = member.open()
        assert not isinstance(volume, Reason)
        assert volume.read_at(0, len(_MEDIUM)) == _MEDIUM
        for offset, size in ((1, 1), (511, 2), (65_530, 20), (4095, 70_000)):
            assert volume.read_at(offset, size) == _MEDIUM[offset : offset + size]
        assert len(volume.read_at(volume.size_bytes - 3, 10)) == 3


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("bitlocker", b"\xeb\x58\x90-FVE-FS-"),
        ("bitlocker", (b"\xeb\x58\x90MSWIN4.1" + bytes(413) + bytes.fromhex("3bd66749292ed84a8399f6a339e3d001"))),
        ("filevault", bytes(8) + b"\1\0\x10\0" + bytes(76) + b"CS"),
    ],
)
def test_volumes_that_nothing_opens_are_encrypted(name: str, head: bytes) -> None:
    """A volume that says it is encrypted, and that no password opens, has that reason and no member."""
    source = MemoryRange(head.ljust(510, b"\0") + b"\x55\xaa" + bytes(1 << 20))
    found = recognise(source)
    assert found is not None
    assert found.name == name
    assert _rows(source, "password", "123456-" * 7 + "123456") == [Reason.ENCRYPTED]


def _luks2(folder: Path) -> tuple[bytes, dict[str, Any]]:
    data = encrypt(folder, "--type", "luks2", *_PBKDF2).read_bytes()[: 17 << 20]
    return data, json.loads(data[4096:0x4000].split(b"\0", 1)[0])


def _with_header(data: bytes, header: object) -> bytes:
    """Write another header, with the checksum that makes it hold."""
    text = json.dumps(header).encode()[: 0x4000 - 4097].ljust(0x4000 - 4096, b"\0")
    whole = data[:448] + bytes(64) + data[512:4096] + text
    return whole[:448] + hashlib.sha256(whole).digest() + bytes(32) + data[512:4096] + text + data[0x4000:]


def test_the_second_header_stands_in_for_the_first(tmp_path: Path) -> None:
    """A volume whose first header was overwritten opens by its second, once it is known for what it is."""
    data, _ = _luks2(tmp_path)
    broken = MemoryRange(data[:4200] + b"overwritten" + data[4211:])
    volume = open_luks(broken, (PASSWORD,))
    assert volume is not None
    assert volume.read_at(0, 100_000) == _MEDIUM[:100_000]
    with pytest.raises(UnreadError, match="unreadable"):
        open_luks(MemoryRange(data[:4200] + bytes(1 << 20)), (PASSWORD,))


def test_a_header_that_asks_for_more_than_it_may_is_refused(tmp_path: Path) -> None:
    """Derivations that would take hours or all memory, and ciphers that are not here, are `unsupported` at once."""
    data, header = _luks2(tmp_path)
    greedy: list[dict[str, Any]] = [
        {"type": "pbkdf2", "hash": "sha256", "iterations": 1 << 40, "salt": "AAAA"},
        {"type": "argon2id", "time": 1 << 40, "memory": 1 << 20, "cpus": 1, "salt": "AAAAAAAAAAAAAAAA"},
        {"type": "argon2id", "time": 1, "memory": 1 << 30, "cpus": 1, "salt": "AAAAAAAAAAAAAAAA"},
        {"type": "scrypt", "time": 1, "memory": 1, "cpus": 1, "salt": "AAAA"},
    ]
    for kdf in greedy:
        header["keyslots"]["0"]["kdf"] = kdf
        with pytest.raises(UnreadError, match="unsupported"):
            open_luks(MemoryRange(_with_header(data, header)), (PASSWORD,))


@pytest.mark.parametrize(("place", "value"), [(212, 50_000_001), (164, 7_000_000)])
def test_a_header_of_version_1_that_asks_for_more_than_it_may_is_refused(place: int, value: int) -> None:
    """For a slot that is in use, or for the key itself in each slot; without a password nothing is tried."""
    head = bytearray(b"LUKS\xba\xbe\0\1".ljust(4_096, b"\0"))
    head[208:212] = struct.pack(">I", 0x00AC71F3)
    head[place : place + 4] = struct.pack(">I", value)
    source = MemoryRange(bytes(head))
    with pytest.raises(UnreadError, match="unsupported"):
        open_luks(source, ("secret",))
    assert open_luks(source, ()) is None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(8, 592), st.binary(min_size=1, max_size=4)), min_size=1, max_size=3))
def test_lying_headers_of_version_1_give_bytes_or_a_reason(changes: list[tuple[int, bytes]]) -> None:
    """Whatever the header says: bytes, or a reason; nothing else."""
    slot = struct.pack(">II32sII", 0x00AC71F3, 1, b"salt", 8, 2)
    head = struct.pack(
        ">6sH32s32s32sII20s32sI40s", b"LUKS\xba\xbe", 1, b"aes", b"xts-plain64", b"sha256", 16, 32, b"", b"", 1, b""
    )
    data = bytearray((head + slot * 8).ljust(1 << 16, b"\0"))
    for at, value in changes:
        data[at : at + len(value)] = value
    try:
        volume = open_luks(MemoryRange(bytes(data)), ("secret",))
        assert volume is None or len(volume.read_at(0, 1000)) <= 1000
    except UnreadError:
        return


def test_a_cipher_that_is_not_here_is_unsupported(tmp_path: Path) -> None:
    """What no password could open is not called `encrypted`, as if another one would."""
    source = MemoryRange(encrypt(tmp_path, "luks1", "cipher-alg=serpent-256").read_bytes())
    with pytest.raises(UnreadError, match="unsupported"):
        open_luks(source, (PASSWORD,))


def test_lying_headers_give_bytes_or_a_reason(tmp_path: Path) -> None:
    """Whatever the header says in JSON that holds: bytes, or a reason; nothing else."""
    data, header = _luks2(tmp_path)
    text = json.dumps(header)
    values = ["null", "-1", "0", "1", '""', '"-5"', '"999999999999999999999"', "[]", "{}", '"aes-cbc-essiv"', "512.5"]
    leaves = [*_leaves(header)]

    @settings(max_examples=200, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(leaves), st.sampled_from(values)), min_size=1, max_size=3))
    def check(changes: list[tuple[tuple[str, ...], str]]) -> None:
        lying = json.loads(text)
        for path, value in changes:
            place = lying
            for step in path[:-1]:
                place = place.get(step) if isinstance(place, dict) else None
            if isinstance(place, dict):
                place[path[-1]] = json.loads(value)
        try:
            volume = open_luks(MemoryRange(_with_header(data, lying)), (PASSWORD,))
            if volume is not None:
                assert len(volume.read_at(0, 1000)) <= 1000
        except UnreadError:
            return

    check()


def _leaves(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        found += [leaf for name, each in value.items() for leaf in _leaves(each, (*path, name))]
    return found


def test_a_header_of_an_unknown_version_is_encrypted() -> None:
    """Of a version that nobody has heard of, that it is encrypted can still be told."""
    source = MemoryRange(b"LUKS\xba\xbe" + struct.pack(">H", 9) + bytes(1 << 20))
    assert _rows(source, "password") == [Reason.ENCRYPTED]
