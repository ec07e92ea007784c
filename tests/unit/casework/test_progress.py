"""How far a scan has come: by items and by bytes, with what lies in containers."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from unseen.casework import progress
from unseen.casework.progress import CountAhead, Progress, Watched
from unseen.cli.progress import progress_words
from unseen.darkroom import Darkroom
from unseen.model import Item, ItemHashes, Locator, Reason, State


def _item(locator: Locator) -> Item:
    return Item(locator, State.ALLOCATED, lambda: Reason.UNREADABLE)


def _hashes(size_bytes: int) -> ItemHashes:
    return ItemHashes(size_bytes=size_bytes, sha256=None, sha1=None, md5=None)


class _Darkroom:
    """Answers a container of a hundred bytes behind two members that unpack to more, and then a file."""

    def __init__(self, folder: Path) -> None:
        self.archive = Locator.of_file(str(folder / "a.zip"))
        self.file = Locator.of_file(str(folder / "b"))
        (folder / "a.zip").write_bytes(bytes(100))
        (folder / "b").write_bytes(bytes(50))

    def develop(self, _items: object, *, choose: object) -> Iterator[tuple[Item, ItemHashes]]:
        """Give what was drawn up."""
        assert choose is None
        yield _item(self.archive.inside("zip", "one")), _hashes(40)
        yield _item(self.archive.inside("zip", "two")), _hashes(400)
        yield _item(self.archive), _hashes(100)
        yield _item(self.file), _hashes(50)


def test_members_are_added_to_the_items_and_are_a_part_of_the_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole grows by each member that turns up; bytes are those of the sources' own files, and only ever rise."""
    monkeypatch.setattr(progress, "_EVERY_S", 0.0)
    darkroom, told = _Darkroom(tmp_path), list[Progress]()
    with CountAhead([_item(darkroom.archive), _item(darkroom.file)]) as ahead:
        ahead._thread.join()
        watched = Watched(cast("Darkroom", darkroom), told.append, before=(0, 0), ahead=ahead)
        assert len(list(watched.develop([], choose=None))) == 4  # type: ignore[arg-type]  # nothing is chosen here
    assert [(one.files, one.files_total) for one in told] == [(1, 3), (2, 4), (3, 4), (4, 4), (4, 4)]
    assert [(one.size_bytes, one.size_bytes_total) for one in told] == [
        (40, 150), (100, 150), (100, 150), (150, 150), (150, 150)
    ]  # fmt: skip


def test_what_an_earlier_run_has_done_is_done_and_not_of_this_rate(tmp_path: Path) -> None:
    """Bytes of the earlier run count as done; how long the rest takes is told from this run alone."""
    watched = Watched(cast("Darkroom", _Darkroom(tmp_path)), lambda _: None, before=(7, 1_000), ahead=None)
    list(watched.develop([], choose=None))  # type: ignore[arg-type]  # nothing is chosen here
    assert (watched._files, watched._size_bytes) == (11, 1_150)
    told = Progress(10, 5, 6_000_000, 4_000_000, 10.0, 20, 9_000_000)
    assert progress_words(told).endswith(", 0:15 left")
    assert " of 20 files" in progress_words(told)


def test_without_bytes_the_time_left_is_that_of_the_items() -> None:
    """A thousand empty files are a thousand files; before anything is done nothing is known."""
    assert progress_words(Progress(10, 0, 0, 0, 10.0, 20, 0)).endswith("0:10 left")
    assert "left" not in progress_words(Progress(0, 0, 0, 0, 10.0, 20, 100))
    assert "left" not in progress_words(Progress(5, 0, 10, 0, 10.0, None, None))
