"""The table of docs/explanation/altered-copies.md from raw results, with what was asked for and what was reached."""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["BESIDES", "PAGE", "RESULTS", "newest", "render", "write"]

_ROOT = Path(__file__).parents[2]
PAGE = _ROOT / "docs" / "explanation" / "altered-copies.md"
RESULTS = _ROOT / "benchmarks" / "results" / "altered" / "recall"
# Of runs in which other PDQs were searched as well.
BESIDES = RESULTS.with_name("besides")
_BETWEEN = re.compile(r"(?<=<!-- recall: begin -->\n).*?(?=<!-- recall: end -->)", re.DOTALL)
Said = dict[str, Any]


@dataclass(frozen=True)
class _Asked:
    """What some alterations were to reach, as shares of their copies: at least, and hoped for."""

    text: str
    is_of: Callable[[str, str], bool]
    at_least: float
    aim: float


def _crop(percent: int) -> Callable[[str, str], bool]:
    return lambda kind, strength: kind == "crop anywhere" and strength.startswith(f"{percent} %")


_ASKED = (
    *(
        _Asked(f"crop {percent} %", _crop(percent), at_least, aim)
        for percent, at_least, aim in ((5, 0.98, 0.995), (10, 0.95, 0.99), (20, 0.8, 0.95), (30, 0.25, 0.6))
    ),
    _Asked("borders up to 25 %", lambda kind, _: kind.endswith("border"), 0.97, 0.99),
    _Asked("caption bars", lambda kind, _: kind == "caption above or below", 0.97, 0.99),
    _Asked("collages of two to four", lambda kind, _: kind == "collage", 0.97, 0.99),
    _Asked("rotation up to 10 degrees", lambda kind, _: kind.startswith("tilt"), 0.98, 0.995),
    _Asked("screenshot", lambda kind, _: kind == "screenshot with text", 0.9, 0.98),
    _Asked("photographed screen", lambda kind, _: kind == "photographed screen", 0.75, 0.9),
)


def newest() -> Path | None:
    """The newest file of raw results, by the date in its name."""
    return max(RESULTS.glob("*.json"), default=None)


