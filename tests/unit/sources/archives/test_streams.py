"""Archives and compressed files that are read from front to end."""

import bz2
import gzip
import io
import lzma
import random
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.unit.sources.archives.made import make_cab, make_lha, make_rar4, make_rar5
from tests.unit.sources.archives.programs import run_program
from tests.unit.sources.archives.unpacking import contents_of, unpack_any

from unseen.model import Reason, State
from unseen.sources.layers import MemoryRange, recognise

NOISE = random.Random(5).randbytes(300_000)
FILES = {"a.txt": b"hello " * 500, "sub/ü.bin": NOISE, "../../x": b"up", "empty": b""}
PLAIN = {"a.txt": FILES["a.txt"], "b.bin": NOISE}


def make_tar(files: Mapping[str, bytes] = FILES, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar file as Python writes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def make_links(*links: tuple[str, bytes, str]) -> bytes:
    """A tar file with one ordinary file, `d/file`, and links of a type to a target."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, target in links:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
        info = tarfile.TarInfo("d/file")
        info.size = 4
        archive.addfile(info, io.BytesIO(b"file"))
    return buffer.getvalue()


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_entry_of_a_tar_file_is_given(form: int) -> None:
    """Entries come with their names as stored, even names that climb, and with their bytes."""
    given = unpack_any(make_tar(form=form))
    assert given.contents == contents_of(FILES)
    assert given.reasons == []


@pytest.mark.parametrize("name", ["absolute_paths", "mixed_paths", "syslog", "with_directory", "without_directory"])
def test_tar_files_of_others_are_read(vectors: Path, name: str) -> None:
    """The samples of dfVFS give what Python's own reader finds in them."""
    data = (vectors / "disk-images" / "dfvfs" / "tar" / f"{name}.tar").read_bytes()
    expected = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for info in archive.getmembers():
            stream = archive.extractfile(info)
            if stream is not None:
                expected[info.name] = stream.read()
    given = unpack_any(data)
    # Python drops the slash at the start.
    assert {address.lstrip("/"): content for address, content in given.contents.items()} == contents_of(
        {name.lstrip("/"): content for name, content in expected.items()}
    )
    assert given.reasons == []


@pytest.mark.parametrize("form", ["ustar", "pax", "gnutar", "cpio", "newc", "odc", "bin", "xar", "ar", "arbsd"])
def test_every_kind_that_bsdtar_writes_is_read(tmp_path: Path, form: str) -> None:
    """Each is recognised by its bytes."""
    for name, data in PLAIN.items():
        (tmp_path / name).write_bytes(data)
    run_program("bsdtar", "--format", form, "-cf", "x", *PLAIN, cwd=tmp_path)
    given = unpack_any((tmp_path / "x").read_bytes())
    assert given.contents == contents_of(PLAIN)
    assert given.reasons == []


@pytest.mark.parametrize("make", [make_rar4, make_rar5, make_cab, make_lha])
def test_kinds_that_only_others_write_are_read(make: Callable[[Mapping[str, bytes]], bytes]) -> None:
    """RAR of both kinds, cabinets and LHA."""
    given = unpack_any(make(PLAIN))
    assert given.contents == contents_of(PLAIN)
    assert given.reasons == []


@pytest.mark.parametrize("make", [make_rar4, make_rar5])
def test_rar_behind_a_program_is_read(make: Callable[[Mapping[str, bytes]], bytes]) -> None:
    """An archive that unpacks itself is read like any other."""
    assert unpack_any(b"MZ" + NOISE[:70_000] + make(PLAIN)).contents == contents_of(PLAIN)


def test_locked_rar_archives_are_stated() -> None:
    """Nothing here decrypts RAR: names where they are shown, else the archive."""
    given = unpack_any(make_rar4(PLAIN, is_encrypted=True), "secret")
    assert given.contents == dict.fromkeys(PLAIN, Reason.ENCRYPTED)
    assert unpack_any(make_rar5(PLAIN, is_encrypted=True), "secret").reasons == [Reason.ENCRYPTED]


@pytest.mark.parametrize("option", ["gzip", "bzip2", "xz", "zstd", "lz4", "lzip", "lzma", "compress"])
def test_compressed_tar_files_are_one_layer(tmp_path: Path, option: str) -> None:
    """The tar file's entries lie directly in the file that compresses it, and its one file does where it holds one."""
    for name, data in PLAIN.items():
        (tmp_path / name).write_bytes(data)
    run_program("bsdtar", f"--{option}", "-cf", "x", *PLAIN, cwd=tmp_path)
    given = unpack_any((tmp_path / "x").read_bytes())
    # The oldest kind has no end, and is looked through as it lies besides.
    rest = given.contents.pop("bytes from 2", None)
    assert (rest is not None) == (option == "compress")
    assert given.contents == contents_of(PLAIN)
    assert {member.layer for member in given.members} - {"compress"} == {"tar"}


@pytest.mark.parametrize(
    ("pack", "layer"),
    [
        (gzip.compress, "gz"),
        (bz2.compress, "bz2"),
        (lzma.compress, "xz"),
        (lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE), "lzma"),
    ],
)
def test_a_compressed_file_holds_one_member(pack: Callable[[bytes], bytes], layer: str) -> None:
    """Without a stored name it is called content."""
    given = unpack_any(pack(NOISE))
    assert given.contents == {"content": NOISE}
    assert [member.layer for member in given.members] == [layer]
    assert given.reasons == []


