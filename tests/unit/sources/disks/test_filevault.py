"""Volumes of FileVault 2: what a password opens is what was encrypted; whatever does not open has a row."""

import base64
import struct
import zlib
from functools import partial
from pathlib import Path

import pyfvde
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.sources.carving.drawn import picture, written
from tests.unit.sources.disks.filevault import ROOT_KEYS, make_filevault, make_root_keys
from tests.unit.sources.disks.images import medium, need, run

from unseen.darkroom import Darkroom
from unseen.model import ByteSource, Item, ItemHashes, Locator, Reason, State, UnreadError
from unseen.sources.disks.encryption.filevault import open_filevault
from unseen.sources.disks.encryption.filevault_keys import find_master_key
from unseen.sources.disks.images.native import FileObject
from unseen.sources.layers import MemoryRange, Secrets

PICTURE = written(picture(6, 300, 200), "JPEG")
_NOISE = medium(1 << 20, seed=5)
# macOS makes nothing but HFS+ there, which names itself at byte 1,024.
VOLUME = _NOISE[:1024] + b"H+\0\4" + _NOISE[1028:]
# Of the image fvdetest.qcow2 of dfVFS, which macOS made: its password is fvde-TEST.
_SALT, _ROUNDS = bytes.fromhex("9bfcf480e4d9ad0eddd9ac6f47b85955"), 90_506
_WRAPPED = bytes.fromhex("ebbc1f64b9684eb4b26bfba3f85578677bab8cfafaf7b2c1")
_WRAPPED_MASTER = bytes.fromhex("9a5b30e99f902ed8e2f03989e5f9c1543ed60512aa1dc9d1")
_MASTER = bytes.fromhex("d0d9c323197c62401c6e6b48f1c0f9d7")


def opened(data: bytes, *passwords: str) -> ByteSource | None:
    """The only volume of an image."""
    (volume,) = open_filevault(MemoryRange(data), passwords)
    return volume


def screened(data: bytes, *passwords: str) -> dict[str, ItemHashes]:
    """All items of an image, behind the lock."""
    with Darkroom(workers=1, secrets=Secrets(passwords)) as darkroom:
        item = Item(Locator.of_file("x"), State.ALLOCATED, partial(bytes, data))
        return {str(each.locator): hashes for each, hashes in darkroom.develop([item])}


@pytest.mark.parametrize("password", ["correct horse", "pässword, 正しい", "ABCD-EFGH-IJKL-MNOP-QRST-UVWX"])
def test_a_password_opens_what_was_encrypted(password: str) -> None:
    """The right one among others, also one with letters beyond ASCII: every byte is that which went in."""
    data = make_filevault(VOLUME, password=password)
    assert opened(data) is None
    assert opened(data, "wrong", "\udcff") is None
    volume = opened(data, "wrong", password)
    assert volume is not None
    assert volume.read_at(0, len(VOLUME)) == VOLUME
    for offset, size in ((1, 1), (511, 2), (65_530, 20), (4095, 70_000)):
        assert volume.read_at(offset, size) == VOLUME[offset : offset + size]


def test_an_accent_may_be_spelled_either_way() -> None:
    """A letter and its accent are one sign or two, as whoever typed them had it: both open."""
    data = make_filevault(VOLUME, password="p\u00e4ssword")
    assert screened(data, "pa\u0308ssword")["x"].reason is not Reason.ENCRYPTED
    assert screened(data, "passw\u00f6rd")["x"].reason is Reason.ENCRYPTED


def test_libfvde_reads_the_same() -> None:
    """The library of those who found out the format opens the volume, and reads the same bytes."""
    source = MemoryRange(make_filevault(VOLUME, password="correct horse"))
    outer = pyfvde.volume()
    outer.open_file_object(FileObject(source))
    outer.open_physical_volume_files_as_file_objects([FileObject(source)])
    volume = outer.get_volume_group().get_logical_volume(0)
    assert volume.is_locked()
    volume.set_password("correct horse")
    volume.unlock()
    ours = opened(source.data, "correct horse")
    assert ours is not None
    assert volume.get_size() == ours.size_bytes
    assert volume.read_buffer_at_offset(ours.size_bytes, 0) == ours.read_at(0, ours.size_bytes)


