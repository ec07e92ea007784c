"""Folders of HFS+ that The Sleuth Kit refuses, by libfshfs.

The Sleuth Kit of 2026 takes the record that begins a folder for broken where it lies near the end of its node of the
catalog, which happens to one folder in ten or twenty, and gives nothing of what is in it.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pyfshfs

from unseen.model import ByteSource
from unseen.sources.filesystems.asking import View, ask

__all__ = ["Folders"]

# As The Sleuth Kit writes names: a slash is a letter like any other on HFS+, where colons part a path.
_WRITTEN = str.maketrans({"/": ":", "\0": "^"})


class Folders:
    """The names in folders of a volume."""

    def __init__(self, source: ByteSource) -> None:
        """Take a volume; it is opened when a folder is asked for."""
        self._view = View(source)
        self._volume: Any = None

    def __call__(self, number: int) -> Iterator[tuple[str, int]]:
        """Give name and number of all that lies in a folder.

        Raises:
            UnreadError: This library cannot read it either.
        """
        if self._volume is None:
            volume = pyfshfs.volume()
            ask(self._view, lambda: volume.open_file_object(self._view))
            self._volume = volume
        folder = ask(self._view, lambda: self._volume.get_file_entry_by_identifier(number))
        for index in range(ask(self._view, lambda: int(folder.number_of_sub_file_entries))):
            yield ask(self._view, partial(_child, folder, index))


def _child(folder: Any, index: int) -> tuple[str, int]:
    entry = folder.get_sub_file_entry(index)
    return str(entry.name).translate(_WRITTEN), int(entry.identifier)
