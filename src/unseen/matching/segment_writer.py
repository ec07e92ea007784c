"""Write the index of a store: new files beside the old ones, then one rename. Not here: how it is searched.

Whatever is interrupted, at any write, leaves the current generation as it was.
"""

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from unseen import kernel
from unseen.errors import IndexFileError, UsageError
from unseen.matching.index import PERCEPTUAL, THRESHOLD_BITS_DEFAULT, Index
from unseen.matching.index_file import TEMPORARY_PREFIX, FileRef, replace_file, write_named
from unseen.matching.manifest import (
    CURRENT,
    ColumnFiles,
    HeldManifest,
    ListFiles,
    Manifest,
    clear_away,
    manifest_path,
)
from unseen.matching.segments import REMOVED, kind_of, read_removed, read_rows, read_segment
from unseen.model import Codes

__all__ = ["IndexWriter", "building_bytes"]

Values = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.int64]

# Additions lie in a second segment, which is written anew with every change. Beyond this many, or a quarter of the
# large one, both become one.
_ADDED_MAX = 1 << 20
_BESIDES_BYTES = 1 << 24
_DIGESTS_AT_ONCE = 1 << 20


def building_bytes(count: int, threshold_bits: int = THRESHOLD_BITS_DEFAULT) -> int:
    """Memory that building the index of a list takes at its highest, the list itself and its keys included."""
    entire = 40 * count + kernel.index_bytes(count, threshold_bits)
    # The table of checksums, held some times over, and what any process needs to write a file.
    return entire + entire // 256 + _BESIDES_BYTES


def _as_bytes(values: Values) -> npt.NDArray[np.void]:
    return np.ascontiguousarray(values).view(np.dtype((np.void, values.shape[1])))[:, 0]


def _is_in_order(values: Values) -> bool:
    """Whether digests ascend already, so that they can be written from where they lie, be that a file."""
    before = b""
    for at in range(0, len(values), _DIGESTS_AT_ONCE):
        some = values[at : at + _DIGESTS_AT_ONCE]
        if some[0].tobytes() < before or (np.argsort(_as_bytes(some), kind="stable") != np.arange(len(some))).any():
            return False
        before = some[-1].tobytes()
    return True


def _join(held: tuple[Values, Rows], added: tuple[Values, Rows], removed: Rows) -> tuple[Values, Rows]:
    """What is held and neither removed nor given anew, and then what is added."""
    kept = ~np.isin(held[1], removed) & ~np.isin(held[1], added[1])
    return np.concatenate([held[0][kept], added[0]]), np.concatenate([held[1][kept], added[1]])


