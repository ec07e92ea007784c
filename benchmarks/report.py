"""Tables from raw results. `python -m benchmarks.report` renders them into the pages that show them."""

import json
import re
import statistics
from pathlib import Path
from typing import Any

from benchmarks import recall_page

__all__ = ["PAGE", "lines", "newest", "render", "write"]

_ROOT = Path(__file__).parents[1]
PAGE = _ROOT / "docs" / "explanation" / "performance.md"
_BETWEEN = re.compile(r"(?<=<!-- results: begin -->\n).*?(?=<!-- results: end -->)", re.DOTALL)
_FACTOR = {"ms": 1e3, "µs": 1e6, "s": 1.0, "MB": 1.0}


def newest() -> Path | None:
    """The newest file of raw results, by the date in its name."""
    return max((_ROOT / "benchmarks" / "results").glob("*.json"), default=None)


def render() -> str:
    """The page's tables, as Markdown."""
    path = newest()
    if path is None:
        return "No figures yet: run `make bench`.\n"
    kept = json.loads(path.read_text(encoding="utf-8"))
    table = [
        "| what | unseen | against | ratio: median (smallest – largest) | at least | aim | reached |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in kept["rows"]:
        table += _table_lines(row)
    head = f"{_machine_line(kept['machine'])}\n{_origin_line(kept['rows'])}"
    parts = [head, "\n".join(table), _notes(kept["rows"]), f"Raw results: `benchmarks/results/{path.name}`."]
    return "\n\n".join(part for part in parts if part) + "\n"


def write() -> None:
    """Put the newest tables between the markers of performance.md, and of error-rates.md."""
    if PAGE.exists():
        text = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(_BETWEEN.sub(lambda _: render(), text), encoding="utf-8")
    recall_page.write()


def lines(row: dict[str, Any]) -> list[str]:
    """One row for the terminal."""
    if "not_done" in row:
        return [f"{row['id']}: not done: {row['not_done']}"]
    said = [f"{row['id']}: {_times(row)}"]
    said += [
        f"  {_value(goal)} {goal['text']} (at least: {_bound(goal, 'at_least')}) {_reached(goal)}"
        for goal in row["goals"]
    ]
    if _differs(row):
        said.append("  THE SIDES' ANSWERS DIFFER")
    return said


def _table_lines(row: dict[str, Any]) -> list[str]:
    if "not_done" in row:
        return [f"| {row['title']} | not done: {row['not_done']} | | | | | |"]
    ours = row["sides"][0]
    drawn = []
    for at, goal in enumerate(row["goals"]):
        title = row["title"] if at == 0 else ""
        own = _time(row, ours) if at == 0 else ""
        drawn.append(
            f"| {title} | {own} | {_against(row, goal)} | {_value(goal)} {goal['text']} "
            f"| {_bound(goal, 'at_least')} | {_bound(goal, 'aim')} | {_reached(goal)} |"
        )
    return drawn


def _against(row: dict[str, Any], goal: dict[str, Any]) -> str:
    named = [side for side in row["sides"][1:] if side["name"] in goal["text"]] or row["sides"][1:2]
    return ", ".join(f"{side['name']} {_time(row, side)}" for side in named)


def _notes(rows: list[dict[str, Any]]) -> str:
    """What the raw results say besides: slow single queries, memory, equal answers."""
    said = []
    for row in rows:
        for side in row.get("sides", []):
            notes = side["notes"]
            if "latency_us" in notes:
                points = ", ".join(f"{name} {value:g} µs" for name, value in notes["latency_us"].items())
                said.append(
                    f"- {row['id']}, {side['name']}: {points} by the wall clock; {notes['queries']} queries; "
                    f"{notes['rss_mb']:g} MB resident, {notes['rss_peak_mb']:g} MB at "
                    f"most; prepared in {notes['prepared_cpu_s']:g} s."
                )
            if "at_each_tenth_mb" in notes:
                said.append(f"- {row['id']}: MB at each tenth of the scan: {notes['at_each_tenth_mb']}.")
    equal = [row["id"] for row in rows if row.get("answers_equal")]
    said += [f"- Equal answers from every side that gives one: {', '.join(equal)}."] if equal else []
    said += [f"- **Answers differ in {row['id']}: its figures mean nothing.**" for row in rows if _differs(row)]
    return "\n".join(said)


def _differs(row: dict[str, Any]) -> bool:
    return row.get("answers_equal") is False


def _machine_line(machine: dict[str, Any]) -> str:
    sets = " ".join(machine["instruction_sets"])
    return (
        f"{machine['cpu']} ({machine['cpu_model']}; {sets}), {machine['cores']} cores, {machine['memory_gb']:g} GB, "
        f"{machine['system']}, Python {machine['python']}."
    )


def _origin_line(rows: list[dict[str, Any]]) -> str:
    """When, at which commits, beside which versions."""
    times = sorted(row["measured_at_utc"] for row in rows)
    commits = list(dict.fromkeys(f"`{row['commit']}`" for row in rows))
    versions = {name: one for row in rows for side in row.get("sides", []) for name, one in side["versions"].items()}
    named = ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
    return f"Measured {times[0]} to {times[-1]} at {', '.join(commits)}" + (f", beside {named}." if named else ".")


def _times(row: dict[str, Any]) -> str:
    return ", ".join(f"{side['name']} {_time(row, side)}" for side in row["sides"])


def _time(row: dict[str, Any], side: dict[str, Any]) -> str:
    return f"{_number(statistics.median(side['seconds']) * _FACTOR[row['unit']])} {row['unit']}"


def _value(goal: dict[str, Any]) -> str:
    value = goal["value"]
    low, high = _number(value["min"]), _number(value["max"])
    return f"{_number(value['median'])} ({low} – {high})"


def _bound(goal: dict[str, Any], name: str) -> str:
    if goal[name] is None:
        return ""
    return f"{'' if goal['larger_is_better'] else '≤ '}{_number(goal[name])}"


def _reached(goal: dict[str, Any]) -> str:
    return {"aim": "aim", "at least": "at least", "no": "**no**", "reported": ""}[goal["reached"]]


def _number(value: float) -> str:
    """Three digits that count."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    write()
