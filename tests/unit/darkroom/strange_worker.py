"""A worker that misbehaves on certain contents, so that its parent can be tried. Run as a script by the tests.

It is the shipped worker with one function exchanged: what hostile bytes would do to a decoder, these words do here.
"""

import os
import sys
from typing import Any

from unseen.darkroom import lock, worker
from unseen.darkroom.develop import develop_source
from unseen.darkroom.reading import looking
from unseen.darkroom.undoing import taking
from unseen.darkroom.undoing.wire import pack_proposals
from unseen.darkroom.wire import ANSWER_BYTES
from unseen.model import ByteSource, ItemHashes, Proposals

_REFINE = taking.refine


def develop_strangely(source: ByteSource, **options: Any) -> ItemHashes:
    """Do what the content says."""
    content = source.read_at(0, 64)
    if options["digests_only"] is not None and not content.startswith(b"always"):
        return develop_source(source, **options)
    undoing = options["undoing"]
    if (b"die closer" in content and undoing.aims) or (b"die looking" in content and undoing.altered != "off"):
        os.abort()
    if b"linger closer" in content and undoing.aims:
        while True:
            pass
    if undoing.aims:
        vars(taking)["refine"] = raise_memory if b"full closer" in content else _REFINE
    if b"lie unasked" in content:
        for message in pack_proposals(1, Proposals((), b"")):
            os.write(3, message)
    if b"crash" in content:
        os.abort()
    if b"stall" in content:
        while True:
            pass
    if b"lie short" in content:
        os.write(3, b"no answer")
    if b"lie noise" in content:
        os.write(3, b"\xff" * ANSWER_BYTES)
    if b"lie zeros" in content:
        os.write(3, b"\x00" * ANSWER_BYTES)
    if b"lie long" in content:
        os.write(3, b"\x01" * (ANSWER_BYTES + 1))
    return develop_source(source, **options)


def raise_memory(*_: Any) -> None:
    """What a place too large for the worker's memory does."""
    raise MemoryError


def refuse_filter(*, is_reader: bool) -> None:
    """A kernel without seccomp."""
    raise OSError(38, "refused")


if __name__ == "__main__":
    mode, *arguments = sys.argv[1:]
    if mode == "strange":
        vars(looking)["develop_source"] = develop_strangely
    elif mode == "unlockable":
        vars(lock)["install_filter"] = refuse_filter
    elif mode == "stillborn":
        sys.exit(1)
    elif mode == "unlocked":
        # A filter that installs and does not hold must not pass for one that does.
        vars(lock)["install_filter"] = lambda **_: None
        vars(lock)["install_landlock"] = lambda: 0
    worker.main(arguments)
