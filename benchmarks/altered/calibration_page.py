"""The figures on false matches in docs/explanation/altered-copies.md, from raw results."""

import json
import re
from pathlib import Path
from typing import Any

__all__ = ["PAGE", "RESULTS", "newest", "render", "write"]

_ROOT = Path(__file__).parents[2]
PAGE = _ROOT / "docs" / "explanation" / "altered-copies.md"
RESULTS = _ROOT / "benchmarks" / "results" / "calibration"
_BETWEEN = re.compile(r"(?<=<!-- calibration: begin -->\n).*?(?=<!-- calibration: end -->)", re.DOTALL)
_NEAREST = 3


def newest() -> Path | None:
    """The newest file of raw results, by the date in its name."""
    return max(RESULTS.glob("*.json"), default=None)


def render() -> str:
    """The page's tables, as Markdown."""
    path = newest()
    if path is None:
        return "No figures yet: run `python -m benchmarks.altered.calibrate`.\n"
    kept = json.loads(path.read_text(encoding="utf-8"))
    said = f"Measured {kept['measured_at_utc']} at `{kept['commit']}`. {kept['photographs']}".strip()
    parts = [said, _looked_at(kept["modes"]), _false(kept["modes"])]
    return "\n\n".join([*parts, f"Raw results: `benchmarks/results/calibration/{path.name}`."]) + "\n"


def write() -> None:
    """Put the newest tables between the page's markers."""
    if PAGE.exists():
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(_BETWEEN.sub(lambda _: render(), text), encoding="utf-8")


def _looked_at(modes: list[dict[str, Any]]) -> str:
    lines = [
        "| pictures, and way | pictures | clusters | entries | clusters | placings | candidate within 48 | within 64 |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for mode in modes:
        near = [_percent(mode, within_bits) for within_bits in (48, 64)]
        lines.append(
            f"| {_way(mode)} | {mode['pictures']:,} | {mode['clusters']:,} | {mode['entries']:,} "
            f"| {mode['entry_clusters']:,} | {mode['placings_mean']:,.0f} | {near[0]} | {near[1]} |"
        )
    return "\n".join(lines)


def _percent(mode: dict[str, Any], within_bits: int) -> str:
    near = sum(count for bits, count in mode["nearest_candidate_bits"].items() if int(bits) <= within_bits)
    return f"{100 * near / mode['pictures']:.1f} %"


def _false(modes: list[dict[str, Any]]) -> str:
    kinds = modes[0]["kinds"]
    heads = [f"nearest {kind['kind']} (bound {kind['bound_bits']})" for kind in kinds]
    lines = [
        f"| pictures, and way | {' | '.join(heads)} | false matches | measured: at most | extrapolated (95 %) |",
        "|---" * (len(heads) + 4) + "|",
    ]
    for mode in modes:
        nearest = [_nearest(kind["nearest_soft_bits"]) for kind in mode["kinds"]]
        whole = mode["any"]
        lines.append(
            f"| {_way(mode)} | {' | '.join(nearest)} | {whole['false']:,} | {_rate(whole['upper_bound'])} "
            f"| {_extrapolated(whole['extrapolated'])} |"
        )
    return "\n".join(lines)


def _way(mode: dict[str, Any]) -> str:
    return f"{mode['group']}, `{mode['mode']}`"


def _nearest(counts: dict[str, int]) -> str:
    ordered = [int(bits) for bits, count in counts.items() for _ in range(count)]
    return ", ".join(map(str, ordered[:_NEAREST])) or "none"


def _extrapolated(tail: dict[str, Any] | None) -> str:
    if tail is None:
        return "too few came near"
    return f"{_rate(tail['rate'])} ({_rate(tail['low'])} – {_rate(tail['high'])})"


def _rate(rate: float) -> str:
    return f"{rate:.1e}"
