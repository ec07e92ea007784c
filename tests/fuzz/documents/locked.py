"""Looks through the sound files in a locked process: run as a program, prints what it found as JSON.

The lock is the one that readers live in; nothing that this process loads afterwards can be loaded.
"""

import hashlib
import json
import os
import sys

from tests.fuzz.documents.files import sound_files

from unseen.darkroom.lock import lock_process
from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers import Context, Medium, MemoryRange, load_formats, recognise

__all__ = ["look_through"]


def look_through(files: dict[str, bytes]) -> dict[str, list[list[str]]]:
    """Address and digest of each member of each file, or the reason why there is none."""
    readers, found = load_formats(), dict[str, list[list[str]]]()
    for name, data in files.items():
        source = MemoryRange(data)
        inside = recognise(source)
        unpack = readers[inside.name] if inside is not None else None
        assert unpack is not None, name
        found[name] = []
        for member in unpack(source, Context()):
            if isinstance(member, Medium):
                # How large a disk is; what lies on it comes as members.
                found[name].append(["", str(member.size_bytes)])
                continue
            if isinstance(member, Reason):
                found[name].append(["", member.value])
                continue
            try:
                content = member.open()
                told = content.value if isinstance(content, Reason) else _digest(content)
            except UnreadError as error:
                told = error.reason.value
            found[name].append([member.address, told])
    return found


def _digest(content: ByteSource) -> str:
    return hashlib.sha256(content.read_at(0, content.size_bytes)).hexdigest()


if __name__ == "__main__":
    files = sound_files()
    load_formats()
    # Numbers above that of a worker's socket are closed by the lock.
    os.dup2(1, 3)
    lock_process(unsafe_no_sandbox=False, reader_bytes_max=64 << 20)
    packed = json.dumps(look_through(files)).encode()
    while packed:
        packed = packed[os.write(3, packed) :]
    sys.stdout = sys.stderr
    os._exit(0)
