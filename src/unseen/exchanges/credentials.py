"""What a custodian proves itself to a service with. It shows in no message, log or `repr`."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from unseen.errors import ExchangeError

__all__ = ["Login", "Secret", "read_secret"]

# A login, a token or a key of any service; a larger file is some other file.
SECRET_BYTES_MAX = 16_384
# Read, write or run by the group or by anybody else.
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A password or token; `reveal` is the only way to it, so that every use can be searched for."""

    _value: str

    def reveal(self) -> str:
        """The value itself, for the wire."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(...)"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Login:
    """A user's name and password, as HTTP Basic wants them."""

    user: str
    password: Secret

    @classmethod
    def parse(cls, secret: Secret) -> "Login":
        """Read `user:password`, or the two in a line each.

        Raises:
            ExchangeError: There are not two parts.
        """
        text = secret.reveal().strip()
        user, _, password = text.partition("\n" if "\n" in text else ":")
        if not user.strip() or not password.strip():
            raise ExchangeError("the credentials are not user:password", hint="two lines, user and password, do too")
        return cls(user.strip(), Secret(password.strip()))


def read_secret(path: Path) -> Secret:
    """Read a secret from a file that nobody but its owner may read.

    Raises:
        ExchangeError: The file cannot be read, is open to others, is empty, or is no short text.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise ExchangeError(f"{path} is no file of credentials")
            # Of what was opened, not of the name: between two looks at a name it may come to mean another file.
            if status.st_mode & _OTHERS:
                raise ExchangeError(
                    f"others may read the credentials in {path}: mode {stat.S_IMODE(status.st_mode):04o}, must be 0600",
                    hint=f"chmod 600 {path}",
                )
            content = file.read(SECRET_BYTES_MAX + 1)
    except OSError as error:
        raise ExchangeError(f"cannot read credentials from {path}: {error.strerror or error}") from None
    if len(content) > SECRET_BYTES_MAX:
        raise ExchangeError(
            f"{path} has more than {SECRET_BYTES_MAX:,} bytes: it holds something else than credentials"
        )
    try:
        text = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        raise ExchangeError(f"{path} is no text in UTF-8") from None
    if not text:
        raise ExchangeError(f"{path} is empty")
    return Secret(text)
