"""`make bench`: measure the rows, keep the raw results, render the tables."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import machine, recall, recall_page, report
from benchmarks.altered import rows as altered_rows
from benchmarks.goals import Row, Scale, measure
from benchmarks.race import PEERS, ROOT
from benchmarks.rows import ROWS

RESULTS = ROOT / "benchmarks" / "results"


def main() -> int:
    arguments = _parse()
    rows = _select(arguments.rows)
    if not PEERS.exists():
        print("benchmarks: no peers: run `make bench`, which makes their environment", file=sys.stderr)
        return 2
    scale = Scale.small_scale() if arguments.small else Scale()
    described = machine.describe()
    path = RESULTS / f"{machine.now_utc()[:10]}-{machine.slug(described)}.json"
    failed = 0
    for row in rows:
        print(f"{row.id}: measuring", file=sys.stderr, flush=True)
        try:
            result = measure(row, scale) | {"commit": machine.commit(ROOT)}
        except Exception as error:  # noqa: BLE001  # one row that cannot run must not take the others with it
            print(f"{row.id}: {error}", file=sys.stderr)
            failed += 1
            continue
        print("\n".join(report.lines(result)), flush=True)
        failed += result.get("answers_equal") is False
        if not arguments.small:
            _keep(path, described, result)
    if _is_wanted("recall", arguments.rows):
        failed += _measure_recall(described, is_small=arguments.small)
    for name in filter(lambda name: _is_wanted(name, arguments.rows), altered_rows.NAMES):
        failed += altered_rows.measure(name, is_small=arguments.small)
    # Also after a failure: the page shows what is kept, and says where answers differ.
    if not arguments.small:
        report.write()
    return 1 if failed else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", default="", help="ids or beginnings of ids, separated by commas; all by default")
    parser.add_argument(
        "--small", action="store_true", help="little of everything, to try the harness; nothing is kept"
    )
    return parser.parse_args()


def _is_wanted(name: str, text: str) -> bool:
    return not text or any(name.startswith(part) for part in text.split(",") if part)


def _measure_recall(described: dict[str, Any], *, is_small: bool) -> int:
    """Measure what is still found of altered pictures; a table of its own, without a race."""
    print("recall: measuring", file=sys.stderr, flush=True)
    try:
        result = recall.measure(3 if is_small else None)
    except Exception as error:  # noqa: BLE001  # as any other row
        print(f"recall: {error}", file=sys.stderr)
        return 1
    for side in result["sides"]:
        found = sum(row["found"] for row in side["rows"])
        print(f"recall: {side['name']}: {found} of {result['pictures'] * len(side['rows'])} found")
    if not is_small:
        recall_page.RESULTS.mkdir(parents=True, exist_ok=True)
        path = recall_page.RESULTS / f"{machine.now_utc()[:10]}-{machine.slug(described)}.json"
        kept = {"_comment": "Raw results of `make bench ROWS=recall`.", "machine": described} | result
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def _select(text: str) -> list[Row]:
    wanted = tuple(part for part in text.split(",") if part)
    rows = [row for row in ROWS if not wanted or row.id.startswith(wanted)]
    others = ("recall", *altered_rows.NAMES)
    if not rows and not any(_is_wanted(name, text) for name in others):
        known = ", ".join((*(row.id for row in ROWS), *others))
        sys.exit(f"benchmarks: no row begins with {text!r}; rows are: {known}")
    return rows


def _keep(path: Path, described: dict[str, Any], result: dict[str, Any]) -> None:
    """Write after every row, so that a run that is interrupted keeps what it measured."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": []}
    rows = {row["id"]: row for row in kept["rows"]} | {result["id"]: result}
    order = [row.id for row in ROWS]
    content = {
        "_comment": "Raw results of `make bench`. Seconds are CPU time for one operation, round by round; "
        "rows scan, scan-zip, raw-image and help are wall time; row memory holds megabytes.",
        "machine": described,
        "rows": [rows[name] for name in order if name in rows],
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
