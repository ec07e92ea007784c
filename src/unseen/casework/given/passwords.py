"""Passwords that open encrypted containers: read from a file, kept in memory, and sent to readers alone."""

from unseen.errors import SourceError
from unseen.sources.layers import NO_SECRETS, Secrets

__all__ = ["read_passwords"]

# Each is tried on each encrypted container, and some take a second for a try: a word list is not what this is for.
_PASSWORDS_MAX = 1_000
# As many as a reader takes; keys of disks have fewer.
_PASSWORD_BYTES_MAX = 4_096
_FILE_BYTES_MAX = 1 << 20


def read_passwords(path: str | None) -> Secrets:
    """Read a file of passwords, one in each line, in UTF-8; nothing but the end of the line is cut off.

    Raises:
        SourceError: It cannot be read, is not UTF-8, or holds too much. No message holds a password.
    """
    if path is None:
        return NO_SECRETS
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # as text given
            data = file.read(_FILE_BYTES_MAX + 1)
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except OSError as error:
        raise SourceError(f"cannot read the passwords in {path!r}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SourceError(f"the passwords in {path!r} are not UTF-8", hint="one password in each line") from None
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    passwords = tuple(dict.fromkeys(line for line in lines if line))
    longest_bytes = max((len(password.encode()) for password in passwords), default=0)
    if len(data) > _FILE_BYTES_MAX or len(passwords) > _PASSWORDS_MAX or longest_bytes > _PASSWORD_BYTES_MAX:
        limits = f"at most {_PASSWORDS_MAX:,}, of {_PASSWORD_BYTES_MAX:,} bytes each"
        raise SourceError(f"there are too many or too long passwords in {path!r}", hint=limits)
    return Secrets(passwords=passwords)
