"""The shipped worker and reader, with boxes known to them. Run as a script: `process.py worker|reader ...`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from tests.unit.boxes import box  # the path comes first

from unseen.darkroom import worker  # as above
from unseen.darkroom.reading import reader  # as above

if __name__ == "__main__":
    box.plant()
    which, *arguments = sys.argv[1:]
    (worker if which == "worker" else reader).main(arguments)
