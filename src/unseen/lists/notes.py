"""What is noted while a list is read: bad lines, and what was passed over on purpose."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from unseen.errors import ListFormatError
from unseen.lists.values import BadValueError, UnspecificValueError

__all__ = ["BAD_LINES_NAMED_MAX", "BadLine", "Notes"]

# As many as fit on a screen; the count tells the rest.
BAD_LINES_NAMED_MAX = 20


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
    passed_over: Counter[str] = field(default_factory=Counter)
    videos: Counter[str] = field(default_factory=Counter)
    unread_columns: tuple[str, ...] = ()

    def refuse(self, line: int, problem: BadValueError) -> None:
        """Note a bad line; reading goes on, so that all of them can be named at once."""
        if self.is_question and isinstance(problem, UnspecificValueError):
            self.passed_over["unspecific"] += 1
            return
        self.bad_count += 1
        if len(self.bad) < BAD_LINES_NAMED_MAX:
            self.bad.append(BadLine(line, problem.expected, problem.found, problem.hint))

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
