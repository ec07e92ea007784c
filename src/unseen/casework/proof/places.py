"""Where stores, their files and the signing keys lie, and files that are made whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from unseen.errors import SigningKeyError, StoreError, UnseenError, UsageError
from unseen.store import Store, is_url, open_store

__all__ = ["LEDGER_FOLDER", "files_of", "is_there", "key_folder", "new_file", "open_to_read", "open_to_write"]

# Inside a store; only files that can be verified lie there, never a secret.
LEDGER_FOLDER = "ledger"


def key_folder() -> Path:
    """Where signing keys lie: `UNSEEN_KEYS`, or the user's configuration directory.

    Raises:
        SigningKeyError: There is no such directory.
    """
    if chosen := os.environ.get("UNSEEN_KEYS"):
        return Path(chosen)
    if configured := os.environ.get("XDG_CONFIG_HOME"):
        return Path(configured) / "unseen" / "keys"
    try:
        return Path.home() / ".config" / "unseen" / "keys"
    except RuntimeError as error:
        raise SigningKeyError("there is no home directory for signing keys", hint="set UNSEEN_KEYS") from error


def open_to_read(location: str | Path) -> Store:
    """Open a store that there is, for reading only.

    Args:
        location: Its directory, or its address on a server.

    Raises:
        StoreError: There is none, or it cannot be opened.
    """
    return open_store(location, create=False, read_only=True, state=_state_folder(location))


def open_to_write(location: str | Path, *, create: bool) -> Store:
    """Open a store without its ledger; see `open_recorded`, which opens it with that.

    Raises:
        StoreError: It cannot be opened, or there is none and it is not to be made.
    """
    return open_store(location, create=create, state=_state_folder(location))


def is_there(location: str | Path) -> bool:
    """Whether anything lies where a store would; at an address, whoever opens it will hear."""
    return is_url(location) or Path(location).exists()


def files_of(location: str | Path) -> Path:
    """The directory of the files of a store: the ledger's among others. Opens it only where its address tells none.

    Raises:
        StoreError: It is on a server, and there is none or it cannot be opened.
    """
    if not is_url(location):
        return Path(location)
    with open_to_read(location) as store:
        return store.path


def _state_folder(location: str | Path) -> Path | None:
    """Where the files of stores on servers lie: `UNSEEN_STATE`, or the user's directory for what programs keep."""
    if not is_url(location):
        return None
    if chosen := os.environ.get("UNSEEN_STATE"):
        return Path(chosen)
    if configured := os.environ.get("XDG_STATE_HOME"):
        return Path(configured) / "unseen"
    try:
        return Path.home() / ".local" / "state" / "unseen"
    except RuntimeError as error:
        raise StoreError("there is no home directory for the files of the store", hint="set UNSEEN_STATE") from error


@contextmanager
def new_file(path: Path, error_kind: type[UnseenError]) -> Iterator[IO[bytes]]:
    """A file for its owner alone, whose name is taken at once, and which holds something only when it is complete.

    Args:
        path: Of a file that does not exist yet.
        error_kind: Raised where it cannot be written.

    Raises:
        UsageError: It exists.
    """
    part = path.with_name(path.name + ".part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    made: list[Path] = []
    try:
        os.close(os.open(path, flags, 0o600))
        made.append(path)
        descriptor = os.open(part, flags, 0o600)
        made.append(part)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
        part.replace(path)
        made.clear()
    except FileExistsError as error:
        raise UsageError(f"{error.filename} exists already", hint="give the name of a new file") from error
    except OSError as error:
        raise error_kind(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        for leftover in made:
            leftover.unlink(missing_ok=True)
