"""The figures on false matches in docs/explanation/altered-copies.md, from raw results."""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.altered.summing import BLIND, WHOLE
from unseen.matching.altered import Kind

__all__ = ["PAGE", "RESULTS", "newest", "render", "write"]

_ROOT = Path(__file__).parents[2]
PAGE = _ROOT / "docs" / "explanation" / "altered-copies.md"
RESULTS = _ROOT / "benchmarks" / "results" / "calibration"
_BETWEEN = re.compile(r"(?<=<!-- calibration: begin -->\n).*?(?=<!-- calibration: end -->)", re.DOTALL)
_NEAREST = 3
# What a tail says of less is a figure of speech.
_RATE_MIN = 1e-12
_CURVE = (
    "And what other bounds would find, of copies of {} photographs in {} alterations (`thorough`, each against its own "
    "entry alone), and let through:"
)
# Of the alterations those that bounds decide on.
_SHOWN = (
    "all of these",
    "crop anywhere, 20 % of width and of height in all",
    "crop anywhere, 30 % of width and of height in all",
    "stickers, three",
    "tilt, cut to the frame, up to 10°",
)


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
    modes = kept["modes"]
    parts = [said, _looked_at(modes), _false(modes), _tails(modes)]
    if kept["copies"]:
        first = kept["copies"][0]
        parts += [_CURVE.format(first["photographs"], len(kept["copies"]) - 1), _curve(modes, kept["copies"])]
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
    heads = [f"nearest {kind['kinds'][0]} (bound {kind['bounds_bits'][0]})" for kind in modes[0]["kinds"]]
    lines = [
        f"| pictures, and way | {' | '.join(heads)} | false matches | measured: at most |",
        "|---" * (len(heads) + 3) + "|",
    ]
    for mode in modes:
        nearest = [_nearest(kind["nearest_soft_bits"]) for kind in mode["kinds"]]
        whole = mode["any"]
        counted = f"{whole['false_clusters']:,} of {mode['clusters']:,}"
        lines.append(f"| {_way(mode)} | {' | '.join(nearest)} | {counted} | {_rate(whole['upper_bound'])} |")
    return "\n".join(lines)


def _tails(modes: list[dict[str, Any]]) -> str:
    heads = (
        "way, kind of placing",
        "nearest",
        "within so many over the bound",
        "one e-th each",
        "extrapolated (95 %)",
        "shape (95 %)",
        "by shape, at most",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for mode in _whole(modes):
        for each in [mode["any"], *mode["kinds"]]:
            kind = "all" if len(each["kinds"]) > 1 else each["kinds"][0]
            for tail in each["extrapolated"]:
                cells = (
                    f"`{mode['mode']}`, {kind}",
                    str(tail["tail"]),
                    f"{tail['over_bits']:.0f} bits",
                    f"{tail['fall_bits']:.1f} bits",
                    _extrapolated([tail]),
                    f"{tail['shape']:.2f} ({tail['shape_low']:.2f} – {tail['shape_high']:.2f})",
                    _rate(tail["pareto_high"]),
                )
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _curve(modes: list[dict[str, Any]], copies: list[dict[str, Any]]) -> str:
    whole = _whole(modes)
    shown = [one for one in copies if one["what"] in _SHOWN]
    ways = [f"`{mode['mode']}`: {what}" for mode in whole for what in ("measured: at most", "extrapolated (95 %)")]
    lines = [
        f"| bounds {' / '.join(Kind)} | {' | '.join([*(one['what'] for one in shown), *ways])} |",
        "|---" * (1 + len(shown) + len(ways)) + "|",
    ]
    for at, move in enumerate(whole[0]["curve"]):
        bounds = " / ".join(str(bits + move["by_bits"]) for bits in whole[0]["any"]["bounds_bits"])
        cells = [f"{100 * one['found'][str(move['by_bits'])] / one['copies']:.1f} %" for one in shown]
        for mode in whole:
            moved = mode["curve"][at]
            cells += [_rate(moved["upper_bound"]), _extrapolated(moved["extrapolated"])]
        lines.append(f"| {bounds} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _whole(modes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of each way of looking the most there is."""
    ways: dict[str, dict[str, Any]] = {}
    for mode in sorted(modes, key=lambda mode: mode["group"] == WHOLE):
        if mode["group"] in {BLIND, WHOLE}:
            ways[mode["mode"]] = mode
    return [ways[mode] for mode in sorted(ways)]


def _way(mode: dict[str, Any]) -> str:
    return f"{mode['group']}, `{mode['mode']}`"


def _nearest(counts: dict[str, int]) -> str:
    ordered = [int(bits) for bits, count in counts.items() for _ in range(count)]
    return ", ".join(map(str, ordered[:_NEAREST])) or "none"


def _extrapolated(tails: list[dict[str, Any]]) -> str:
    """The second shortest tail if there is one: the shortest has hardly anything in it."""
    if not tails:
        return "too few, or too near"
    tail = tails[min(1, len(tails) - 1)]
    return f"{_rate(tail['rate'])} ({_rate(tail['low'])} – {_rate(tail['high'])})"


def _rate(rate: float) -> str:
    return f"{rate:.1e}" if rate >= _RATE_MIN else f"< {_RATE_MIN:.0e}"