def test_the_name_that_gzip_stores_is_shown() -> None:
    """A compressed file keeps its old name."""
    buffer = io.BytesIO()
    with gzip.GzipFile("beach ü.jpg", "wb", fileobj=buffer) as stream:
        stream.write(NOISE)
    assert list(unpack_any(buffer.getvalue()).contents) == ["beach \udcfc.jpg"]


@pytest.mark.parametrize("size", [1, 511, 1_024, 10_240, 100_000])
def test_a_compressed_disk_that_begins_with_zeros_is_no_empty_archive(size: int) -> None:
    """Two blocks of zeros are how a tar file ends, and how a disk may begin."""
    data = bytes(size) + NOISE
    assert unpack_any(gzip.compress(data)).contents == {"content": data}


def test_what_stands_behind_a_compressed_file_is_given() -> None:
    """Decompressors stop where their stream ends; whoever hides something writes on."""
    given = unpack_any(gzip.compress(b"harmless") + NOISE[:500])
    assert list(given.contents.values()) == [b"harmless", NOISE[:500]]
    assert given.members[1].state is State.ORPHAN


def test_what_stands_behind_a_compressed_tar_file_is_given() -> None:
    """Below compression nothing else can look, and behind it nobody does."""
    packed = bz2.compress(make_tar())
    given = unpack_any(packed + NOISE[:9_000])
    alone = unpack_any(packed).contents
    assert given.contents == {**alone, f"bytes from {len(packed)}": NOISE[:9_000]}
    assert unpack_any(packed + bytes(9_000)).contents == alone


def test_what_stands_behind_the_end_of_a_tar_file_is_read_or_stated() -> None:
    """It is a member of its own, or of the archive where both are compressed; what is no archive there is a reason."""
    first, second = make_tar({"a": b"first"}), make_tar({"b": b"second"})
    for behind in (second, NOISE[:5_120]):
        given = unpack_any(first + behind)
        content = given.contents.pop(given.members[1].address)
        assert isinstance(content, bytes)
        assert content.strip(b"\0") == behind.strip(b"\0")
        assert given.members[1].state is State.ORPHAN
        assert given.contents == {"a": b"first"}
    assert unpack_any(gzip.compress(first + second)).contents == {"a": b"first", "b": b"second"}
    given = unpack_any(gzip.compress(first + NOISE[:5_120]))
    assert given.contents["a"] == b"first"
    assert Reason.UNREADABLE in {*given.reasons, *given.contents.values()}


