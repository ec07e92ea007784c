"""Where altered copies are lost: split what a run of `python -m benchmarks.altered` missed, keep it, render it."""

import argparse
import json
import sys
from pathlib import Path

from benchmarks import machine
from benchmarks.altered.copies import given_photographs
from benchmarks.altered.losses import page
from benchmarks.altered.losses.splitting import read, split
from benchmarks.race import ROOT


def main() -> int:
    arguments = _parse()
    photographs = given_photographs(arguments.photographs)
    if photographs is None:
        print("losses: not measured: UNSEEN_PHOTOS names no folder or list of photographs", file=sys.stderr)
        return 0
    described = machine.describe()
    commit = machine.commit(ROOT)
    sides = [
        split(photographs, read(path), path.name.partition("-")[0], arguments.count or arguments.photographs)
        for path in arguments.said
    ]
    kept = {
        "_comment": "Raw results of `python -m benchmarks.altered.losses`.",
        "machine": described,
        "measured_at_utc": machine.now_utc(),
        "commit": commit,
        "sides": sides,
    }
    page.RESULTS.mkdir(parents=True, exist_ok=True)
    place = page.RESULTS / f"{machine.now_utc()[:10]}-{machine.slug(described)}.json"
    place = Path(arguments.try_out) if arguments.try_out else place
    place.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    if arguments.try_out:
        print(page.table(kept))
    else:
        page.write()
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.altered.losses", description=__doc__)
    parser.add_argument(
        "said",
        nargs="+",
        type=Path,
        help="what `fast` and `thorough` said of each copy: said/*.jsonl beside the copies",
    )
    parser.add_argument("--photographs", type=int, default=1000, help="of how many photographs there are copies")
    parser.add_argument("--count", type=int, default=0, help="of how many of them copies are split; all by default")
    parser.add_argument("--try-out", metavar="FILE", help="write the counts here and leave results and page alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
