"""HFS+: every folder gives what is in it, wherever its record lies in the catalog."""

import unicodedata
from pathlib import Path

from tests.unit.sources.filesystems.images import found_in, run

from unseen.model import State


def made(folder: Path, files: dict[str, bytes]) -> bytes:
    """A volume of HFS+ with some files, which lies in an image of ISO 9660 up to its end."""
    for name, content in files.items():
        place = folder / "tree" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    run("xorriso", "-as", "mkisofs", "-quiet", "-hfsplus", "-o", folder / "image", folder / "tree")
    image = (folder / "image").read_bytes()
    return image[next(at for at in range(0, len(image), 2048) if image[at + 1024 : at + 1026] == b"H+") :]


def test_every_folder_gives_its_files(tmp_path: Path) -> None:
    """Records lie anywhere in the nodes of the catalog, at their ends too; names are in any script."""
    names = ["plain.txt", "Ümläut é.jpg", "日本語.bin", "with space", "😀.png", ".hidden", "a^b\tc", "x" * 120]
    folders = [f"{'deep/' * (number % 4)}folder {number} ü" for number in range(120)]
    files = {f"{folder}/{names[at % len(names)]}": b"content %d" % at for at, folder in enumerate(folders)}
    found = found_in(made(tmp_path, files))
    live = {
        unicodedata.normalize("NFC", path): data for path, (state, data) in found.items() if state is State.ALLOCATED
    }
    assert {name: live.get(f"/{name}") for name in files} == files
    assert len([path for path in live if not path.startswith("/$")]) == len(files)
