"""A process that locks itself as a worker does and then reads archives: nothing may be imported or opened any more.

Takes a pickled list of (archive, passwords) on its standard input; writes a pickled list of what each reader gave, as
(contents by address, reasons), to its standard error, which is all that it may still write to.
"""

import os
import pickle
import sys

from tests.unit.sources.archives.unpacking import unpack_any

from unseen.darkroom.lock import lock_process
from unseen.sources.layers import load_formats


def main() -> None:
    """Read, lock, unpack, answer."""
    asked = pickle.load(sys.stdin.buffer)
    load_formats()
    lock_process(unsafe_no_sandbox=False)
    answers = []
    for data, passwords in asked:
        given = unpack_any(data, *passwords)
        answers.append((given.contents, given.reasons))
    rest = pickle.dumps(answers)
    while rest:
        rest = rest[os.write(2, rest) :]
    os._exit(0)


if __name__ == "__main__":
    main()
