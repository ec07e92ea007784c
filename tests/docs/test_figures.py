"""Figures in the documents come from raw results."""

from benchmarks import report


def test_the_page_shows_the_newest_results() -> None:
    """The tables of the performance page are exactly what the newest raw results render to."""
    text = report.PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- results: begin -->\n", "<!-- results: end -->"
    assert text.count(begin) == text.count(end) == 1
    assert text.split(begin)[1].split(end)[0] == report.render()
