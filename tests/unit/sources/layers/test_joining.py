"""What was cut into several files is read whole in archives and on disks too, wherever all of them lie together."""

import io
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.unit.sources.archives.programs import run_program
from tests.unit.sources.archives.volumes import make_rar5_volumes
from tests.unit.sources.carving.drawn import picture, written
from tests.unit.sources.disks.images import medium, need, run

from unseen.darkroom import Darkroom
from unseen.model import ItemHashes, Reason
from unseen.sources import open_source
from unseen.sources.archives import signatures
from unseen.sources.layers import Member, MemoryRange, Segments
from unseen.sources.layers.joining import PARTS_MAX, whole_of

PICTURE = written(picture(3, 400, 300), "JPEG")
NOISE = medium(120_000, seed=8)


def fat(folder: Path, files: Mapping[str, bytes], *, kilobytes: int = 2_048) -> bytes:
    """A volume with some files."""
    need("mkfs.fat", "mcopy")
    image = folder / "fat.img"
    image.write_bytes(bytes(kilobytes << 10))
    run("/usr/sbin/mkfs.fat", image)
    for name, data in files.items():
        (folder / "one").write_bytes(data)
        run("mcopy", "-i", image, folder / "one", f"::{name}")
    return image.read_bytes()


def zipped(_: Path, files: Mapping[str, bytes]) -> bytes:
    """A zip of packed entries."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(f"in a folder/{name}", data)
    return file.getvalue()


def tarred(_: Path, files: Mapping[str, bytes]) -> bytes:
    """A packed tar file, its entries in the other order."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, data in reversed(list(files.items())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


def in_seven(folder: Path, files: Mapping[str, bytes]) -> bytes:
    """A 7z archive."""
    return program(folder, files, "7z", "a", "-t7z", "../out")


def on_ext(folder: Path, files: Mapping[str, bytes]) -> bytes:
    """A volume of Linux."""
    need("mkfs.ext4")
    (folder / "tree").mkdir()
    for name, data in files.items():
        (folder / "tree" / name).write_bytes(data)
    (folder / "ext").write_bytes(bytes(4 << 20))
    run("/usr/sbin/mkfs.ext4", "-q", "-d", folder / "tree", folder / "ext")
    return (folder / "ext").read_bytes()


def program(folder: Path, files: Mapping[str, bytes], *command: str) -> bytes:
    """What a program makes of files."""
    scratch = folder / "scratch"
    scratch.mkdir()
    for name, data in files.items():
        (scratch / name).write_bytes(data)
    run_program(*command, *files, cwd=scratch)
    (made,) = folder.glob("out*")
    shutil.rmtree(scratch)
    return made.read_bytes()


def cut_seven(folder: Path) -> dict[str, bytes]:
    """Volumes of 7-Zip."""
    (folder / "v").mkdir()
    (folder / "b.jpg").write_bytes(PICTURE)
    (folder / "noise").write_bytes(NOISE)
    run_program("7z", "a", "-mx0", "-t7z", "-v50k", "v/x.7z", "noise", "b.jpg", cwd=folder)
    return {path.name: path.read_bytes() for path in sorted((folder / "v").iterdir())}


def cut_zip(folder: Path) -> dict[str, bytes]:
    """Parts of Info-ZIP, the last of which has the usual name."""
    (folder / "v").mkdir()
    (folder / "b.jpg").write_bytes(PICTURE)
    (folder / "noise").write_bytes(NOISE)
    run_program("zip", "-0", "-s", "64k", "v/x.zip", "noise", "b.jpg", cwd=folder)
    return {path.name: path.read_bytes() for path in sorted((folder / "v").iterdir())}


def cut_rar(_: Path) -> dict[str, bytes]:
    """Volumes of RAR."""
    volumes = make_rar5_volumes("b.jpg", PICTURE, 3)
    return {f"x.part{number}.rar": volume for number, volume in enumerate(volumes, 1)}


def cut_disk(folder: Path) -> dict[str, bytes]:
    """A raw image in pieces."""
    image = fat(folder, {"a": NOISE, "b.jpg": PICTURE}, kilobytes=512)
    return {f"x.{number + 1:03}": image[at : at + 131_072] for number, at in enumerate(range(0, len(image), 131_072))}


