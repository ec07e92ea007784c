"""Shadow copies: a file that the volume lost is found in the copy, one that is still the same is not given again."""

from pathlib import Path

import pytest
from tests.unit.sources.filesystems.images import Found, found_in, mounted, run

from unseen.sources.filesystems.extents import Claims, Extent
from unseen.sources.filesystems.sleuthkit import reader
from unseen.sources.filesystems.sleuthkit.shadows import Shadow, shadows_of
from unseen.sources.layers import MemoryRange

_BLOCK_BYTES = 16_384


@pytest.fixture
def images(tmp_path: Path) -> tuple[bytes, bytes]:
    """A volume as it was, and as it is: one file was deleted, one written anew in its place, one left alone."""
    image = tmp_path / "volume"
    image.write_bytes(bytes(8 << 20))
    run("mkntfs", "-F", "-q", image)
    with mounted(image, "ntfs-3g") as place:
        (place / "same").write_bytes(b"s" * 50_000)
        (place / "changed").write_bytes(b"before " * 5_000)
        (place / "deleted").write_bytes(b"deleted " * 5_000)
        (place / "short").write_bytes(b"short, deleted")
        (place / "short and same").write_bytes(b"short, same")
    before = image.read_bytes()
    with mounted(image, "ntfs-3g") as place:
        (place / "changed").write_bytes(b"after! " * 5_000)
        (place / "deleted").unlink()
        (place / "short").unlink()
        # They take the blocks and records of what was deleted.
        for number in range(8):
            (place / f"new {number}").write_bytes(b"n" * 50_000)
    return before, image.read_bytes()


def _found(images: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> dict[str, Found]:
    before, after = images
    changed = Claims(len(after))
    for at in range(0, len(after), _BLOCK_BYTES):
        if before[at : at + _BLOCK_BYTES] != after[at : at + _BLOCK_BYTES]:
            changed.add([Extent(at, _BLOCK_BYTES)])
    shadow = Shadow(1, MemoryRange(before), changed.merged())
    monkeypatch.setattr(reader, "shadows_of", lambda _: iter([shadow]))
    return {path: found for path, found in found_in(after).items() if "$" not in path}


def test_what_only_a_shadow_copy_holds_is_given(images: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier contents and deleted files lie below the number of the copy; unchanged ones are given once."""
    found = _found(images, monkeypatch)
    assert {path: data for path, (_, data) in found.items() if path.startswith("shadow copy")} == {
        "shadow copy 1/changed": b"before " * 5_000,
        "shadow copy 1/deleted": b"deleted " * 5_000,
        "shadow copy 1/short": b"short, deleted",
    }
    assert found["/same"][1] == b"s" * 50_000
    assert found["/changed"][1] == b"after! " * 5_000


def test_blocks_that_were_written_since_are_not_taken_for_the_same(
    images: tuple[bytes, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that lies where it lay, but whose blocks were written, is given anew."""
    before, after = images
    at = after.find(b"s" * 50_000)
    written = after[:at] + b"S" * 4_096 + after[at + 4_096 :]
    found = _found((before, written), monkeypatch)
    assert found["shadow copy 1/same"][1] == b"s" * 50_000


def test_a_volume_without_shadow_copies_has_none(images: tuple[bytes, bytes]) -> None:
    """Most volumes have none, and that is no fault."""
    assert list(shadows_of(MemoryRange(images[0]))) == []
