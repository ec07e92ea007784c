"""Where the ledger's files and the signing keys lie."""

import os
from pathlib import Path

from unseen.errors import SigningKeyError

__all__ = ["LEDGER_FOLDER", "key_folder"]

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
