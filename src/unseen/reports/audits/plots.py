"""Plots as plain shapes with coordinates, which a template draws as SVG. No library, no script, no colour alone."""

from collections.abc import Callable, Sequence
from math import ceil, floor, log10
from typing import Any

from unseen.model import Altered
from unseen.reports.audits.triage_values import Missed, Waiting
from unseen.reports.audits.values import Proportion, RecallAudit, ThresholdAudit

__all__ = ["Plot", "missed_plot", "recall_plot", "threshold_plot", "waiting_plot"]

Plot = dict[str, Any]
Point = tuple[float, float]

# In units of the drawing, which scales with the page.
_WIDTH = 760.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 112.0, 14.0, 16.0, 46.0
_HEIGHT = 360.0
_BITS_MAX = 64
_ROW_HEIGHT = 17.0
_NAMES_WIDTH = 330.0
# Rates below one in ten million would need more files than anybody audits.
_DECADES_MAX = 7


def threshold_plot(audit: ThresholdAudit) -> Plot:
    """Rates against thresholds, rates on a logarithmic scale; zero lies below the frame and is not drawn."""
    decades = _decades(audit)
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def place(bits: float, share: float) -> Point:
        depth = min(1.0, -log10(share) / decades) if share > 0 else 1.0
        return _LEFT + bits / _BITS_MAX * (right - _LEFT), _TOP + depth * (bottom - _TOP)

    rows = audit.rows
    upper = [place(row.threshold_bits, row.clusters.high_95) for row in rows]
    lower = [place(row.threshold_bits, row.clusters.low_95) for row in rows]
    bound = [place(row.threshold_bits, row.clusters.upper_95) for row in rows]
    lines = [{"name": "bound", "d": _line(bound)}]
    for name, pick in (("files", "files"), ("clusters", "clusters")):
        drawn = [
            place(row.threshold_bits, share) for row in rows if (share := _rate(getattr(row, pick))) > 10.0**-decades
        ]
        lines += [{"name": name, "d": _line(drawn)}] if drawn else []
    at = place(audit.threshold_bits, 1)[0]
    texts = [_text(at + 5, _TOP + 12, f"in use: {audit.threshold_bits} bits")]
    grid = []
    for decade in range(decades + 1):
        _, y = place(0, 10.0**-decade)
        grid.append({"x1": _LEFT, "x2": right, "y1": _short(y), "y2": _short(y)})
        texts.append(_text(_LEFT - 8, y + 4, _share_name(decade), "end"))
    texts += [_text(place(bits, 1)[0], bottom + 18, str(bits), "middle") for bits in range(0, _BITS_MAX + 1, 8)]
    texts.append(_text((_LEFT + right) / 2, bottom + 38, "threshold in bits", "middle"))
    return {
        "name": "rates",
        "width": _WIDTH,
        "height": _HEIGHT,
        "title": "False-match rate at every threshold",
        "said": "Share of benign files, and of clusters of them, that match within each threshold, with the interval of"
        " 95 % for clusters; the table has the same figures.",
        "areas": [{"name": "interval", "d": _line([*upper, *reversed(lower)]) + "Z"}],
        "grid": grid,
        "marks": [{"x1": _short(at), "x2": _short(at), "y1": _TOP, "y2": bottom}],
        "lines": lines,
        "dots": [],
        "texts": texts,
        "legend": [
            {"name": "clusters", "text": "clusters that matched"},
            {"name": "files", "text": "files that matched"},
            {"name": "bound", "text": "clusters: at most so many (bound of 95 %)"},
            {"name": "interval", "text": "clusters: interval of 95 %"},
        ],
    }


def recall_plot(audit: RecallAudit, *, bits: int) -> Plot:
    """For each alteration the share that is still found at one threshold, with its interval; and at the largest."""
    at = audit.thresholds_bits.index(bits)
    left, right = _NAMES_WIDTH, _WIDTH - 24
    height = _TOP + _ROW_HEIGHT * len(audit.rows) + _BOTTOM
    bottom = height - _BOTTOM

    def across(share: float) -> float:
        return left + share * (right - left)

    grid, texts, lines, dots = [], [], [], []
    for percent in range(0, 101, 25):
        x = _short(across(percent / 100))
        grid.append({"x1": x, "x2": x, "y1": _TOP, "y2": bottom})
        texts.append(_text(x, bottom + 18, f"{percent} %", "middle"))
    for number, row in enumerate(audit.rows):
        y = _TOP + _ROW_HEIGHT * (number + 0.5)
        texts.append(_text(left - 10, y + 4, f"{row.kind}, {row.strength}", "end"))
        found, farthest = row.found[at], row.found[-1]
        if not found.of:
            continue
        ends = [(across(found.low_95), y), (across(found.high_95), y)]
        lines.append({"name": "whisker", "d": _line(ends)})
        dots.append({"name": "farthest", "x": _short(across(_rate(farthest))), "y": _short(y), "r": 4.5})
        dots.append({"name": "found", "x": _short(across(_rate(found))), "y": _short(y), "r": 3.2})
        if row.altered is not None:
            dots.append({"name": "undone", "x": _short(across(_rate(row.altered))), "y": _short(y), "r": 4.5})
    texts.append(_text((left + right) / 2, bottom + 38, "share of the pictures that is still found", "middle"))
    return {
        "name": "recall",
        "width": _WIDTH,
        "height": _short(height),
        "title": f"What is still found at {bits} bits",
        "said": "For each alteration the share of pictures found, with its interval of 95 %.",
        "areas": [],
        "grid": grid,
        "marks": [],
        "lines": lines,
        "dots": dots,
        "texts": texts,
        "legend": [
            {"name": "found", "text": f"within {bits} bits, with its interval of 95 %"},
            {"name": "farthest", "text": f"within {audit.thresholds_bits[-1]} bits"},
            *(
                []
                if audit.altered is Altered.OFF
                else [{"name": "undone", "text": f"found by --altered {audit.altered}"}]
            ),
        ],
    }


