"""The table of docs/explanation/error-rates.md from raw results; `benchmarks.report` writes it."""

import json
import math
import re
from pathlib import Path
from typing import Any

__all__ = ["PAGE", "RESULTS", "newest", "render", "write"]

_ROOT = Path(__file__).parents[1]
PAGE = _ROOT / "docs" / "explanation" / "error-rates.md"
RESULTS = _ROOT / "benchmarks" / "results" / "recall"
_BETWEEN = re.compile(r"(?<=<!-- recall: begin -->\n).*?(?=<!-- recall: end -->)", re.DOTALL)


def newest() -> Path | None:
    """The newest file of raw results, by the date in its name."""
    return max(RESULTS.glob("*.json"), default=None)


def render() -> str:
    """The page's table, as Markdown."""
    path = newest()
    if path is None:
        return "No figures yet: run `make bench ROWS=recall`.\n"
    kept = json.loads(path.read_text(encoding="utf-8"))
    pictures, sides = kept["pictures"], kept["sides"]
    head = ["alteration", *(f"{side['name']} ≤ {side['within_bits']}" for side in sides)]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for at, (kind, strength) in enumerate(kept["alterations"]):
        found = [_percent(side["rows"][at]["found"], pictures) for side in sides]
        lines.append(f"| {kind}, {strength} | {' | '.join(found)} |")
    copies = pictures * len(kept["alterations"])
    every = [_percent(sum(row["found"] for row in side["rows"]), copies) for side in sides]
    lines.append(f"| **all of these** | {' | '.join(every)} |")
    flat = [f"{sum(row['flat'] for row in side['rows']):,}" for side in sides]
    lines.append(f"| copies too flat to be hashed | {' | '.join(flat)} |")
    unrelated = [f"{sum(row['unrelated'] for row in side['rows']):,}" for side in sides]
    lines.append(f"| **unrelated pairs** | {' | '.join(unrelated)} |")
    said = (
        f"{pictures} photographs, {copies:,} files, {copies * (pictures - 1):,} unrelated pairs. Measured"
        f" {kept['measured_at_utc']} at `{kept['commit']}`, beside {_versions(kept['versions'])}. Lengths of the"
        f" hashes: {', '.join(_lengths(sides))}. With {pictures} pictures an interval of 95 % is up to"
        f" {_width(pictures)} points wide."
    )
    origin = "Thresholds: " + "; ".join(f"{name}: {where}" for name, where in _documented(sides).items()) + "."
    parts = [said, "\n".join(lines), origin, f"Raw results: `benchmarks/results/recall/{path.name}`."]
    return "\n\n".join(parts) + "\n"


def write() -> None:
    """Put the newest table between the page's markers."""
    if PAGE.exists():
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(_BETWEEN.sub(lambda _: render(), text), encoding="utf-8")


def _percent(found: int, of: int) -> str:
    return f"{100 * found / of:.0f} %" if found in {0, of} else f"{100 * found / of:.1f} %"


def _versions(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {versions[name]}" for name in sorted(versions) if name != "unseen")


def _lengths(sides: list[dict[str, Any]]) -> list[str]:
    return [f"{side['name']} {side['bits']} bits" for side in sides if side["bits"] != 256] + ["all others 256 bits"]


def _documented(sides: list[dict[str, Any]]) -> dict[str, str]:
    named: dict[str, list[str]] = {}
    for side in sides:
        named.setdefault(side["documented"], []).append(side["name"])
    return {", ".join(names): where for where, names in named.items()}


def _width(pictures: int) -> int:
    # Half of them found: the widest interval there is, by the normal approximation, which is close enough here.
    return round(2 * 196 * math.sqrt(0.25 / pictures))
