"""Which files of a folder are one image."""

import os
from pathlib import Path

import pytest

from unseen.model import Item
from unseen.sources import open_source
from unseen.sources.segments import is_later_segment

_EWF = b"EVF\t\r\n\xff\0\x01"


def _ewf(number: int) -> bytes:
    return _EWF + number.to_bytes(2, "little") + b"\0\0"


def _vmdk(*names: str) -> bytes:
    lines = ["# Disk DescriptorFile", "version=1", *(f'RW 8 SPARSE "{name}"' for name in names)]
    return "\n".join(lines).encode()


def _disk(size_bytes: int) -> bytes:
    return bytes(510) + b"\x55\xaa" + bytes(size_bytes - 512)


def _items(folder: Path) -> dict[str, Item]:
    return {os.path.basename(str(item.locator)): item for item in open_source(str(folder))}


def _later(item: Item) -> list[bytes]:
    contents = []
    for descriptor in item.open_later():
        with os.fdopen(descriptor, "rb") as file:
            file.seek(0)
            contents.append(file.read())
    return contents


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("names", "contents"),
    [
        (["a.E01", "a.E02", "a.E03"], [_ewf(1), _ewf(2), _ewf(3)]),
        (["a.s01", "a.s02"], [_ewf(1), _ewf(2)]),
        (["a b.raw.001", "a b.raw.002", "a b.raw.003"], [_disk(1024), b"x" * 1024, b"y" * 100]),
        (["a.000", "a.001", "a.002"], [_disk(1024), _disk(1024), b"y" * 100]),
        (["disk.aa", "disk.ab"], [_disk(1024), b"x"]),
        (["a.vmdk", "a-s001.vmdk", "a-s002.vmdk"], [_vmdk("a-s001.vmdk", "a-s002.vmdk"), b"KDMV", b"KDMV2"]),
        (["a.vmdk", "a-flat.vmdk"], [_vmdk("a-flat.vmdk"), b"anything"]),
    ],
)
def test_segments_of_an_image_are_offered_with_its_first(
    tmp_path: Path, names: list[str], contents: list[bytes]
) -> None:
    """The first segment offers the others, in order; they are items too, marked as its continuation."""
    _write(tmp_path, dict(zip(names, contents, strict=True)))
    items = _items(tmp_path)
    assert sorted(items) == sorted(names)
    assert _later(items[names[0]]) == contents[1:]
    assert [items[name].is_later for name in names] == [False] + [True] * (len(names) - 1)
    # Named one by one, as a source or in a list, they are the same.
    (single,) = open_source(str(tmp_path / names[0]))
    assert _later(single) == contents[1:]
    (single,) = open_source(str(tmp_path / names[1]))
    assert single.is_later
    assert _later(single) == []


def test_names_run_on_from_e99(tmp_path: Path) -> None:
    """EAA follows E99, and FAA follows EZZ."""
    names = ["a.E01", *(f"a.E{number:02}" for number in range(2, 100)), "a.EAA", "a.EAB"]
    _write(tmp_path, {name: _ewf(number) for number, name in enumerate(names, start=1)})
    items = _items(tmp_path)
    assert len(_later(items["a.E01"])) == 100
    assert items["a.EAB"].is_later


@pytest.mark.parametrize(
    "files",
    [
        # A gap.
        {"a.E01": _ewf(1), "a.E03": _ewf(3)},
        # Pictures that a camera numbered.
        {"a.001": b"\xff\xd8\xff" + bytes(1021), "a.002": b"\xff\xd8\xff" + bytes(1021)},
        # Another image's segment, and one longer than the first.
        {"a.E01": _ewf(1), "a.E02": _ewf(3)},
        {"a.001": _disk(1024), "a.002": _disk(2048)},
        {"a.aa": b"some text", "a.ab": b"more"},
        {"a.jpg": b"", "a.aaa": b""},
        # Files of another folder, and the description itself.
        {"a.vmdk": _vmdk("../a-flat.vmdk", "/etc/passwd", "a.vmdk"), "a-flat.vmdk": b""},
    ],
)
def test_names_alone_join_nothing(tmp_path: Path, files: dict[str, bytes]) -> None:
    """Files whose content does not continue each other are items of their own, whatever they are called."""
    _write(tmp_path, files)
    for item in _items(tmp_path).values():
        assert not item.is_later
        assert _later(item) == []


def test_segments_are_never_fetched_through_a_link(tmp_path: Path) -> None:
    """A link beside an image, named as its next segment, is not followed."""
    _write(tmp_path, {"a.E01": _ewf(1), "elsewhere": _ewf(2)})
    (tmp_path / "a.E02").symlink_to(tmp_path / "elsewhere")
    assert _later(_items(tmp_path)["a.E01"]) == []


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    """Walking over segments, and asking for them, closes whatever it opened."""
    _write(tmp_path, {"a.E01": _ewf(1), "a.E02": _ewf(2), "a.E03": _ewf(9)})
    before = len(os.listdir("/proc/self/fd"))
    items = _items(tmp_path)
    for item in items.values():
        _later(item)
    del items, item
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.parametrize(
    ("name", "asked"), [("a.jpg", []), ("a.feu", ["a.e01", "a.s01"]), ("a.E99", ["a.E01", "a.S01"])]
)
def test_endings_that_no_segment_reaches_open_nothing(name: str, asked: list[str]) -> None:
    """The last of 900 segments has an ending before .jpg, which therefore costs no look at other files."""
    opened: list[str] = []

    def opener(sibling: str) -> None:
        opened.append(sibling)

    assert not is_later_segment(name, opener)
    assert opened == asked
