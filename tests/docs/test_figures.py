"""Figures in the documents come from raw results."""

from benchmarks import recall_page, report
from benchmarks.altered import calibration_page
from benchmarks.altered import page as altered_page
from benchmarks.altered.losses import page as losses_page


def test_the_page_shows_the_newest_results() -> None:
    """The tables of the performance page are exactly what the newest raw results render to."""
    text = report.PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- results: begin -->\n", "<!-- results: end -->"
    assert text.count(begin) == text.count(end) == 1
    assert text.split(begin)[1].split(end)[0] == report.render()


def test_the_page_of_error_rates_shows_the_newest_results() -> None:
    """The table of what is still found is exactly what the newest raw results render to."""
    text = recall_page.PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- recall: begin -->\n", "<!-- recall: end -->"
    assert text.count(begin) == text.count(end) == 1
    assert text.split(begin)[1].split(end)[0] == recall_page.render()


def test_the_page_of_altered_copies_shows_the_newest_calibration() -> None:
    """The tables of false matches among altered copies are exactly what the newest raw results render to."""
    text = calibration_page.PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- calibration: begin -->\n", "<!-- calibration: end -->"
    assert text.count(begin) == text.count(end) == 1
    assert text.split(begin)[1].split(end)[0] == calibration_page.render()


def test_the_page_of_altered_copies_shows_the_newest_results() -> None:
    """The tables of what is found of altered copies are exactly what the newest raw results render to."""
    text = altered_page.PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- recall: begin -->\n", "<!-- recall: end -->"
    assert text.count(begin) == text.count(end) == 1
    assert text.split(begin)[1].split(end)[0] == altered_page.render()


def test_the_page_of_altered_copies_shows_where_copies_are_lost() -> None:
    """The table of lost copies is exactly what the newest raw results render to."""
    text = losses_page.PAGE.read_text(encoding="utf-8")
    begin, end = "<!-- losses: begin -->\n", "<!-- losses: end -->"
    assert text.count(begin) == text.count(end) == 1
    assert text.split(begin)[1].split(end)[0] == losses_page.render()