def test_a_compressed_file_that_ends_early_gives_what_there_is() -> None:
    """Half a file can still match; the archive has a reason besides."""
    given = unpack_any(gzip.compress(NOISE)[:200_000])
    content = given.contents["content"]
    assert isinstance(content, bytes)
    assert NOISE.startswith(content)
    assert len(content) > 199_000
    assert given.reasons[0] is Reason.TRUNCATED


def test_the_checksum_of_gzip_is_compared() -> None:
    """Content that fails it is given, and the file has a reason."""
    data = bytearray(gzip.compress(NOISE, 0))
    data[1_000] ^= 1
    given = unpack_any(bytes(data))
    content = given.contents["content"]
    assert isinstance(content, bytes)
    assert len(content) == len(NOISE)
    assert given.reasons == [Reason.UNREADABLE]
    data = bytearray(gzip.compress(make_tar()))
    data[-6] ^= 1
    given = unpack_any(bytes(data))
    assert given.contents == contents_of(FILES)
    assert given.reasons == [Reason.UNREADABLE]


def test_compressed_files_that_follow_each_other_are_one() -> None:
    """As every decompressor of gzip reads them."""
    assert unpack_any(gzip.compress(b"one ") + gzip.compress(b"two")).contents == {"content": b"one two"}


def test_a_tar_file_that_ends_early_gives_what_there_is() -> None:
    """What lies before the cut is given, and the cut is stated."""
    given = unpack_any(make_tar()[:50_000])
    assert given.contents["a.txt"] == FILES["a.txt"]
    content = given.contents["sub/ü.bin"]
    assert isinstance(content, bytes)
    assert NOISE.startswith(content)
    assert Reason.TRUNCATED in given.reasons


def test_entries_in_a_broken_region_do_not_hide_those_before() -> None:
    """A header that is nonsense ends the archive with a reason."""
    data = bytearray(make_tar({"a": b"first", "b": b"second"}))
    at = data.index(b"b\0\0")
    data[at : at + 500] = NOISE[:500]
    given = unpack_any(bytes(data))
    assert given.contents["a"] == b"first"
    assert given.reasons


def test_links_to_other_entries_are_passed_over_and_others_are_stated() -> None:
    """As in folders: what a link leads to is screened where it lies, or is not in here."""
    given = unpack_any(
        make_links(
            ("hard", tarfile.LNKTYPE, "d/file"),
            ("soft", tarfile.SYMTYPE, "d/file"),
            ("d/up", tarfile.SYMTYPE, "../d/./file"),
            ("folder", tarfile.SYMTYPE, "d"),
            ("away", tarfile.SYMTYPE, "/etc/passwd"),
            ("hard away", tarfile.LNKTYPE, "gone"),
        )
    )
    assert given.contents == {"d/file": b"file", "away": Reason.UNSUPPORTED, "hard away": Reason.UNSUPPORTED}


def test_devices_and_pipes_are_stated() -> None:
    """They hold nothing that could be screened."""
    given = unpack_any(make_links(("pipe", tarfile.FIFOTYPE, ""), ("disk", tarfile.BLKTYPE, "")))
    assert given.contents == {"pipe": Reason.UNSUPPORTED, "disk": Reason.UNSUPPORTED, "d/file": b"file"}


def test_large_entries_are_read_without_holding_them() -> None:
    """An entry beyond the limit of memory gives the same bytes, from any place."""
    for data in (make_tar(PLAIN), gzip.compress(make_tar(PLAIN)), make_rar5(PLAIN), make_cab(PLAIN)):
        assert unpack_any(data, memory_bytes_max=10_000).contents == contents_of(PLAIN)


