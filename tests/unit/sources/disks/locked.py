"""A process that locks itself as a worker does and then reads images: nothing may be imported or opened any more.

Takes a pickled list of (image, password) on its standard input; writes a pickled list of what each reader gave, as
digests of its members and reasons, to its standard error, which is all that it may still write to.
"""

import hashlib
import os
import pickle
import sys

from unseen.darkroom.lock import lock_process
from unseen.model import Reason, UnreadError
from unseen.sources.layers import Context, Medium, Member, MemoryRange, Secrets, load_formats, recognise

__all__ = ["read_image"]


def read_image(data: bytes, password: str) -> list[str]:
    """Give the digest of every member of an image, or why there is none."""
    source = MemoryRange(data)
    found = recognise(source)
    assert found is not None
    unpack = load_formats()[found.name]
    assert unpack is not None
    given: list[str] = []
    try:
        for member in unpack(source, Context(secrets=Secrets((password,)))):
            if isinstance(member, Medium):
                continue
            content = member.open() if isinstance(member, Member) else member
            if isinstance(content, Reason):
                given.append(content.value)
            else:
                given.append(hashlib.sha256(content.read_at(0, content.size_bytes)).hexdigest())
    except UnreadError as error:
        given.append(error.reason.value)
    return given


def main() -> None:
    """Read, lock, unpack, answer."""
    asked = pickle.load(sys.stdin.buffer)
    load_formats()
    lock_process(unsafe_no_sandbox=False)
    rest = pickle.dumps([read_image(data, password) for data, password in asked])
    while rest:
        rest = rest[os.write(2, rest) :]
    os._exit(0)


if __name__ == "__main__":
    main()
