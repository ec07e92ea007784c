"""The table of docs/explanation/altered-copies.md that says where copies are lost, from raw results."""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.altered.losses.splitting import LOST
from benchmarks.altered.page import PAGE

__all__ = ["PAGE", "RESULTS", "render", "table", "write"]

RESULTS = Path(__file__).parents[2] / "results" / "altered" / "losses"
_BETWEEN = re.compile(r"(?<=<!-- losses: begin -->\n).*?(?=<!-- losses: end -->)", re.DOTALL)
Said = dict[str, Any]


def render() -> str:
    """The page's table, as Markdown."""
    path = max(RESULTS.glob("*.json"), default=None)
    if path is None:
        return "Not measured yet: run `python -m benchmarks.altered.losses`.\n"
    kept = json.loads(path.read_text(encoding="utf-8"))
    counts = ", ".join(f"{side['photographs']:,} in `{side['side']}`" for side in kept["sides"])
    origin = f"Copies of so many photographs: {counts}. Measured {kept['measured_at_utc']} at `{kept['commit']}`."
    return f"{origin}\n\n{table(kept)}\n\nRaw results: `benchmarks/results/altered/losses/{path.name}`.\n"


def write() -> None:
    """Put the newest table between the page's markers."""
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_BETWEEN.sub(lambda _: render(), text), encoding="utf-8")


def table(kept: Said) -> str:
    """Of every alteration of which a side missed a copy: how many were lost at each step."""
    head = ["alteration, and way", "copies", "found", *(f"lost: {step}" for step in LOST), "with the true place"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for side in kept["sides"]:
        lines += [_row(side["side"], row) for row in side["rows"] if row["found"] < row["copies"]]
        lines.append(_row(side["side"], _together(side["rows"])))
    return "\n".join(lines)


def _row(side: str, row: Said) -> str:
    kind, strength = row["alteration"]
    lost = [str(row["lost"][step] or "") for step in LOST]
    known = row["copies"] - row["lost"]["too little"]
    shares = [f"{100 * count / row['copies']:.1f} %" for count in (row["found"], known)]
    name = ", ".join(part for part in (kind, strength) if part)
    return f"| {name}, `{side}` | {row['copies']} | {shares[0]} | {' | '.join(lost)} | {shares[1]} |"


def _together(rows: list[Said]) -> Said:
    return {
        "alteration": ["**all alterations**", ""],
        "copies": sum(row["copies"] for row in rows),
        "found": sum(row["found"] for row in rows),
        "lost": {step: sum(row["lost"][step] for row in rows) for step in LOST},
    }


if __name__ == "__main__":
    write()
