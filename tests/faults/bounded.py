"""Looks at one file in a process of its own, and says what it took: `python -m tests.faults.bounded KIND FILE`.

Prints how many members or items there were, whether a video was hashed, and the most memory that any process held.
"""

import json
import os
import resource
import sys
from pathlib import Path

from unseen.darkroom import Darkroom
from unseen.sources import open_source
from unseen.sources.layers import Announced, Budget, Context, FileRange, Want, load_formats, recognise, walk


def walk_through(path: str) -> int:
    """Go through an archive as a reader does; count what is announced, and want none of it."""
    source = FileRange(os.open(path, os.O_RDONLY))
    inside = recognise(source)
    assert inside is not None
    context = Context()
    events = walk(source, inside, Context(budget=Budget(context.limits)), readers=load_formats())
    count, answer = 0, None
    while True:
        try:
            event = events.send(answer)
        except StopIteration:
            return count
        count += isinstance(event, Announced)
        answer = Want.PASS if isinstance(event, Announced) else None


def main() -> None:
    """Look, and tell."""
    kind, path = sys.argv[1:]
    if kind == "walk":
        told: tuple[int, list[int] | None] = (walk_through(path), None)
        # The system's own account of a process begins with the memory of whoever started it.
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text("ascii").splitlines())
        memory_kib = int(status["VmHWM"].split()[0])
    else:
        with Darkroom(workers=1) as darkroom:
            answers = [hashes for _, hashes in darkroom.develop(open_source(path))]
        told = (len(answers), [len(hashes.vpdq or ()) for hashes in answers])
        memory_kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps([*told, memory_kib]))


if __name__ == "__main__":
    main()
