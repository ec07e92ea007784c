"""Lists of paths, as `find` writes them."""

import io
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.errors import SourceError
from unseen.model import Reason
from unseen.sources import open_listed, paths_from

paths = st.binary(min_size=1, max_size=300).filter(lambda path: b"\0" not in path)


@given(st.lists(paths, max_size=40))
def test_paths_ended_by_zero_bytes_come_back_as_they_were(written: list[bytes]) -> None:
    """Newlines in names are kept, and so are bytes that are not UTF-8."""
    stream = io.BytesIO(b"".join(path + b"\0" for path in written))
    assert [os.fsencode(path) for path in paths_from(stream)] == written


@given(st.lists(paths.filter(lambda path: b"\n" not in path), max_size=40), st.booleans())
def test_paths_ended_by_newlines_come_back_as_they_were(written: list[bytes], last: bool) -> None:
    """With or without a newline at the end."""
    text = b"\n".join(written) + (b"\n" if last else b"")
    assert [os.fsencode(path) for path in paths_from(io.BytesIO(text))] == written


def test_empty_lists_and_empty_lines_give_nothing() -> None:
    """An empty name is no path."""
    assert list(paths_from(io.BytesIO(b""))) == []
    assert list(paths_from(io.BytesIO(b"\n\na\n\n"))) == ["a"]


def test_long_lists_come_whole_through_a_pipe_that_gives_little_at_a_time() -> None:
    """A pipe hands over what it has; where its pieces end makes no difference."""
    written = [f"folder/{number}\n" for number in range(20_000)]
    reading, writing = os.pipe()

    def write() -> None:
        with open(writing, "wb", buffering=0) as stream:
            text = "\0".join(written).encode()
            stream.writelines(text[start : start + 777] for start in range(0, len(text), 777))

    writer = threading.Thread(target=write)
    writer.start()
    with open(reading, "rb", buffering=0) as stream:
        assert list(paths_from(stream)) == written
    writer.join()


def test_a_stretch_without_separator_is_refused() -> None:
    """It is no list of paths, and would be read into memory whole."""
    with pytest.raises(SourceError, match="path 2 of the list has more than 65,536 bytes"):
        list(paths_from(io.BytesIO(b"a\n" + bytes([65]) * 200_000)))


def test_listed_paths_are_files_folders_or_items_with_a_reason(tmp_path: Path) -> None:
    """A path that has gone does not end the scan, and links are not followed."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("folder/file")
    os.mkfifo(tmp_path / "fifo")
    listed = [f"{tmp_path}/{name}" for name in ("folder", "folder/file", "link", "fifo", "absent", "zero\0byte")]
    opened = [(str(item.locator), item.open()) for item in open_listed(listed)]
    for _, descriptor in opened:
        if isinstance(descriptor, int):
            os.close(descriptor)
    assert [(locator, opened if isinstance(opened, Reason) else None) for locator, opened in opened] == [
        (f"{tmp_path}/folder/file", None),
        (f"{tmp_path}/folder/file", None),
        (f"{tmp_path}/link", Reason.UNSUPPORTED),
        (f"{tmp_path}/fifo", Reason.UNSUPPORTED),
        (f"{tmp_path}/absent", Reason.UNREADABLE),
        (f"{tmp_path}/zero\0byte", Reason.UNREADABLE),
    ]


def test_a_listed_path_behind_a_closed_folder_is_unreadable(open_folder: Path, as_nobody: Callable[[], None]) -> None:
    """Nobody can tell whether anything lies there."""
    (open_folder / "closed").mkdir(mode=0)
    as_nobody()
    (item,) = open_listed([f"{open_folder}/closed/file"])
    assert item.open() == Reason.UNREADABLE


def test_a_list_that_cannot_be_read_is_refused() -> None:
    """As when the program that writes it takes its disk away."""

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "damaged")

    with pytest.raises(SourceError, match="cannot read the list of paths: damaged"):
        list(paths_from(Broken()))
