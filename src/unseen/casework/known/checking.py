"""Compare the index of a store with its lists: what scans search by is what was taken in. Nothing is written."""

from dataclasses import dataclass

from unseen.casework.known.indexing import Indexing, available_bytes
from unseen.errors import IndexFileError, LedgerBrokenError
from unseen.matching import Generation, building_bytes
from unseen.model import Signal
from unseen.store import ListInfo, Store, list_lists, load_codes, read_version

__all__ = ["CheckedIndex", "check_index"]

# A folder without it is one in which no index was ever finished.
_CURRENT = "CURRENT"
_HINT = (
    "the index is only a cache: delete it, and the next scan builds it from the lists; but what was searched by it may"
    " have been missed"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedIndex:
    """An index that is what the lists make of it.

    Attributes:
        sha256: Digest of its generation, in hexadecimal.
        lists: Names of the lists whose entries it holds, every one of them compared.
        passed_over: Names of lists that it holds as they were before, or not at all, and which the next scan builds
            anew; and of those that do not fit the memory of this machine.
    """

    sha256: str
    lists: tuple[str, ...]
    passed_over: tuple[str, ...]


def check_index(store: Store) -> CheckedIndex | None:
    """Read every byte of the index, and compare every entry and every table with the lists.

    Returns:
        What was compared; None where there is no index.

    Raises:
        LedgerBrokenError: A file is torn, altered or foreign, or is not what its list makes of it.
        StoreError: The store cannot be read.
    """
    folder = store.path / "index"
    if not (folder / _CURRENT).exists():
        return None
    infos = list_lists(store)
    try:
        generation = Generation.open(folder)
        try:
            compared = [info.name for info in infos if _compare(store, generation, info)]
        finally:
            generation.close()
    except IndexFileError as error:
        raise LedgerBrokenError(f"the index does not verify: {error}", hint=_HINT) from error
    passed_over = tuple(info.name for info in infos if info.name not in compared)
    return CheckedIndex(sha256=generation.sha256, lists=tuple(compared), passed_over=passed_over)


def _compare(store: Store, generation: Generation, info: ListInfo) -> bool:
    """Compare one list; says whether that could be done."""
    version = read_version(store, info.name)
    if generation.version(info.name) != version or building_bytes(info.entry_count) > available_bytes():
        return False
    opened = generation.columns(info.name, info.list_class, threshold_bits=Indexing().threshold_bits)
    columns = {column.signal: column for column in opened}
    for signal in Signal:
        column = columns.get(signal.value)
        codes = next(load_codes(store, [info.name], signals=[signal]), None)
        if read_version(store, info.name) != version:
            return False
        if column is not None:
            column.verify()
            column.compare(codes)
        elif codes is not None:
            raise IndexFileError(f"the index of list {info.name} holds no {signal.value} entries, the list does")
    return True
