"""Feedback as JSON objects and as lines for people; docs/reference/json-output.md describes every field."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from unseen.cli import voice

if TYPE_CHECKING:
    from unseen.casework.feedback import Given, Letter, Queued, Tried

__all__ = ["given_lines", "given_row", "queued_lines", "queued_row", "tried_lines", "tried_row"]

Row = dict[str, object]


def given_row(given: "Given") -> Row:
    """A row of `unseen feedback give --json`."""
    return {"type": "letter", "letter": given.number, **_letter(given.letter), "is_new": given.is_new}


def given_lines(given: "Given") -> list[str]:
    """The letter, and whether it lay there already."""
    return [f"letter {given.number}: {_words(given.letter)}{'' if given.is_new else ' (queued before)'}"]


def tried_row(tried: "Tried") -> Row:
    """A row of `unseen feedback send --json`."""
    came = {"outcome": tried.outcome, "status": tried.status, "answer": tried.answer}
    return {"type": "attempt", "letter": tried.number, **_letter(tried.letter), **came}


def tried_lines(tried: "Tried") -> list[str]:
    """The letter, and what came of it."""
    return [f"{tried.outcome}: letter {tried.number}: {_words(tried.letter)}{_why(tried.outcome, tried.answer)}"]


def queued_row(queued: "Queued") -> Row:
    """A row of `unseen feedback ls --json`."""
    return {
        "type": "letter",
        "letter": queued.number,
        **_letter(queued.letter),
        "by": queued.letter.by,
        "at_utc": queued.at_utc,
        "state": queued.state,
        "attempts": [asdict(one) for one in queued.deliveries],
    }


def queued_lines(queued: "Queued") -> list[str]:
    """The letter, where it stands, and a line for each attempt."""
    by = voice.printable(queued.letter.by)
    attempts = [
        f"  {one.outcome}, {one.at_utc}{'' if one.status is None else f', status {one.status}'}"
        f"{_why(one.outcome, one.answer)}"
        for one in queued.deliveries
    ]
    return [f"{queued.state}: letter {queued.number}: {_words(queued.letter)}; by {by}, {queued.at_utc}", *attempts]


def _letter(letter: "Letter") -> Row:
    return {"finding": letter.finding, "list": letter.channel, **letter.content}


def _words(letter: "Letter") -> str:
    stance = "right" if letter.content["stance"] == "for" else "wrong"
    codes = ", ".join(letter.content["reasons"])
    text = f"list {letter.channel}, entry {letter.content['entry']}, {letter.content['signal']} is {stance}"
    return voice.printable(f"{text} ({codes})" if codes else text)


def _why(outcome: str, answer: str) -> str:
    # What was taken is answered with a document, which is in the JSON.
    return "" if outcome == "accepted" else voice.printable(f": {answer}")
