"""Which files make up the index of a store: a manifest per generation, one of them current. Not here: their content."""

import errno
import fcntl
import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from unseen.errors import IndexFileError
from unseen.matching.index_file import FileRef

__all__ = [
    "CURRENT",
    "ColumnFiles",
    "HeldManifest",
    "ListFiles",
    "Manifest",
    "clear_away",
    "manifest_path",
    "segment_path",
]

_FORMAT = 1
_HINT = "the index is only a cache: delete its directory, and it is built anew from the store"
# A writer may swap generations while we read; it cannot do so this often.
_ATTEMPTS = 100

CURRENT = "CURRENT"
_CURRENT = re.compile(rb"(MANIFEST-[0-9]+\.json) ([0-9a-f]{64})\n")


@dataclass(frozen=True, slots=True)
class ColumnFiles:
    """All entries of one signal in one list.

    Attributes:
        signal: Name of the signal.
        segments: The large one first, then the one of later additions, if any.
        removed: Rows that stand in the segments and are not entries any more; None for none.
    """

    signal: str
    segments: tuple[FileRef, ...]
    removed: FileRef | None


@dataclass(frozen=True, slots=True)
class ListFiles:
    """The index of one list.

    Attributes:
        name: The list's name.
        version: Tells the state of the list in the store from which this was made, in hexadecimal.
        threshold_bits: Radius for which its tables were made; others are answered too.
        columns: One for each signal.
    """

    name: str
    version: str
    threshold_bits: int
    columns: tuple[ColumnFiles, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One generation of the index: the lists it holds, by name."""

    generation: int
    lists: tuple[ListFiles, ...]

    def find(self, name: str) -> ListFiles | None:
        """The index of a list, or None where it has none."""
        return next((each for each in self.lists if each.name == name), None)

    def files(self) -> set[str]:
        """Names of all files of this generation."""
        return {
            file.sha256
            for each in self.lists
            for column in each.columns
            for file in [*column.segments, *([column.removed] if column.removed else [])]
        }

    def to_bytes(self) -> bytes:
        """The file of this manifest: the same lists give the same bytes."""
        lists = [asdict(each) for each in sorted(self.lists, key=lambda each: each.name)]
        content = {"format": _FORMAT, "generation": self.generation, "lists": lists}
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"

    @classmethod
    def parse(cls, text: bytes) -> Self:
        """Read a manifest.

        Raises:
            ValueError: It is none, or of another format.
        """
        content = json.loads(text)
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            raise ValueError(f"a manifest of another format, this version reads {_FORMAT}")
        return cls(content["generation"], tuple(_list_files(each) for each in content["lists"]))


def _list_files(content: dict[str, Any]) -> ListFiles:
    columns = (
        ColumnFiles(
            column["signal"],
            tuple(FileRef(**file) for file in column["segments"]),
            None if column["removed"] is None else FileRef(**column["removed"]),
        )
        for column in content["columns"]
    )
    return ListFiles(content["name"], content["version"], content["threshold_bits"], tuple(columns))


class HeldManifest:
    """The current manifest, and the promise that its files stay as long as this is held.

    Attributes:
        manifest: What it says.
        sha256: Digest of its file; names the generation in every result.
    """

    __slots__ = ("_descriptor", "_folder", "manifest", "sha256")

    def __init__(self, folder: Path) -> None:
        """Open the current manifest.

        Raises:
            IndexFileError: There is none, or it is torn, altered or foreign.
        """
        self._folder = folder
        self._descriptor = -1
        try:
            path, sha256 = self._take()
            text = path.read_bytes()
            self.manifest = _parse_as(sha256, text)
        except OSError as error:
            self.close()
            raise IndexFileError(f"{folder}: cannot read the index: {error.strerror or error}", hint=_HINT) from error
        except (KeyError, TypeError, ValueError) as error:
            self.close()
            raise IndexFileError(f"{folder}: not made as the format says: {error}", hint=_HINT) from error
        self.sha256 = sha256

    def _take(self) -> tuple[Path, str]:
        """The manifest that is current while it is locked against being cleared away."""
        for _ in range(_ATTEMPTS):
            current = _read_current(self._folder)
            name, sha256 = current
            path = self._folder / name
            try:
                self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                fcntl.flock(self._descriptor, fcntl.LOCK_SH)
                if os.path.samestat(os.fstat(self._descriptor), path.stat()):
                    return path, sha256
            except FileNotFoundError:
                if _read_current(self._folder) == current:
                    raise
            self.close()
        raise BlockingIOError(errno.EAGAIN, "it changes faster than it can be opened")

    def is_current(self) -> bool:
        """Whether no later generation has taken its place."""
        try:
            return _read_current(self._folder)[1] == self.sha256
        except (OSError, ValueError):
            return False

    def close(self) -> None:
        """Let the files go; those that are mapped already stay readable."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __del__(self) -> None:
        self.close()


def manifest_path(folder: Path, generation: int) -> Path:
    """Where the manifest of a generation lies."""
    return folder / f"MANIFEST-{generation}.json"


def segment_path(folder: Path, sha256: str) -> Path:
    """Where a file of the index lies."""
    return folder / "segments" / f"{sha256}.seg"


def _read_current(folder: Path) -> tuple[str, str]:
    """Name and digest of the current manifest."""
    text = (folder / CURRENT).read_bytes()
    found = _CURRENT.fullmatch(text)
    if found is None:
        raise ValueError(f"{CURRENT} does not name a manifest")
    return found[1].decode(), found[2].decode()


def _parse_as(sha256: str, text: bytes) -> Manifest:
    if hashlib.sha256(text).hexdigest() != sha256:
        raise ValueError(f"the manifest's SHA-256 is not the one that {CURRENT} names")
    return Manifest.parse(text)


def clear_away(path: Path) -> bool:
    """Delete a manifest by which nobody reads any more; returns whether somebody still does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        # Taken away while locked: whoever comes later finds that it is gone, and looks again.
        path.unlink()
        return False
    finally:
        os.close(descriptor)
