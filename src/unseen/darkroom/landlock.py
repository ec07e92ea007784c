"""Landlock with no paths at all: a second lock on the file system, and on TCP, signals and sockets where it reaches."""

import ctypes
import os
import struct

__all__ = ["install_landlock"]

# The same numbers on every architecture.
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION_FLAG = 1

# Rights over files that each version of the interface knows (linux/landlock.h): what is handled and not granted is
# refused, and here nothing is granted.
_FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_RIGHTS_SINCE, _NET_RIGHTS = 4, 0b11
_SCOPES_SINCE, _SCOPES = 6, 0b11


def install_landlock() -> int:
    """Lock this thread and its children away from every path. `no_new_privs` must be set.

    Returns:
        The version of the interface that was used; 0 where the kernel has none, which is a degradation and no fault:
        seccomp refuses to open anything by itself.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    if version < 1:
        return 0
    attributes = struct.pack("<Q", _FS_RIGHTS[min(version, max(_FS_RIGHTS))])
    if version >= _NET_RIGHTS_SINCE:
        attributes += struct.pack("<Q", _NET_RIGHTS)
    if version >= _SCOPES_SINCE:
        attributes += struct.pack("<Q", _SCOPES)
    ruleset = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if ruleset < 0:
        return 0
    try:
        return int(version) if libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0 else 0
    finally:
        os.close(ruleset)
