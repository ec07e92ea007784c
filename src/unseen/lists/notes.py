"""What is noted while a list is read: entries that are refused, and what was passed over on purpose."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from unseen.errors import ListFormatError
from unseen.lists.values import BadValueError, UnspecificValueError
from unseen.model import Refused

__all__ = ["BAD_LINES_NAMED_MAX", "REFUSED_KEPT_MAX", "BadLine", "Notes"]

# As many as fit on a screen; the count tells the rest.
BAD_LINES_NAMED_MAX = 20
# Enough to mend a list by; a list with more corrupt entries than this is asked for anew, not mended.
REFUSED_KEPT_MAX = 1_000
# A file in the wrong format, or with a column cut, is corrupt nearly everywhere; disks and networks damage less.
_CORRUPT_SHARE = 10


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is not what its format promises."""

    line: int
    expected: str
    found: str
    hint: str


@dataclass(slots=True)
class Notes:
    """The notes of one reading.

    Attributes:
        name: The list's path as given.
        signal: Signal of values that name none, or None.
        plugged: Signals of plugged-in hashers.
        is_question: The file holds hashes to be looked up, not a list: what is unspecific is passed over.
        bad: The first bad lines.
        bad_count: How many there are.
        corrupt_count: How many of these are not what an entry looks like; the others are hashes that unrelated
            files share.
        refused: The first of the entries that are refused, by their places, to be kept on record.
        passed_over: How many of what were left out on purpose; all reasons are named in docs/reference.
        videos: How many videos of each identifier there were so far.
        unread_columns: Columns that mean nothing to us.
    """

    name: str
    signal: str | None = None
    plugged: Collection[str] = ()
    is_question: bool = False
    bad: list[BadLine] = field(default_factory=list)
    bad_count: int = 0
    corrupt_count: int = 0
    refused: list[Refused] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    videos: Counter[str] = field(default_factory=Counter)
    unread_columns: tuple[str, ...] = ()

    def refuse(self, line: int, problem: BadValueError) -> None:
        """Note a bad line; reading goes on, so that it does not stand in the way of the rest."""
        if self.is_question and isinstance(problem, UnspecificValueError):
            self.passed_over["unspecific"] += 1
            return
        self.bad_count += 1
        self.corrupt_count += not isinstance(problem, UnspecificValueError)
        if len(self.refused) < REFUSED_KEPT_MAX:
            self.refused.append(Refused(f"line {line}", str(problem)))
        if len(self.bad) < BAD_LINES_NAMED_MAX:
            self.bad.append(BadLine(line, problem.expected, problem.found, problem.hint))

    def is_spoilt(self, entries: int) -> bool:
        """Whether so much is corrupt, beside so many good entries, that the file is not what it is taken for.

        A single corrupt entry never stands in the way of others.
        """
        return entries == 0 or self.corrupt_count > max(1, (entries + self.corrupt_count) // _CORRUPT_SHARE)

    def stop(self, line: int, expected: str, found: str, hint: str = "") -> ListFormatError:
        """The error for a place after which nothing can be read any more."""
        return ListFormatError(self.name, line, expected=expected, found=found, hint=hint)

    def error(self) -> ListFormatError:
        """The error that tells of all bad lines: the first in full, the next by number."""
        first = self.bad[0]
        hints = [first.hint] if first.hint else []
        if self.bad_count > 1:
            lines = ", ".join(str(bad.line) for bad in self.bad)
            more = " and so on" if self.bad_count > len(self.bad) else ""
            hints.append(f"{self.bad_count} lines are bad: {lines}{more}")
        hints.append("nothing was imported")
        return ListFormatError(self.name, first.line, expected=first.expected, found=first.found, hint="; ".join(hints))