def render() -> str:
    """The page's tables, as Markdown."""
    path = newest()
    if path is None:
        return "No figures yet: run `python -m benchmarks.altered`.\n"
    kept = json.loads(path.read_text(encoding="utf-8"))
    parts = [
        _origin(kept),
        _table(kept),
        _explained(kept),
        _goals(kept),
        f"Raw results: `benchmarks/results/altered/recall/{path.name}`.",
        _beside_others(),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def write() -> None:
    """Put the newest tables between the page's markers."""
    if PAGE.exists():
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(_BETWEEN.sub(lambda _: render(), text), encoding="utf-8")


def _beside_others() -> str:
    """What is found of the alterations of each goal beside many PDQs of other pictures, and what is found falsely."""
    path = max(BESIDES.glob("*.json"), default=None)
    if path is None:
        return ""
    kept = json.loads(path.read_text(encoding="utf-8"))
    sides = [side for side in kept["sides"] if side["within_bits"] is None]
    named = ", ".join(f"{side['photographs']:,} in {side['name']}" for side in sides)
    head = ["beside these", *(side["name"] for side in sides)]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for asked in _ASKED:
        numbers = [at for at, each in enumerate(kept["alterations"]) if asked.is_of(*each)]
        lines.append(
            f"| {asked.text} | {' | '.join(_pooled([side['rows'][at] for at in numbers]) for side in sides)} |"
        )
    lines.append(f"| **all alterations** | {' | '.join(_pooled(side['rows']) for side in sides)} |")
    copies = [sum(row["copies"] for row in side["rows"]) for side in sides]
    false = [sum(row["unrelated"] for row in side["rows"]) for side in sides]
    shown = [f"{count:,} in {of:,} copies" for count, of in zip(false, copies, strict=True)]
    lines.append(f"| **matches with another photograph or entry** | {' | '.join(shown)} |")
    times = [f"{side['cpu_ms']['median']:.3g} ms" for side in sides]
    lines.append(f"| time for a copy, one core, median | {' | '.join(times)} |")
    return (
        f"The same beside {kept['entries_besides']:,} PDQs of unrelated photographs (copies of so many photographs:"
        f" {named}; measured {kept['measured_at_utc']} at `{kept['commit']}`):\n\n"
        + "\n".join(lines)
        + f"\n\nRaw results: `benchmarks/results/altered/besides/{path.name}`."
    )


def _origin(kept: Said) -> str:
    copies = ", ".join(f"{side['name']} {side['photographs']:,}" for side in kept["sides"])
    besides = kept["entries_besides"]
    others = f" and {besides:,} PDQs of other pictures" if besides else ""
    versions = ", ".join(f"{name} {one}" for name, one in sorted(kept["versions"].items()) if name != "unseen")
    counts = sorted({side["photographs"] for side in kept["sides"]})
    widths = [f"{_width(count)} (for {count:,} photographs)" for count in counts]
    return (
        f"Photographs of places and things ({kept['too_flat']:,} of them too flat to stand in a list, and not counted),"
        f" each in {len(kept['alterations'])} alterations, scaled to 512 pixels and"
        f" saved as JPEG of quality 40; photographs for each side: {copies}. `fast` and `thorough` search the PDQs of"
        f" all {kept['photographs']:,} photographs{others}. Measured {kept['measured_at_utc']} at `{kept['commit']}`,"
        f" beside {versions}. An interval of 95 % is at most {', '.join(widths)} points wide."
    )


def _table(kept: Said) -> str:
    sides = kept["sides"]
    head = ["alteration", *(_heading(side) for side in sides)]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for at, (kind, strength) in enumerate(kept["alterations"]):
        lines.append(f"| {kind}, {strength} | {' | '.join(_found(side['rows'][at]) for side in sides)} |")
    lines.append(f"| **all of these** | {' | '.join(_pooled(side['rows']) for side in sides)} |")
    unrelated = [f"{sum(row['unrelated'] for row in side['rows']):,}" for side in sides]
    lines.append(f"| **matches with another photograph** | {' | '.join(unrelated)} |")
    times = [f"{side['cpu_ms']['median']:.3g} ms" for side in sides]
    lines.append(f"| time for a copy, one core, median | {' | '.join(times)} |")
    slowest = [f"{side['cpu_ms']['p95']:.3g} ms" for side in sides]
    lines.append(f"| the slowest of twenty | {' | '.join(slowest)} |")
    return "\n".join(lines)


def _heading(side: Said) -> str:
    return side["name"] if side["within_bits"] is None else f"{side['name']} ≤ {side['within_bits']}"


def _explained(kept: Said) -> str:
    return "Thresholds: " + "; ".join(f"{side['name']}: {side['documented']}" for side in kept["sides"]) + "."


def _goals(kept: Said) -> str:
    """What was asked for, beside what the program reaches: all copies together, and the weakest alteration."""
    sides = [side for side in kept["sides"] if side["within_bits"] is None]
    if not sides:
        return ""
    head = ["goal", "at least", "aim"]
    for side in sides:
        head += [side["name"], "weakest of these", "reached"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for asked in _ASKED:
        numbers = [at for at, named in enumerate(kept["alterations"]) if asked.is_of(*named)]
        cells = [asked.text, _percent(asked.at_least), _percent(asked.aim)]
        for side in sides:
            rows = [side["rows"][at] for at in numbers]
            weakest = min(row["found"] / row["copies"] for row in rows)
            share = sum(row["found"] for row in rows) / sum(row["copies"] for row in rows)
            cells += [_percent(share), _percent(weakest), _reached(weakest, asked)]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n\nA goal counts as reached where the weakest of its alterations reaches it."


def _reached(share: float, asked: _Asked) -> str:
    return "aim" if share >= asked.aim else "at least" if share >= asked.at_least else "**no**"


def _found(row: Said) -> str:
    return _percent(row["found"] / row["copies"]) if row["copies"] else ""


def _pooled(rows: Sequence[Said]) -> str:
    return _percent(sum(row["found"] for row in rows) / sum(row["copies"] for row in rows))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share in {0.0, 1.0} else f"{100 * share:.1f} %"


def _width(count: int) -> int:
    # Half of them found: the widest interval there is, by the normal approximation, which is close enough here.
    return round(2 * 196 * math.sqrt(0.25 / count))


if __name__ == "__main__":
    write()
