"""Which side still finds altered copies of photographs: measure, keep the raw counts, render the table."""

import argparse
import json
import sys
from dataclasses import fields
from pathlib import Path

from benchmarks import machine
from benchmarks.altered import page
from benchmarks.altered.copies import given_photographs
from benchmarks.altered.measuring import SIDES, Counts, measure
from benchmarks.race import PEERS

_COUNTS = tuple(field.name for field in fields(Counts))


def main() -> int:
    arguments = _parse()
    counts = Counts(**{name: min(arguments.photographs, getattr(arguments, name)) for name in _COUNTS})
    photographs = given_photographs(counts.photographs)
    if photographs is None:
        print("altered copies: not measured: UNSEEN_PHOTOS names no folder or list of photographs", file=sys.stderr)
        return 0
    if not PEERS.exists():
        print("benchmarks: no peers: run `make bench`, which makes their environment", file=sys.stderr)
        return 2
    only = tuple(part for part in arguments.only.split(",") if part)
    result = measure(photographs, counts, only=only, entries=arguments.entries)
    described = machine.describe()
    if arguments.try_out:
        kept = Path(arguments.try_out)
    else:
        folder = page.BESIDES if arguments.entries else page.RESULTS
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / f"{machine.now_utc()[:10]}-{machine.slug(described)}.json"
    said = {"_comment": "Raw results of `python -m benchmarks.altered`.", "machine": described} | result
    kept.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for side in result["sides"]:
        found, copies = (sum(row[name] for row in side["rows"]) for name in ("found", "copies"))
        print(f"altered copies: {side['name']}: {found} of {copies} found, {side['cpu_ms']['median']} ms each")
    if not arguments.try_out:
        page.write()
    return 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.altered", description=__doc__)
    usual = Counts()
    for name in _COUNTS:
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name), help="of how many photographs")
    parser.add_argument("--only", default="", help=f"sides, separated by commas: {', '.join(one.id for one in SIDES)}")
    parser.add_argument(
        "--entries",
        help="a .npy file of PDQs that are searched besides: uint8[n, 32]; it makes the page's second table",
    )
    parser.add_argument("--try-out", metavar="FILE", help="write the counts here and leave results and page alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