def test_the_key_of_a_real_volume_is_found() -> None:
    """What macOS wrapped with a password, this password unwraps, and no other."""
    user = struct.pack("<II16sII24s", 3, 16, _SALT, 16, 24, _WRAPPED).ljust(168, b"\0") + struct.pack("<I", _ROUNDS)
    text = (
        "<dict><key>PassphraseWrappedKEKStruct</key><data>\n{}\n</data>"
        '<key>KEKWrappedVolumeKeyStruct</key><data ID="7">{}</data></dict>'
    )
    data = text.format(_base64(user.ljust(284, b"\0")), _base64((bytes(8) + _WRAPPED_MASTER).ljust(256, b"\0")))
    assert find_master_key([data.encode()], ("fvde-TEST",)) == _MASTER
    assert find_master_key([data.encode()], ("fvde-test", "")) is None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def hfs(folder: Path, path: str, content: bytes) -> bytes:
    """A volume of HFS+ with one file."""
    need("xorriso")
    place = folder / "tree" / path
    place.parent.mkdir(parents=True)
    place.write_bytes(content)
    run("xorriso", "-as", "mkisofs", "-quiet", "-hfsplus", "-o", folder / "image", folder / "tree")
    image = (folder / "image").read_bytes()
    # It lies in an image of ISO 9660, up to its end.
    return image[next(at for at in range(0, len(image), 2048) if image[at + 1024 : at + 1026] == b"H+") :]


def disk(*partitions: bytes) -> bytes:
    """A disk with a table of these partitions, each on a boundary of 4 KiB."""
    table, body, at = bytes(446), b"", 4096
    for each in partitions:
        padded = each.ljust(-(-len(each) // 4096) * 4096, b"\0")
        table += struct.pack("<B3xB3xII", 0, 0xAF, (at + len(body)) // 512, len(padded) // 512)
        body += padded
    return (table.ljust(510, b"\0") + b"\x55\xaa").ljust(at, b"\0") + body


def test_the_volume_of_a_system_opens_with_the_keys_beside_it(tmp_path: Path) -> None:
    """A Mac that starts from it keeps its keys on the partition beside: the password of any user opens it."""
    for name in ("volume", "recovery"):
        (tmp_path / name).mkdir()
    volume = make_filevault(hfs(tmp_path / "volume", "DCIM/a.jpg", PICTURE), password=None)
    recovery = hfs(tmp_path / "recovery", ROOT_KEYS, make_root_keys("first", "sécond"))
    image = disk(volume, recovery)
    found = screened(image, "wrong", "sécond")
    (place,) = [name for name in found if name.endswith("/DCIM/a.jpg")]
    assert place == "x > filevault@4096 > hfs@0 > /DCIM/a.jpg"
    assert found[place].pdq is not None
    assert screened(image, "wrong")["x > filevault@4096"].reason is Reason.ENCRYPTED
    assert screened(disk(volume), "sécond")["x > filevault@4096"].reason is Reason.ENCRYPTED


def test_a_volume_in_the_clear_needs_no_password() -> None:
    """CoreStorage is not encryption: what lies on it as it is can be read as it is."""
    data = bytearray(make_filevault(VOLUME, password=None))
    data[32 * 4096 : 32 * 4096 + len(VOLUME)] = VOLUME
    volume = opened(bytes(data))
    assert volume is not None
    assert volume.read_at(0, len(VOLUME)) == VOLUME


@pytest.mark.parametrize(("status", "disks"), [("Converting", 1), ("Complete", 2)])
def test_what_cannot_be_put_together_is_stated(status: str, disks: int) -> None:
    """Half way through being encrypted, or on several disks: no part is taken for the whole."""
    data = make_filevault(VOLUME, password="correct horse", status=status, disks=disks)
    with pytest.raises(UnreadError, match="unsupported"):
        opened(data, "correct horse")


def test_a_volume_may_lie_in_pieces_and_its_keys_be_packed() -> None:
    """Pieces lie in any order, what lies nowhere is zeros, and keys may be deflated over several descriptions."""
    data = make_filevault(VOLUME, password="correct horse", pieces=((0, 3), (3, 5), (200, 56)), pack=zlib.compress)
    volume = opened(data, "correct horse")
    assert volume is not None
    assert volume.size_bytes == len(VOLUME)
    expected = VOLUME[: 8 * 4096].ljust(200 * 4096, b"\0") + VOLUME[200 * 4096 :]
    assert volume.read_at(0, len(VOLUME)) == expected


def test_an_image_that_is_cut_is_stated() -> None:
    """What ends before its volume does is `truncated`."""
    data = make_filevault(VOLUME, password="correct horse")
    with pytest.raises(UnreadError, match="truncated"):
        opened(data[: len(data) // 2], "correct horse")


_WHOLE = make_filevault(VOLUME[: 16 * 4096], password="correct horse")


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.one_of(st.integers(0, 511), st.integers(4096, 3 * 4096), st.integers(8 * 4096, 16 * 4096)),
            st.binary(min_size=1, max_size=8),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_lying_descriptions_give_bytes_or_a_reason(changes: list[tuple[int, bytes]]) -> None:
    """Whatever the descriptions say: bytes, or a reason; nothing else."""
    data = bytearray(_WHOLE)
    for at, value in changes:
        data[at : at + len(value)] = value
    try:
        for volume in open_filevault(MemoryRange(bytes(data)), ("correct horse",)):
            assert volume is None or len(volume.read_at(0, 1000)) <= 1000
    except UnreadError:
        return
