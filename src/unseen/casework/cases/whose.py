"""Whose the items of a scan are, so that every finding of known material comes into somebody's case."""

import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from unseen.casework.given.facts import FactsFile, parse_subject
from unseen.model import Facts, Finding, ListClass, Subject, SubjectKind
from unseen.sources import PATHS

if TYPE_CHECKING:
    from unseen.casework.known.loading import KnownMaterial

__all__ = ["Whose"]


class Whose:
    """What a scan was told about the origin of its items.

    Attributes:
        described: The same for the record of the scan, without what is in the file.
    """

    def __init__(self, sources: Sequence[str], subject: str | None, facts: str | None) -> None:
        """Read what there is.

        Args:
            sources: Of the scan, as given.
            subject: `KIND:ID` of all items that the file does not speak of.
            facts: Path of that file.

        Raises:
            UsageError: One of them is none.
        """
        self._sources = tuple(sources)
        self._subject = None if subject is None else parse_subject(subject)
        self._stack = ExitStack()
        self._file = None if facts is None else self._stack.enter_context(FactsFile(facts))
        self.described: dict[str, str] = {}
        if self._subject is not None:
            self.described["subject"] = str(self._subject)
        if self._file is not None:
            self.described["facts_sha256"] = self._file.sha256

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def about(self, known: "KnownMaterial") -> Callable[[Finding], Facts | None]:
        """Give the function that says into whose case a finding goes: into none where no list of class csam says so."""
        lists = frozenset(name for name, _, list_class in known.lists if list_class is ListClass.CSAM)

        def facts_of(finding: Finding) -> Facts | None:
            if not any(match.list in lists for match in finding.matches):
                return None
            known = None if self._file is None else self._file.about(finding.locator)
            if known is not None:
                return known
            subject = self._subject or self._place(finding)
            return Facts(subject=subject, account=None if self._file is None else self._file.account_of(subject))

        return facts_of

    def _place(self, finding: Finding) -> Subject:
        """Where nobody said whose it is: the source that it lies in."""
        outermost = finding.locator.steps[0][1]
        around = [source for source in self._sources if _is_within(outermost, source)]
        # What lies in no other source came by a list of paths, of which a record keeps the digest only. Names on disk
        # are bytes: those that are no text are written as escapes, for a subject is text everywhere.
        place = os.fsencode(max(around, key=len, default=PATHS)).decode("utf-8", "backslashreplace")
        return Subject(SubjectKind.SOURCE, place)


def _is_within(path: str, source: str) -> bool:
    """Whether a path, as locators have it, is a source or lies in it; `up` holds nothing of `uploads`."""
    return path == source or path.startswith(source.rstrip("/") + "/")
