"""Who runs this, for the record: an account of this machine, which is no proof of a person."""

import os
import platform
import pwd

__all__ = ["account_name", "user_name"]


def user_name() -> str:
    """The account that runs this; its number where it has no name, as in a container."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def account_name() -> str:
    """The account, an `@` and the name of the machine."""
    return f"{user_name()}@{platform.node()}"
