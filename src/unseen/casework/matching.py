"""`unseen match`: hashes that somebody already has, against the lists. No item is read."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from unseen.casework.known.indexing import Indexing
from unseen.casework.known.loading import load_known
from unseen.casework.proof.places import is_there, open_to_read
from unseen.errors import UsageError
from unseen.lists import ListFile, ask_for
from unseen.model import QUALITY_MIN, Entry, Hash, ItemHashes, Match, Outcome, Reason
from unseen.store import Store

__all__ = ["Answer", "match_hashes", "open_if_needed"]

# As many as a scan matches at once.
_BATCH = 1_000

Question = tuple[str, ItemHashes]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the lists say of one hash, or of one row of hashes.

    Attributes:
        item: The hash as given on the command line, or its identifier in its file.
        outcome: `match` where something matched. Otherwise how far it was screened: `no_match`; `digest_only` for a
            row whose PDQ is of too low quality to be matched, or that is no picture; `not_screened` for a row that
            was not, whatever digests it has.
        reason: Why it was screened by digest only, in part or not at all; also beside a match.
        matches: Ordered by (distance, list, entry).
        is_finding: Whether a person must look into it; known files and cleared entries alone do not make it so.
    """

    item: str
    outcome: Outcome
    reason: Reason | None
    matches: tuple[Match, ...]
    is_finding: bool


def match_hashes(
    store: str,
    texts: Sequence[str],
    *,
    lists: Sequence[str] = (),
    threshold_bits: int = 31,
    signal: str | None = None,
) -> Iterator[Answer]:
    """Compare hashes with lists.

    Args:
        store: Path of the store.
        texts: Each a hash (`pdq:HEX`), or a file of hashes in any format that `list add` reads, or `-` for such a
            file on standard input. Rows of `unseen hash --json` are matched with all their variants and frames.
        lists: Names of lists in the store, or paths of files; none for every list of the store.
        threshold_bits: Largest PDQ distance that counts, inclusive, 0 … 64.
        signal: Signal of values in files that name none.

    Yields:
        One answer for each hash or row, in their order.

    Raises:
        UsageError: A text is neither a hash nor a file.
        ListError: A list or a file of hashes cannot be read.
        StoreError: There is no store though a list of it is wanted, or it cannot be read.
        ThresholdError: The threshold is outside its range.
    """
    questions = [_open_question(text) for text in texts]
    with open_if_needed(store, lists) as opened:
        known = load_known(opened, lists, indexing=Indexing(threshold_bits=threshold_bits))
        matcher = known.matcher(threshold_bits)
        asked = iter(_ask(questions, signal))
        while batch := list(islice(asked, _BATCH)):
            found = matcher.match([hashes for _, hashes in batch])
            for (item, hashes), matches in zip(batch, found, strict=True):
                yield _answer(item, hashes, matches, is_finding=matcher.is_finding(matches))


@contextmanager
def open_if_needed(store: str, lists: Sequence[str]) -> Iterator[Store | None]:
    """The store; none where nobody made one and all lists are files."""
    if lists and not is_there(store) and all(Path(text).exists() for text in lists):
        yield None
    else:
        with open_to_read(store) as opened:
            yield opened


def _open_question(text: str) -> Hash | str:
    """The hash that a text spells, or the path that it is."""
    if text == "-" or Path(text).is_file() or Path(text).is_fifo():
        return text
    if ":" not in text and Path(text).exists():
        raise UsageError(
            f"{text} is a directory", hint="`unseen match` takes hashes; `unseen scan` and `unseen hash` take files"
        )
    try:
        return Hash.parse(text)
    except UsageError as error:
        raise UsageError(f"{error}, and there is no such file", hint=error.hint) from error


def _ask(questions: Iterable[Hash | str], signal: str | None) -> Iterator[Question]:
    for question in questions:
        if isinstance(question, Hash):
            yield ask_for(Entry(str(question), question.signal, question.value))
        else:
            with ListFile(question, signal=signal, is_question=True) as file:
                yield from file.questions()


def _answer(item: str, hashes: ItemHashes, matches: tuple[Match, ...], *, is_finding: bool) -> Answer:
    outcome, reason = _screened(hashes)
    return Answer(item, Outcome.MATCH if matches else outcome, reason, matches, is_finding)


def _screened(hashes: ItemHashes) -> tuple[Outcome, Reason | None]:
    """How far a row without matches was screened when it was hashed, and why not further."""
    qualities = [quality for quality in _qualities(hashes) if quality is not None]
    match hashes.reason:
        case Reason.NOT_MEDIA | Reason.LOW_QUALITY | Reason.KNOWN_FILE:
            return Outcome.DIGEST_ONLY, hashes.reason
        case Reason.TRUNCATED | Reason.ALTERED_UNFINISHED if hashes.is_decoded:
            return Outcome.NO_MATCH, hashes.reason
        case None if qualities and max(qualities) < QUALITY_MIN:
            return Outcome.DIGEST_ONLY, Reason.LOW_QUALITY
        case None if qualities or hashes.sha256 or hashes.sha1 or hashes.md5:
            return Outcome.NO_MATCH, None
        case reason:
            return Outcome.NOT_SCREENED, reason or Reason.UNREADABLE


def _qualities(hashes: ItemHashes) -> Iterator[int | None]:
    yield hashes.pdq_quality
    yield from (variant.pdq_quality for variant in hashes.variants)
    yield from (frame.pdq_quality for frame in hashes.vpdq or ())
