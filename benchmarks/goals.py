"""What a row of the table is, at which scale it is measured, and how it is judged."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import machine
from benchmarks.race import spread

__all__ = ["Goal", "Row", "Scale", "measure"]


@dataclass(frozen=True)
class Scale:
    """How much is measured: all of it, or little, to see that the harness works."""

    rounds: int = 7
    codes: dict[str, int] = field(default_factory=lambda: {"1e6": 10**6, "1e7": 10**7, "1e8": 10**8})
    queries: int = 4000
    families: int = 4
    pictures_2mp: int = 8
    pictures_12mp: int = 4
    mixed: int = 2000
    small: int = 100_000
    entries: int = 1_000_000
    held: int = 10**7
    new_entries: int = 10**5
    scans: int = 3
    video_s: int = 60

    @classmethod
    def small_scale(cls) -> "Scale":
        """Little of everything; its figures mean nothing and are not kept."""
        codes = {"1e6": 20_000, "1e7": 30_000, "1e8": 40_000}
        return cls(
            rounds=2,
            codes=codes,
            queries=100,
            families=1,
            pictures_2mp=2,
            pictures_12mp=1,
            mixed=40,
            small=400,
            entries=700,
            held=4_000,
            new_entries=500,
            scans=1,
            video_s=12,
        )


@dataclass(frozen=True)
class Goal:
    """What a row is held to.

    Attributes:
        text: What the number says, with `peer` and `ours` named.
        over: Name of the side above the fraction bar; its time is divided by that of `under`.
        under: Name of the side below.
        at_least: The bound of what was asked for; None where the figure is only reported.
        aim: The bound of what was hoped for, or None.
        larger_is_better: Whether the bounds are lower bounds.
    """

    text: str
    over: str
    under: str
    at_least: float | None
    aim: float | None = None
    larger_is_better: bool = True


@dataclass(frozen=True)
class Row:
    """One line of the table. `sides` is called only when the row is measured: it may make files first."""

    id: str
    title: str
    unit: str
    measure: Callable[[Scale], list[dict[str, Any]]]
    goals: tuple[Goal, ...]
    needs_gb: float = 0


def measure(row: Row, scale: Scale) -> dict[str, Any]:
    """Measure one row, or say why not."""
    result: dict[str, Any] = {"id": row.id, "title": row.title, "unit": row.unit, "measured_at_utc": machine.now_utc()}
    available_gb = machine.available_gb()
    if available_gb < row.needs_gb and scale == Scale():
        return result | {"not_done": f"needs {row.needs_gb:.0f} GB of free memory, {available_gb:.0f} GB were free"}
    result["sides"] = sides = row.measure(scale)
    answers = {side["answer"] for side in sides if side.get("answer")}
    result["answers_equal"] = len(answers) == 1 if len([s for s in sides if s.get("answer")]) > 1 else None
    result["goals"] = [_judge(goal, sides) for goal in row.goals]
    return result


def _judge(goal: Goal, sides: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = {side["name"]: side["seconds"] for side in sides}
    under = seconds.get(goal.under, [1.0] * len(seconds[goal.over]))
    value = spread([over / below for over, below in zip(seconds[goal.over], under, strict=True)])
    bounds = [("aim", goal.aim), ("at least", goal.at_least)]
    reached = [
        name
        for name, bound in bounds
        if bound is not None and (value["median"] >= bound if goal.larger_is_better else value["median"] <= bound)
    ]
    return {
        "text": goal.text,
        "value": value,
        "at_least": goal.at_least,
        "aim": goal.aim,
        "larger_is_better": goal.larger_is_better,
        "reached": reached[0] if reached else "reported" if goal.at_least is None else "no",
    }
