"""Where the ledger's files and the signing keys lie, and files that are made whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from unseen.errors import SigningKeyError, UnseenError, UsageError

__all__ = ["LEDGER_FOLDER", "key_folder", "new_file"]

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