def missed_plot(rows: Sequence[Missed], name: str) -> Plot:
    """Of a thousand people, how many who harm stand below the line, against the share of people who do."""
    most = max((row.high_95 for row in rows), default=1.0) or 1.0
    frame = _Frame(max((row.prevalence for row in rows), default=1.0) or 1.0, most)
    upper = [frame.place(row.prevalence, row.high_95) for row in rows]
    lower = [frame.place(row.prevalence, row.low_95) for row in rows]
    return {
        **frame.empty("missed", "Of a thousand people: who harm and stand below the line"),
        "said": "The number grows with the share of people who harm; around it its interval of 95 %.",
        "areas": [{"name": "interval", "d": _line([*upper, *reversed(lower)]) + "Z"}],
        "lines": [{"name": "clusters", "d": _line([frame.place(row.prevalence, row.expected) for row in rows])}],
        "texts": [
            *frame.scale(lambda share: f"{100 * share:.0f} %", lambda count: f"{count:.0f}"),
            frame.under("share of people who harm a child"),
        ],
        "legend": [
            {"name": "clusters", "text": f"{name}: expected"},
            {"name": "interval", "text": "interval of 95 %"},
        ],
    }


def waiting_plot(waiting: Waiting) -> Plot:
    """How many of the lowest band wait, week by week, under both rules."""
    most = max((max(two) for two in waiting.weekly), default=1.0) or 1.0
    frame = _Frame(float(waiting.weeks), most)
    lines = [
        {"name": name, "d": _line([frame.place(week, two[at]) for week, two in enumerate(waiting.weekly, start=1)])}
        for at, name in ((0, "clusters"), (1, "files"))
    ]
    return {
        **frame.empty("waiting", "Waiting in the lowest band"),
        "said": "Medians of a hundred runs: where the highest band always comes first, and where the oldest does.",
        "lines": lines,
        "texts": [
            *frame.scale(lambda week: f"{week:.0f}", lambda count: f"{count:,.0f}"),
            frame.under("weeks"),
        ],
        "legend": [
            {"name": "clusters", "text": "highest band first"},
            {"name": "files", "text": "oldest first"},
        ],
    }


class _Frame:
    """Plain axes from zero: four steps up, four to the right."""

    def __init__(self, right: float, top: float) -> None:
        self._most = right, _round_up(top)
        self._right, self._bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM

    def place(self, x: float, y: float) -> Point:
        across, up = x / self._most[0], y / self._most[1]
        return _LEFT + across * (self._right - _LEFT), self._bottom - up * (self._bottom - _TOP)

    def empty(self, name: str, title: str) -> Plot:
        ys = [_short(self.place(0, self._most[1] * step / 4)[1]) for step in range(5)]
        grid = [{"x1": _LEFT, "x2": self._right, "y1": y, "y2": y} for y in ys]
        size = {"width": _WIDTH, "height": _HEIGHT}
        nothing: Plot = {"areas": [], "marks": [], "lines": [], "dots": []}
        return {"name": name, "title": title, **size, **nothing, "grid": grid}

    def scale(self, across: Callable[[float], str], up: Callable[[float], str]) -> list[dict[str, object]]:
        texts = []
        for step in range(5):
            x, y = self._most[0] * step / 4, self._most[1] * step / 4
            texts.append(_text(_LEFT - 8, self.place(0, y)[1] + 4, up(y), "end"))
            # The last one would run out of the drawing.
            anchor = "end" if step == 4 else "middle"
            texts.append(_text(self.place(x, 0)[0], self._bottom + 18, across(x), anchor))
        return texts

    def under(self, text: str) -> dict[str, object]:
        return _text((_LEFT + self._right) / 2, self._bottom + 38, text, "middle")


def _round_up(value: float) -> float:
    """The next number whose quarters are read at a glance: 4, 8, 20, 40, 80, 200 ..."""
    step = 10.0 ** floor(log10(value / 4)) if value > 0 else 1.0
    return next(4 * step * each for each in (1, 2, 5, 10) if 4 * step * each >= value)


def _decades(audit: ThresholdAudit) -> int:
    """How many powers of ten the scale needs: down to one file in all, or one cluster."""
    of = max(10, audit.in_use.files.of)
    return min(_DECADES_MAX, ceil(log10(of)))


def _rate(one: Proportion) -> float:
    return one.rate or 0.0


def _line(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{_short(x)} {_short(y)}" for x, y in points)


def _text(x: float, y: float, text: str, anchor: str = "start") -> dict[str, object]:
    return {"x": _short(x), "y": _short(y), "text": text, "anchor": anchor}


def _short(value: float) -> float:
    return floor(value * 10 + 0.5) / 10


def _share_name(decade: int) -> str:
    return "100 %" if decade == 0 else "10 %" if decade == 1 else "1 %" if decade == 2 else f"1 in {10**decade:,}"
