"""How often a picture that shows nothing known would be taken for an altered copy.

    python -m benchmarks.altered.calibrate run --mode fast --photographs LIST --entries FILE --clusters FILE --raw FILE
    python -m benchmarks.altered.calibrate copies --mode thorough --photographs 80 --raw FILE
    python -m benchmarks.altered.calibrate keep RAW... --copies FILE

`run` takes up where it was interrupted, and `copies` looks at altered copies of photographs that are known, as
`benchmarks.altered` makes them; `keep` decides anew on all that was compared, and writes what the page shows into
benchmarks/results/calibration.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.altered import calibration_page
from benchmarks.altered.calibrating import look_at, opened, read_entries, read_photographs
from benchmarks.altered.copies import given_photographs
from benchmarks.altered.curving import found, look_at_copies
from benchmarks.altered.summing import MOVES, decided_again, summed
from benchmarks.race import ROOT
from unseen.matching.altered import RADIUS_BITS
from unseen.model import Altered


def main() -> int:
    arguments = _parse()
    return {"run": _run, "copies": _copies, "keep": _keep}[arguments.what](arguments)


def _run(arguments: argparse.Namespace) -> int:
    photographs = read_photographs(Path(arguments.photographs))
    entries = read_entries(Path(arguments.entries), Path(arguments.clusters))
    if set(entries.clusters.tolist()) & {one.cluster for one in photographs}:
        print("calibration: photographs and entries share a cluster", file=sys.stderr)
        return 2
    mode = Altered(arguments.mode)
    radius_bits = arguments.radius or RADIUS_BITS[mode]
    search = entries.search(radius_bits)
    head = {
        "mode": mode.value,
        "radius_bits": radius_bits,
        "entries": len(entries.values),
        "entry_clusters": len(set(entries.clusters.tolist())),
    }
    raw = Path(arguments.raw)
    done = {json.loads(line)["at"] for line in raw.read_text().splitlines()} if raw.exists() else set()
    ends_at = time.monotonic() + arguments.seconds
    first, step = (int(number) for number in arguments.part.split("/"))
    with raw.open("a") as kept:
        for at in range(first - 1, len(photographs), step):
            if at in done:
                continue
            if time.monotonic() > ends_at:
                break
            one = photographs[at]
            line = look_at(opened(one.path), mode, search, entries)
            kept.write(json.dumps({"at": at, "cluster": one.cluster, "group": one.group} | head | line) + "\n")
            kept.flush()
    return 0


def _copies(arguments: argparse.Namespace) -> int:
    photographs = given_photographs(1000)
    if photographs is None:
        print("calibration: UNSEEN_PHOTOS names no photographs", file=sys.stderr)
        return 2
    with Path(arguments.raw).open("a") as kept:
        for at in range(arguments.photographs):
            copies = look_at_copies(photographs.copies_of(at), Altered(arguments.mode))
            kept.writelines(json.dumps(line) + "\n" for line in copies)
    return 0


def _keep(arguments: argparse.Namespace) -> int:
    lines, seen = (
        [decided_again(line) for line in _lines(names) if line["at"] not in arguments.without]
        for names in (arguments.raw, arguments.seen)
    )
    described = machine.describe()
    said = {
        "_comment": "Raw figures of `python -m benchmarks.altered.calibrate`.",
        "measured_at_utc": machine.now_utc(),
        "commit": arguments.commit or machine.commit(ROOT),
        "machine": described,
        "photographs": arguments.photographs,
        "left_out": len(arguments.without),
        "modes": summed(lines, seen),
        "copies": found(_lines(arguments.copies), MOVES),
    }
    calibration_page.RESULTS.mkdir(parents=True, exist_ok=True)
    path = calibration_page.RESULTS / f"{machine.now_utc()[:10]}-{machine.slug(described)}.json"
    path.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    calibration_page.write()
    return 0


def _lines(names: Sequence[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for name in names for line in Path(name).read_text().splitlines()]


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.altered.calibrate", description=__doc__)
    parts = parser.add_subparsers(dest="what", required=True)
    run = parts.add_parser("run", help="look at photographs, and write a line for each")
    run.add_argument("--mode", choices=[Altered.FAST.value, Altered.THOROUGH.value], required=True)
    run.add_argument("--photographs", required=True, help="a text file: path, tab, cluster, tab, what it shows")
    run.add_argument("--entries", required=True, help="a .npy file: uint8[n, 32]")
    run.add_argument("--clusters", required=True, help="a .npy file: int32[n]")
    run.add_argument("--raw", required=True, help="where the lines go")
    run.add_argument("--radius", type=int, help="of candidates; that of the mode by default")
    run.add_argument("--part", default="1/1", help="which of how many parts of the photographs")
    run.add_argument("--seconds", type=float, default=1e9, help="stop after so long")
    copies = parts.add_parser("copies", help="look at altered copies of known photographs, and write a line for each")
    copies.add_argument("--mode", choices=[Altered.FAST.value, Altered.THOROUGH.value], required=True)
    copies.add_argument("--photographs", type=int, default=80, help="how many of those that UNSEEN_PHOTOS names")
    copies.add_argument("--raw", required=True, help="where the lines go")
    keep = parts.add_parser("keep", help="sum the lines up into a result and render the page")
    keep.add_argument("raw", nargs="+")
    keep.add_argument("--seen", nargs="*", default=[], help="lines that were there when what decides was last changed")
    keep.add_argument("--copies", nargs="*", default=[], help="lines of `copies`")
    keep.add_argument(
        "--without", type=int, nargs="*", default=[], help="numbers of photographs that stood on both sides"
    )
    keep.add_argument("--photographs", default="", help="what they show, in words")
    keep.add_argument("--commit", help="of the program that was measured")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
