"""The files that hold contents of found files, encrypted, and whether they are those on record.

A file is written before its row, and its row deleted before the file: whoever is killed in between leaves a file that
nobody has a key for. The next who writes or erases one takes it away.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select

from unseen.errors import LedgerBrokenError, StoreError
from unseen.store.custody.sealed import Sealed, write_sealed
from unseen.store.engine import Store
from unseen.store.schema import preserved

__all__ = ["CONTENTS_FOLDER", "check_contents", "content_path", "keep_content", "keeping", "sweep_contents"]

CONTENTS_FOLDER = "contents"
_PART = ".part"
_BLOCK_BYTES = 1 << 20


def content_path(store: Store, file_sha256: bytes) -> Path:
    """Where the file of a content lies."""
    return store.path / CONTENTS_FOLDER / file_sha256.hex()


@contextmanager
def keeping(store: Store) -> Iterator[None]:
    """Write files and rows while nobody takes away files that have no row yet.

    Raises:
        StoreError: The folder cannot be made.
    """
    with _locked(store, fcntl.LOCK_SH):
        yield


def keep_content(store: Store, key: bytes, chunks: Iterable[bytes], *, belongs_to: bytes, name: str) -> Sealed:
    """Write the file of a content; it lies on the disk for good, and has its name, when this returns.

    Args:
        store: The store, within `keeping`.
        key: 32 random bytes that encrypt nothing else.
        chunks: The content, in pieces of any size; what they raise ends it, and nothing stays.
        belongs_to: What it is the content of.
        name: A name that nobody else uses meanwhile.

    Raises:
        StoreError: The disk is full, or refuses.
    """
    folder = store.path / CONTENTS_FOLDER
    part = folder / (name + _PART)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                sealed = write_sealed(file, key, chunks, belongs_to=belongs_to)
                file.flush()
                os.fsync(descriptor)
            part.replace(folder / sealed.file_sha256.hex())
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync(folder)
    except OSError as error:
        raise StoreError(
            f"cannot keep content in {folder}: {error.strerror or error}",
            hint="is there room on its disk? nothing was kept of it",
        ) from error
    return sealed


def sweep_contents(store: Store) -> int:
    """Take away files that no row speaks of: their keys are gone. Gives how many; none while somebody writes one.

    Raises:
        StoreError: The folder cannot be read or written.
    """
    folder = store.path / CONTENTS_FOLDER
    if not folder.is_dir():
        return 0
    try:
        with _locked(store, fcntl.LOCK_EX | fcntl.LOCK_NB):
            with store.read() as connection:
                named = {digest.hex() for digest in connection.scalars(select(preserved.c.file_sha256))}
            strays = [path for path in folder.iterdir() if path.name not in named]
            for path in strays:
                path.unlink(missing_ok=True)
            _sync(folder)
            return len(strays)
    except BlockingIOError:
        return 0
    except OSError as error:
        raise StoreError(f"cannot tidy {folder}: {error.strerror or error}") from error


def check_contents(store: Store) -> int:
    """Compare the files of all contents with what is on record of them; no key is needed. Gives how many there are.

    Raises:
        LedgerBrokenError: One is missing, or is not what was recorded.
    """
    with store.read() as connection:
        rows = connection.execute(select(preserved.c.id, preserved.c.file_sha256).order_by(preserved.c.id)).all()
    for number, digest in rows:
        found = _digest(content_path(store, digest))
        if found == digest.hex():
            continue
        with store.read() as connection:
            # It may have been erased since the rows were read.
            is_there = connection.execute(select(preserved.c.id).where(preserved.c.id == number)).first() is not None
        if is_there:
            raise LedgerBrokenError(
                f"the content that entry {number} speaks of is not what was kept",
                index=number,
                expected=f"a file with sha256 {digest.hex()}",
                found="nothing" if found is None else f"sha256 {found}",
                hint="restore the file from a copy of the store",
            )
    return len(rows)


def _digest(path: Path) -> str | None:
    digest = sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


@contextmanager
def _locked(store: Store, how: int) -> Iterator[None]:
    folder = store.path / CONTENTS_FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise StoreError(f"cannot use {folder}: {error.strerror or error}") from error
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
