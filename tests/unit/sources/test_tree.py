"""What a walk gives for everything a directory can hold."""

import errno
import os
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unseen.errors import SourceError
from unseen.model import Item, Reason
from unseen.sources import open_source, open_sources
from unseen.sources.files import Directory
from unseen.sources.tree import DEPTH_MAX


def read(item: Item) -> bytes | Reason:
    """What opening an item gives: its bytes, or why not."""
    opened = item.open()
    if not isinstance(opened, int):
        assert isinstance(opened, bytes | Reason)
        return opened
    with open(opened, "rb") as stream:
        return stream.read()


def contents(items: Iterator[Item]) -> dict[str, bytes | Reason]:
    """Every item by its locator; fails if one comes twice."""
    found: dict[str, bytes | Reason] = {}
    for item in items:
        assert str(item.locator) not in found
        found[str(item.locator)] = read(item)
    return found


def test_every_file_of_a_tree_comes_once_under_the_path_as_given(tmp_path: Path) -> None:
    """Locators are the source's text joined with what lies below it."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "top").write_bytes(b"1")
    (tmp_path / "a" / "middle").write_bytes(b"2")
    (tmp_path / "a" / "b" / "deep").write_bytes(b"")
    source = f"{tmp_path}/./a/../"
    assert contents(open_source(source)) == {source + "top": b"1", source + "a/middle": b"2", source + "a/b/deep": b""}


def test_a_single_file_is_a_source(tmp_path: Path) -> None:
    """Its locator is the path as given, and the path may be a link."""
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert contents(open_source(f"{tmp_path}/file")) == {f"{tmp_path}/file": b"x"}
    assert contents(open_source(f"{tmp_path}/link")) == {f"{tmp_path}/link": b"x"}


@pytest.mark.parametrize("text", ["", "absent", "file/below", "zero\0byte"])
def test_a_source_that_does_not_exist_is_refused_before_anything_starts(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error comes from the call itself, not from the first item asked for."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SourceError):
        open_sources([str(tmp_path), text])


def test_names_that_are_not_utf8_or_hold_newlines_are_items(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 stand in the locator as surrogateescape holds them."""
    folder = os.fsencode(tmp_path)
    for name in (b"\xff\xfe", b"two\nlines", b" blank ", b"-", "ü".encode()):
        with open(os.path.join(folder, name), "wb") as stream:
            stream.write(name)
    found = contents(open_source(str(tmp_path)))
    assert found[f"{tmp_path}/\udcff\udcfe"] == b"\xff\xfe"
    assert set(found.values()) == {b"\xff\xfe", b"two\nlines", b" blank ", b"-", "ü".encode()}


def test_a_link_into_the_sources_is_passed_over_and_any_other_is_unsupported(tmp_path: Path) -> None:
    """Nothing outside the sources is ever read through a link, and no link hides that it was there."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "secret").write_bytes(b"examiner's own")
    (inside / "sub" / "file").write_bytes(b"x")
    (inside / "to_file").symlink_to("sub/file")
    (inside / "to_folder").symlink_to("sub")
    (inside / "sub" / "to_parent").symlink_to("..")
    (inside / "out_file").symlink_to(outside / "secret")
    (inside / "out_folder").symlink_to(outside)
    (inside / "out_sibling").symlink_to(tmp_path / "inside_not")
    (inside / "dangling").symlink_to("nowhere")
    (inside / "circle").symlink_to("circle")
    refused = ("out_file", "out_folder", "out_sibling", "dangling", "circle")
    assert contents(open_source(str(inside))) == {
        f"{inside}/sub/file": b"x",
        **{f"{inside}/{name}": Reason.UNSUPPORTED for name in refused},
    }


def test_a_link_from_one_source_into_another_is_passed_over(tmp_path: Path) -> None:
    """Its target is screened where it really lies."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "file").write_bytes(b"x")
    (tmp_path / "a" / "link").symlink_to(tmp_path / "b" / "file")
    both = open_sources([f"{tmp_path}/a", f"{tmp_path}/b"])
    assert contents(both) == {f"{tmp_path}/b/file": b"x"}
    assert contents(open_source(f"{tmp_path}/a")) == {f"{tmp_path}/a/link": Reason.UNSUPPORTED}


