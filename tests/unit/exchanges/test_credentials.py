"""Credentials: from a file that is its owner's alone."""

import os
from pathlib import Path

import pytest

from unseen.errors import ExchangeError
from unseen.exchanges import Login, Secret, read_secret


def write(path: Path, content: bytes, mode: int = 0o600) -> Path:
    """A file of credentials."""
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_secret_is_read_without_the_line_end(tmp_path: Path) -> None:
    """Editors end files in a newline; it is no part of a password."""
    assert read_secret(write(tmp_path / "c", b"me:s3cret\n")).reveal() == "me:s3cret"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_a_file_that_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    """Any right of group or others refuses the file, and the hint says what to do."""
    with pytest.raises(ExchangeError, match="others may read") as caught:
        read_secret(write(tmp_path / "c", b"me:s3cret", mode))
    assert "chmod 600" in caught.value.hint
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b" \n", b"\xff\xfe", b"x" * 20_000], ids=["empty", "blank", "bytes", "long"])
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    """What is no short text is some other file."""
    with pytest.raises(ExchangeError):
        read_secret(write(tmp_path / "c", content))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder and a device are sentences, not crashes."""
    for path in (tmp_path / "none", tmp_path, Path(os.devnull)):
        with pytest.raises(ExchangeError):
            read_secret(path)


@pytest.mark.parametrize("text", ["me:pa:ss", "me\npa:ss", " me : pa:ss \n", "me\r\npa:ss\r\n"])
def test_a_login_is_two_parts(text: str) -> None:
    """User and password are parted by the first colon, or stand in a line each."""
    login = Login.parse(Secret(text))
    assert (login.user, login.password.reveal()) == ("me", "pa:ss")


@pytest.mark.parametrize("text", ["me", "me:", ":pass", "\n", "me\n"])
def test_a_login_without_two_parts_is_refused(text: str) -> None:
    """Half a login is none, and the half is not quoted."""
    with pytest.raises(ExchangeError, match="user:password") as caught:
        Login.parse(Secret(text))
    assert "pass" not in str(caught.value).replace("password", "")