def cut_tar(_: Path) -> dict[str, bytes]:
    """A tar file in pieces, as `split` makes them."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in (("noise", NOISE), ("b.jpg", PICTURE)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    whole = file.getvalue()
    return {
        f"x.tar.a{'abcdefgh'[at]}": whole[at * 40_000 : (at + 1) * 40_000] for at in range(-(-len(whole) // 40_000))
    }


def cut_ewf(folder: Path) -> dict[str, bytes]:
    """Segments of an E01 image."""
    need("ewfacquire")
    (folder / "raw").write_bytes(fat(folder, {"a": NOISE * 12, "b.jpg": PICTURE}))
    run("ewfacquire", "-q", "-u", "-c", "none", "-S", "1048576", "-t", folder / "x", folder / "raw")
    return {path.name: path.read_bytes() for path in sorted(folder.glob("x.E*"))}


def cut_vmdk(folder: Path) -> dict[str, bytes]:
    """A description, and the file that it names."""
    need("qemu-img")
    (folder / "raw").write_bytes(fat(folder, {"b.jpg": PICTURE}))
    (folder / "v").mkdir()
    options = ("-o", "subformat=twoGbMaxExtentSparse")
    run("qemu-img", "convert", "-f", "raw", "-O", "vmdk", *options, folder / "raw", folder / "v" / "x.vmdk")
    return {path.name: path.read_bytes() for path in sorted((folder / "v").iterdir())}


def screened(path: Path) -> dict[str, ItemHashes]:
    """All items of a file, by their locators."""
    with Darkroom(workers=1) as darkroom:
        answers = list(darkroom.develop(open_source(str(path))))
    rows = {str(item.locator): hashes for item, hashes in answers}
    assert len(rows) == len(answers)
    return rows


_CUTS = [cut_seven, cut_zip, cut_rar, cut_disk, cut_tar, cut_ewf, cut_vmdk]
_PACKS = [tarred, in_seven, on_ext, fat]


# Every way of cutting in one container, and one way in every container.
@pytest.mark.parametrize(("cut", "pack"), [(cut, zipped) for cut in _CUTS] + [(cut_disk, pack) for pack in _PACKS])
def test_what_was_cut_is_read_whole_in_a_container(
    tmp_path: Path, cut: Callable[[Path], dict[str, bytes]], pack: Callable[[Path, Mapping[str, bytes]], bytes]
) -> None:
    """The picture in it is found once, in the first of the files; no row says that anything is missing."""
    (tmp_path / "c").mkdir()
    (tmp_path / "p").mkdir()
    parts = cut(tmp_path / "c")
    assert len(parts) > 1
    box = tmp_path / "box"
    box.write_bytes(pack(tmp_path / "p", parts))
    rows = screened(box)
    found = [name for name, hashes in rows.items() if name.upper().endswith("B.JPG") and hashes.pdq is not None]
    assert len(found) == 1
    assert {hashes.reason for hashes in rows.values()} <= {None, Reason.NOT_MEDIA}
    # Each file is an item of its own besides.
    digests = {hashes.md5 for hashes in rows.values()}
    assert {hashes.md5 for hashes in screened_parts(tmp_path, parts).values()} <= digests
    # Without one of them there is a row.
    missing = sorted(parts)[-1 if cut is not cut_zip else 0]
    (tmp_path / "q").mkdir()
    box.write_bytes(pack(tmp_path / "q", {name: data for name, data in parts.items() if name != missing}))
    rows = screened(box)
    assert {hashes.reason for hashes in rows.values()} - {None, Reason.NOT_MEDIA}


def screened_parts(folder: Path, parts: Mapping[str, bytes]) -> dict[str, ItemHashes]:
    """The same files as items of a folder, none of which continues another there."""
    (folder / "each").mkdir()
    for number, data in enumerate(parts.values()):
        (folder / "each" / f"{number} alone").write_bytes(data)
    rows = screened(folder / "each")
    return {name: hashes for name, hashes in rows.items() if " > " not in name}


def test_parts_have_an_end_and_only_names_of_parts_are_looked_for() -> None:
    """So many parts are opened and no more; what is called like no part, or has nothing beside it, is as it lies."""
    first = MemoryRange(signatures.SEVEN_ZIP + bytes(100))
    asked: list[str] = []

    def nothing(_: str) -> None:
        return None

    def beside(address: str) -> MemoryRange:
        asked.append(address)
        return MemoryRange(bytes(106))

    member = Member(layer="zip", address="a/x.7z.001", open=lambda: first, beside=beside)
    whole = whole_of(member, first)
    assert isinstance(whole, Segments)
    assert len(whole.parts) == PARTS_MAX
    assert asked[-1] == f"a/x.7z.{PARTS_MAX:03}"
    count = len(asked)
    for ending in ("jpg", "jpeg", "gif", "png", "tif", "avi", "bmp", "mov", "mp4", "exe", "txt", "heic"):
        other = Member(layer="zip", address=f"a/beach.{ending}", open=lambda: first, beside=beside)
        assert whole_of(other, first) is first
    assert len(asked) == count
    alone = Member(layer="zip", address="x.002", open=lambda: first, beside=nothing)
    assert whole_of(alone, first) is first
