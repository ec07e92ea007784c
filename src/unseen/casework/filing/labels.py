"""What a list's own labels say of a file's content: passed on with where they come from, or not at all.

A near hash is another picture's: what a list says of that one may be wrong of this. So only an entry that is this very
file, by its SHA-256 or by MD5 and SHA-1 of one entry together, speaks here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from unseen.casework.filing.saying import plain
from unseen.casework.filing.settings import FilingSettings
from unseen.casework.filing.values import FoundFile, ListedLabel
from unseen.filing.cybertipline.schema import FileAnnotations
from unseen.model import Ground, ListClass, Mark

__all__ = ["Told", "from_labels"]

Classification = Literal["A1", "A2", "B1", "B2"]
# By the classification of the Industry Hash Sharing Platform, as its lists give it (NCMEC's hash-sharing API).
_CODES: tuple[Classification, ...] = "A1", "A2", "B1", "B2"
_CLASSIFIED = {("ncmec", str(code)): code for code in _CODES}
# Whoever doubts an entry doubts what is said of it.
_DOUBTS = frozenset(Mark)


@dataclass(frozen=True, slots=True)
class Told:
    """What is passed on.

    Attributes:
        annotations: Of the content; None where no label says any.
        classification: The industry's; None where no label says one, or two say different ones.
        used: Each label that was used, with its entry and list.
    """

    annotations: FileAnnotations | None = None
    classification: Classification | None = None
    used: tuple[str, ...] = ()


def from_labels(file: FoundFile, settings: FilingSettings) -> Told:
    """Read what labels of the entries that are this very file say, as far as the settings let them."""
    meanings = {(one.scheme, one.code): one.annotation for one in settings.label}
    annotations: set[str] = set()
    classes: set[Classification] = set()
    used: list[str] = []
    for listed in dict.fromkeys(_speaking(file)):
        key = listed.label.scheme, listed.label.code
        meaning = meanings.get(key)
        classified = _CLASSIFIED.get(key) if settings.company.industry_classification else None
        annotations |= set() if meaning is None else {meaning}
        classes |= set() if classified is None else {classified}
        if meaning or classified:
            said = [said for said in (meaning, classified and f"industryClassification {classified}") if said]
            used.append(
                f"{plain(listed.label.scheme)} {plain(listed.label.code)}, of entry {plain(listed.entry)} of list "
                f"{plain(listed.list)}, given here as {' and '.join(said)}."
            )
    if len(classes) > 1:
        # Nobody here can say which is right, and none of them is guessed.
        used.append("Lists classify this file differently; no classification is given.")
    return Told(
        annotations=FileAnnotations.model_validate(dict.fromkeys(annotations, True)) if annotations else None,
        classification=next(iter(classes)) if len(classes) == 1 else None,
        used=tuple(dict.fromkeys(used)),
    )


def _speaking(file: FoundFile) -> Iterator[ListedLabel]:
    exact = {
        (match.list, match.entry)
        for match in file.finding.matches
        if match.ground is Ground.EXACT
        and not _DOUBTS & {*match.marks, *match.marks_now}
        and match.list in file.searched
        and file.searched[match.list].list_class is ListClass.CSAM
    }
    yield from (listed for listed in file.labels if (listed.list, listed.entry) in exact)
