"""Every reference image yields its files, and its deleted picture with the right state."""

from pathlib import Path

import pytest
from tests.unit.sources.filesystems.images import digest, found_in, vector

from unseen.model import State
from unseen.sources.layers import MemoryRange, recognise

_DELETED = "50b706fb755377065ee6ac412b17d4ac"
_LIVE = {
    "/DCIM/t0001.jpg": "3ee46e8cab367ba199d67ea150b963e7",
    "/DCIM/t0002.jpg": "39483c312b6262ea815292cb0a25a79c",
    "/DCIM/t0004.jpg": "0401e6d71e8adea0a7aa55d28ad21e23",
    "/DCIM/t0005.jpg": "074deebcbc711cb0c6bf2b42b701cc47",
}


@pytest.mark.parametrize(
    ("name", "kind", "deleted"),
    [
        ("s_ext4", "ext", "/DCIM/t0003.jpg"),
        ("s_fat", "fat", "/DCIM/_0003.jpg"),
        ("s_ntfs", "ntfs", "/DCIM/t0003.jpg"),
    ],
)
def test_a_volume_gives_its_files_and_its_deleted_picture(vectors: Path, name: str, kind: str, deleted: str) -> None:
    """Live pictures are allocated, the deleted one is deleted, and all have their bytes."""
    image = vector(vectors, name)
    recognised = recognise(MemoryRange(image))
    assert recognised is not None
    assert recognised.name == kind
    found = found_in(image)
    assert {path: digest(found[path]) for path in _LIVE} == _LIVE
    assert {found[path][0] for path in _LIVE} == {State.ALLOCATED}
    assert found[deleted][0] is State.DELETED
    assert digest(found[deleted]) == _DELETED
    assert [path for path in found if path.startswith("/DCIM")] == [*_LIVE, deleted], "users' folders first"


def test_an_iso_gives_its_files(vectors: Path) -> None:
    """Files of ISO 9660 are read at their paths."""
    found = found_in((vectors / "disk-images" / "dfvfs" / "iso9660.raw").read_bytes())
    assert {"/A_DIRECTORY/A_FILE", "/A_DIRECTORY/ANOTHER_FILE", "/PASSWORDS.TXT"} <= set(found)
    assert found["/A_DIRECTORY/ANOTHER_FILE"][1] == b"This is another file.\n"