def test_fifos_sockets_and_devices_are_unsupported_and_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening one could hang for ever."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert contents(open_source(".")) == {"./fifo": Reason.UNSUPPORTED, "./socket": Reason.UNSUPPORTED}
    assert contents(open_source("fifo")) == {"fifo": Reason.UNSUPPORTED}
    assert contents(open_source("/dev/null")) == {"/dev/null": Reason.UNSUPPORTED}


def test_what_takes_the_place_of_a_file_before_it_is_read_is_not_read(tmp_path: Path) -> None:
    """A fifo does not hang the scan, a link is not followed, a file that vanished is `changed`."""
    for name in ("fifo", "link", "folder", "gone"):
        (tmp_path / name).write_bytes(b"before")
    items = {str(item.locator).rpartition("/")[2]: item for item in open_source(str(tmp_path))}
    for name in items:
        (tmp_path / name).unlink()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "folder").mkdir()
    assert {name: item.open() for name, item in items.items()} == {
        "fifo": Reason.UNSUPPORTED,
        "link": Reason.CHANGED,
        "folder": Reason.CHANGED,
        "gone": Reason.CHANGED,
    }


def test_a_directory_renamed_during_the_walk_is_still_walked(tmp_path: Path) -> None:
    """Descriptors, not names, lead to what lies below; locators keep the name that was seen."""
    folder = tmp_path / "source" / "before"
    folder.mkdir(parents=True)
    for number in range(3):
        (folder / str(number)).write_bytes(b"x")
    items = open_source(str(tmp_path / "source"))
    first = next(items)
    folder.rename(tmp_path / "elsewhere")
    assert read(first) == b"x"
    assert set(contents(items).values()) == {b"x"}


def test_unreadable_files_and_directories_are_items_with_that_reason(
    open_folder: Path, as_nobody: Callable[[], None]
) -> None:
    """Both are stated; what lies in an unreadable directory stands for by the directory's own row."""
    (open_folder / "file").write_bytes(b"x")
    (open_folder / "file").chmod(0)
    (open_folder / "folder").mkdir()
    (open_folder / "folder").chmod(0)
    as_nobody()
    assert contents(open_source(str(open_folder))) == {
        f"{open_folder}/file": Reason.UNREADABLE,
        f"{open_folder}/folder": Reason.UNREADABLE,
    }
    with pytest.raises(SourceError, match="Permission denied"):
        open_source(f"{open_folder}/folder")


def test_files_of_somebody_else_are_read_although_their_times_cannot_be_spared(
    open_folder: Path, as_nobody: Callable[[], None]
) -> None:
    """O_NOATIME is refused to anyone but the owner; reading goes on without it."""
    (open_folder / "file").write_bytes(b"x")
    (open_folder / "file").chmod(0o644)
    as_nobody()
    assert contents(open_source(str(open_folder))) == {f"{open_folder}/file": b"x"}


def test_a_directory_to_be_passed_over_is_told_and_not_entered(tmp_path: Path) -> None:
    """It is known by what it is, not by how it is spelled."""
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "unseen.db").write_bytes(b"x")
    told: list[str] = []
    items = open_sources([str(tmp_path)], passed_over=[f"{tmp_path}/store/../store"], on_passed_over=told.append)
    assert list(items) == []
    assert told == [f"{tmp_path}/store"]


def deep_tree(root: Path, levels: int, name: str = "d" * 100) -> None:
    """Folders below folders, deeper than any path may be long, with a file at the bottom."""
    current = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(name, dir_fd=current)
        below = os.open(name, os.O_RDONLY, dir_fd=current)
        os.close(current)
        current = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=current))
    os.close(current)


def test_paths_longer_than_the_kernel_takes_are_read(tmp_path: Path) -> None:
    """Descriptors carry the walk where no path can."""
    deep_tree(tmp_path, 100)
    (locator, value), *others = contents(open_source(str(tmp_path))).items()
    assert len(locator) > 10_000
    assert (value, others) == (b"", [])
    # Such a path can be named as a source, too.
    assert contents(open_source(locator)) == {locator: b""}