def test_times_are_given_as_stored() -> None:
    """To the nanosecond, in UTC."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("a")
        info.pax_headers = {"mtime": "1700000000.123456789"}
        archive.addfile(info)
    (member,) = unpack_any(buffer.getvalue()).members
    assert member.times is not None
    assert member.times.modified_ns == 1_700_000_000_123_456_789


def test_a_bomb_is_a_row_and_what_lies_behind_it_is_stated() -> None:
    """Nobody unpacks all of it to see what else there is."""
    data = gzip.compress(make_tar({"a": b"first", "bomb": bytes(200 << 20), "b": b"behind"}))
    given = unpack_any(data)
    assert given.contents == {"a": b"first", "bomb": Reason.TOO_LARGE}
    assert given.reasons == [Reason.TOO_LARGE]


def test_a_hole_of_exabytes_is_a_row() -> None:
    """A sparse entry may claim any size; what lies behind it is read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("GNUSparseFile.0/hole")
        info.size = 512
        info.pax_headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "hole",
            "GNU.sparse.realsize": str(1 << 60),
        }
        archive.addfile(info, io.BytesIO(b"1\n1152921504606846976\n0\n".ljust(512, b"\0")))
        info = tarfile.TarInfo("a")
        info.size = 6
        archive.addfile(info, io.BytesIO(b"behind"))
    given = unpack_any(buffer.getvalue())
    assert given.contents == {"hole": Reason.TOO_LARGE, "a": b"behind"}


def test_a_hole_is_zeros() -> None:
    """A sparse entry has the bytes that it had on its disk, the hole at its end included."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("GNUSparseFile.0/hole")
        info.size = 1024
        info.pax_headers = {
            "GNU.sparse.major": "1",
            "GNU.sparse.minor": "0",
            "GNU.sparse.name": "hole",
            "GNU.sparse.realsize": "900000",
        }
        archive.addfile(info, io.BytesIO(b"1\n600000\n512\n".ljust(512, b"\0") + NOISE[:512]))
    assert unpack_any(buffer.getvalue()).contents == {"hole": bytes(600_000) + NOISE[:512] + bytes(299_488)}


def test_a_file_that_unpacks_to_itself_ends() -> None:
    """Compression within compression is unpacked to a bound."""
    data = b"core"
    for _ in range(60):
        data = gzip.compress(data)
    given = unpack_any(data)
    assert given.reasons or len(given.contents) == 1


def test_names_that_are_no_text_are_kept() -> None:
    """Bytes that are not UTF-8 stay distinct, and zero bytes do not end a name."""
    data = make_tar({"AB": b"1", "AC": b"2"}, tarfile.USTAR_FORMAT)
    for old, new in ((b"AB", b"\xffB"), (b"AC", b"\xfeC")):
        at = data.index(old)
        block = bytearray(data[at : at + 512])
        block[:2], block[148:156] = new, b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        data = data[:at] + bytes(block) + data[at + 512 :]
    assert unpack_any(data).contents == {"\udcffB": b"1", "\udcfeC": b"2"}


@pytest.mark.parametrize("start", [b"\x60\xea", b"LRZI", b"*******" + b"**ACE**", b"hsqs"])
def test_archivers_that_nothing_here_reads_are_stated(start: bytes) -> None:
    """A file of theirs is no noise: it may hold anything."""
    assert unpack_any(start.ljust(100, b"\1")).reasons == [Reason.UNSUPPORTED]


def test_a_tar_by_an_old_program_that_added_signed_bytes_is_known() -> None:
    """Its checksum counts bytes above 127 as less than zero; one that is neither sum is no tar."""
    block = bytearray(tarfile.TarInfo("café").tobuf(tarfile.USTAR_FORMAT, "latin-1"))
    block[148:156] = b" " * 8
    for value, is_known in ((sum(block), True), (sum(block) - 256, True), (sum(block) - 512, False)):
        block[148:156] = b"%06o\0 " % value
        found = recognise(MemoryRange(bytes(block) + bytes(1_024)))
        assert (found is not None and found.name == "tar") == is_known
        block[148:156] = b" " * 8