class IndexWriter:
    """The one writer of an index: others wait until it is closed. Nothing counts before `publish`."""

    def __init__(self, folder: Path, *, threshold_bits: int = THRESHOLD_BITS_DEFAULT) -> None:
        """Wait for the right to write.

        Args:
            folder: Of the index; made with mode 0700 where there is none.
            threshold_bits: Largest radius for which tables are made; larger ones are answered too, only slower.

        Raises:
            IndexFileError: The folder cannot be written.
        """
        self._folder = folder
        self._threshold_bits = threshold_bits
        self._descriptor = -1
        with self._translated():
            (folder / "segments").mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            current = HeldManifest(folder)
        except IndexFileError:
            # Nothing there, or nothing that can be trusted: lists that are not put anew are without an index.
            manifest = Manifest(self._last_generation(), ())
        else:
            manifest = current.manifest
            current.close()
        self._generation = manifest.generation
        self._lists = {files.name: files for files in manifest.lists}

    def names(self) -> set[str]:
        """Names of the lists that the next generation will hold."""
        return set(self._lists)

    def put_list(self, name: str, version: str, columns: Sequence[Codes]) -> None:
        """Build the index of a list from all its entries, in place of what there was.

        Args:
            name: Of the list.
            version: Tells the state of the list in the store, in hexadecimal.
            columns: One for each signal of `Signal` that occurs.

        Raises:
            IndexFileError: The files cannot be written.
        """
        built = [
            ColumnFiles(codes.signal, (self._write(codes.signal, codes.values, codes.rows),), None) for codes in columns
        ]
        self._lists[name] = ListFiles(name, version, self._threshold_bits, tuple(built))

    def change_list(self, name: str, version: str, signal: str, *, added: tuple[Values, Rows], removed: Rows) -> None:
        """Add and remove entries of one signal of a list; its large segment stays as it is.

        Args:
            name: Of the list.
            version: Tells the state of the list in the store afterwards, in hexadecimal.
            signal: Of these entries.
            added: Values and keys of new entries; what a key stood for before is replaced.
            removed: Keys of entries that are none any more. Keys that stand for none do no harm.

        Raises:
            UsageError: There is no index of this list.
            IndexFileError: A file is damaged, or cannot be written.
        """
        files = self._lists.get(name)
        if files is None:
            raise UsageError(f"there is no index of list {name!r} to change", hint="build it from all entries first")
        before = next((each for each in files.columns if each.signal == signal), ColumnFiles(signal, (), None))
        changed = self._change(before, added, np.unique(removed))
        others = [each for each in files.columns if each.signal != signal]
        self._lists[name] = ListFiles(name, version, files.threshold_bits, (*others, changed))

    def version(self, name: str) -> str | None:
        """Which state of a list the next generation will hold; None where it holds none."""
        files = self._lists.get(name)
        return None if files is None else files.version

    def set_version(self, name: str, version: str) -> None:
        """Say that the entries of a list in another state are those that the index holds.

        Raises:
            UsageError: There is no index of this list.
        """
        files = self._lists.get(name)
        if files is None:
            raise UsageError(f"there is no index of list {name!r}", hint="build it from all entries first")
        self._lists[name] = replace(files, version=version)

    def drop_list(self, name: str) -> None:
        """Leave a list out of the next generation; no error where there is none."""
        self._lists.pop(name, None)

    def publish(self) -> str:
        """Make all of this the current generation, in one step, and clear away what nobody reads any more.

        Returns:
            Digest of the generation.

        Raises:
            IndexFileError: The files cannot be written; the current generation is as it was.
        """
        self._generation += 1
        text = Manifest(self._generation, tuple(self._lists.values())).to_bytes()
        sha256 = hashlib.sha256(text).hexdigest()
        path = manifest_path(self._folder, self._generation)
        with self._translated():
            replace_file(path, [text])
            replace_file(self._folder / CURRENT, [f"{path.name} {sha256}\n".encode()])
        # A full disk or a foreign owner must not undo what is done: the next writer clears away.
        with contextlib.suppress(OSError, ValueError):
            self._clear_away()
        return sha256

    def _change(self, before: ColumnFiles, added: tuple[Values, Rows], removed: Rows) -> ColumnFiles:
        values, rows = added
        base, *later = before.segments or (None,)
        for file in later:
            values, rows = _join(read_segment(self._folder, before.signal, file), (values, rows), removed)
        base_rows = np.empty(0, np.int64) if base is None else read_rows(self._folder, before.signal, base)
        # What was in the later segment is gone with it, and what is nowhere needs no mark.
        removed = removed[np.isin(removed, base_rows)]
        removed = np.union1d(read_removed(self._folder, before.removed), removed)
        is_large = max(len(rows), len(removed)) > max(_ADDED_MAX, len(base_rows) // 4)
        # A key may be given out again; then the entry for which it stood must be gone for good.
        if base is None or is_large or np.isin(rows, base_rows).any():
            if base is not None:
                values, rows = _join(read_segment(self._folder, before.signal, base), (values, rows), removed)
            order = np.argsort(rows, kind="stable")
            whole = (self._write(before.signal, values[order], rows[order]),) if len(rows) else ()
            return ColumnFiles(before.signal, whole, None)
        segments = (base, self._write(before.signal, values, rows)) if len(rows) else (base,)
        return ColumnFiles(before.signal, segments, self._write_removed(removed))

    def _write(self, signal: str, values: Values, rows: Rows) -> FileRef:
        folder = self._folder / "segments"
        rows = np.ascontiguousarray(rows, dtype=np.int64)
        if signal in PERCEPTUAL:
            index = Index.build(values, threshold_bits=self._threshold_bits)
            parts = [*index.parts(), ("rows", rows.view(np.uint8))]
            return write_named(folder, kind_of(signal), index.facts(), parts)
        facts = {"signal": signal, "digest_bytes": values.shape[1], "count": len(rows)}
        if not _is_in_order(values):
            order = np.argsort(_as_bytes(values), kind="stable")
            values, rows = values[order], rows[order]
        parts = [("sorted", values.reshape(-1)), ("rows", rows.view(np.uint8))]
        return write_named(folder, kind_of(signal), facts, parts)

    def _write_removed(self, removed: Rows) -> FileRef | None:
        if not len(removed):
            return None
        parts = [("rows", np.ascontiguousarray(removed, dtype=np.int64).view(np.uint8))]
        return write_named(self._folder / "segments", REMOVED, {"count": len(removed)}, parts)

    def _clear_away(self) -> None:
        current = manifest_path(self._folder, self._generation)
        held = [path for path in self._folder.glob("MANIFEST-*.json") if path == current or clear_away(path)]
        wanted = {f"{name}.seg" for path in held for name in Manifest.parse(path.read_bytes()).files()}
        for path in (self._folder / "segments").iterdir():
            if path.name not in wanted:
                path.unlink()
        for path in self._folder.glob(f"{TEMPORARY_PREFIX}*"):
            path.unlink()

    def _last_generation(self) -> int:
        numbers = [path.stem.partition("-")[2] for path in self._folder.glob("MANIFEST-*.json")]
        return max((int(number) for number in numbers if number.isdecimal()), default=0)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise IndexFileError(
                f"{self._folder}: cannot write the index: {error.strerror or error}",
                hint="the index is only a cache: lists are searched without it, after being read from the store",
            ) from error

    def close(self) -> None:
        """Let others write; what was not published is forgotten."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