def test_folders_deeper_than_the_bound_are_stated(tmp_path: Path) -> None:
    """The last level that is walked has its file read; the folder below it is `too_deep`."""
    deep_tree(tmp_path, DEPTH_MAX - 1, "d")
    assert list(contents(open_source(str(tmp_path))).values()) == [b""]
    deep_tree(tmp_path, DEPTH_MAX, "e")
    assert sorted(map(str, contents(open_source(str(tmp_path))).values())) == ["b''", "too_deep"]


def test_a_walk_short_of_descriptors_says_so(tmp_path: Path) -> None:
    """What could not be entered is stated as `too_deep`; the walk ends well."""
    deep_tree(tmp_path, 100, "d")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        found = contents(open_source(str(tmp_path)))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert list(found.values()) == [Reason.TOO_DEEP]


def test_a_walk_leaves_no_descriptor_open(tmp_path: Path) -> None:
    """Neither when it ends nor when it is left half-way."""
    deep_tree(tmp_path, 20, "d")
    before = len(os.listdir("/proc/self/fd"))
    contents(open_source(str(tmp_path)))
    walk = open_source(str(tmp_path))
    item = next(walk)
    del walk
    assert read(item) == b""
    del item
    assert len(os.listdir("/proc/self/fd")) == before


class StandInScan:
    """What `os.scandir` gives, with trouble where a sound disk has none."""

    def __init__(self, *entries: object) -> None:
        self._entries = iter(entries)

    def __next__(self) -> object:
        entry = next(self._entries)
        if isinstance(entry, OSError):
            raise entry
        return entry

    def close(self) -> None:
        """Nothing to close."""


def test_a_directory_that_cannot_be_read_to_its_end_is_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What came before the damage is screened, and the directory has its row."""
    (tmp_path / "file").write_bytes(b"x")
    with os.scandir(tmp_path) as entries:
        (entry,) = entries
    damaged = StandInScan(entry, OSError(errno.EIO, "damaged"))
    monkeypatch.setattr("unseen.sources.tree.os.scandir", lambda _: damaged)
    assert contents(open_source(str(tmp_path))) == {f"{tmp_path}/file": b"x", str(tmp_path): Reason.UNREADABLE}


def test_an_entry_whose_kind_nobody_tells_is_taken_for_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening it says what it is, or why it cannot be read: never nothing."""

    class Mute:
        name = "file"

    def refuse(*_: object, **__: object) -> bool:
        raise OSError(errno.EIO, "damaged")

    (tmp_path / "file").write_bytes(b"x")
    entries = StandInScan(Mute())
    monkeypatch.setattr("unseen.sources.tree.os.scandir", lambda _: entries)
    monkeypatch.setattr(Mute, "is_file", refuse, raising=False)
    monkeypatch.setattr("unseen.sources.tree.os.DirEntry", Mute)
    assert contents(open_source(str(tmp_path))) == {f"{tmp_path}/file": b"x"}


def test_a_folder_that_is_its_own_ancestor_is_walked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bind mounts and damaged file systems make such circles; here two folders pretend to be one."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "sub" / "file").write_bytes(b"y")
    monkeypatch.setattr(Directory, "identity", lambda _: (1, 2))
    assert contents(open_source(str(tmp_path))) == {f"{tmp_path}/file": b"x"}


def test_a_source_that_vanishes_after_the_start_is_an_item_with_a_reason(tmp_path: Path) -> None:
    """The scan goes on with the others."""
    (tmp_path / "folder").mkdir()
    for name in ("early", "late"):
        (tmp_path / name).write_bytes(b"x")
    texts = [f"{tmp_path}/{name}" for name in ("late", "folder", "early")]
    items = open_sources(texts)
    (tmp_path / "folder").rmdir()
    (tmp_path / "early").unlink()
    late = next(items)
    (tmp_path / "late").unlink()
    assert read(late) == Reason.CHANGED
    assert contents(items) == dict.fromkeys(texts[1:], Reason.CHANGED)


def test_a_name_longer_than_any_file_system_has_is_no_source() -> None:
    """It is refused like any other that does not exist."""
    with pytest.raises(SourceError, match="name too long"):
        open_source("x" * 5_000)
