"""The index of the lists in a store: opened where it is true, built from SQL where it is not. SQL is the truth."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unseen.errors import IndexFileError, ListError
from unseen.lists import ListFormat
from unseen.matching import Generation, IndexWriter, StoredColumn, building_bytes
from unseen.model import Codes
from unseen.store import ListInfo, Store, list_lists, load_changes, load_codes, parse_version, read_version

__all__ = ["Indexing", "available_bytes", "forget_list", "open_lists", "refresh_index"]

# Building it takes a second for some million entries; nobody need be told of less.
_WORTH_TELLING = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexing:
    """How the index of a store is used in one run.

    Attributes:
        threshold_bits: Largest PDQ distance that will be asked for, 0 … 64.
        verify: Read every byte first and compare each file with its SHA-256. Without, each block is verified by its
            checksum when it is first touched, which finds every damage but nobody's intent.
        may_write: Build what is missing and keep it.
        note: Who is told what a person should know.
    """

    threshold_bits: int = 31
    verify: bool = False
    may_write: bool = False
    note: Callable[[str], None] = lambda _: None


def open_lists(
    store: Store, infos: Sequence[ListInfo], how: Indexing = Indexing()
) -> dict[str, list[Codes | StoredColumn]]:
    """Open the index of lists, after building what is missing, out of date, torn, altered or foreign.

    Args:
        store: Holds the lists.
        infos: Of the lists.
        how: What may be done.

    Returns:
        For each list one column for each of our signals that occurs: in the files of one generation, or in memory
        where they cannot be kept in files.

    Raises:
        ListError: A list was changed meanwhile, or its index does not fit the memory.
        StoreError: The store cannot be read.
    """
    folder = store.path / "index"
    versions = {info.name: read_version(store, info.name) for info in infos}
    opened = _open(folder, infos, versions, how)
    missing = [info for info in infos if info.name not in opened]
    if missing and how.may_write:
        try:
            _build(folder, store, missing, versions, how)
        except IndexFileError as error:
            how.note(f"{error}; lists are searched in memory")
        else:
            opened = _open(folder, infos, versions, how)
    for info in infos:
        if info.name not in opened:
            opened[info.name] = [*_load(store, info, versions[info.name])]
    return opened


def refresh_index(store: Store, names: Sequence[str], note: Callable[[str], None] = lambda _: None) -> None:
    """Bring the index of lists that were changed up to date, so that the next search need not: what went is not found.

    Where there is no index yet, the next scan builds it.

    Raises:
        ListError: A list was changed meanwhile, or its index does not fit the memory.
        StoreError: The store cannot be read.
    """
    folder = store.path / "index"
    if not folder.exists():
        return
    infos = [info for info in list_lists(store) if info.name in names]
    versions = {info.name: read_version(store, info.name) for info in infos}
    how = Indexing(may_write=True, note=note)
    try:
        _build(folder, store, infos, versions, how)
    except IndexFileError as error:
        note(f"{error}; lists are searched in memory")


def forget_list(store_path: Path, name: str) -> None:
    """Take a list that the store holds no more out of the index too, and its values off the disk.

    Raises:
        IndexFileError: The index cannot be written.
    """
    folder = store_path / "index"
    if folder.exists():
        with IndexWriter(folder) as writer:
            writer.drop_list(name)
            writer.publish()


def _open(
    folder: Path, infos: Sequence[ListInfo], versions: Mapping[str, str], how: Indexing
) -> dict[str, list[Codes | StoredColumn]]:
    """All lists whose index is there, up to date and sound."""
    if not folder.exists():
        return {}
    try:
        generation = Generation.open(folder)
    except IndexFileError as error:
        how.note(f"the index is not used: {error}")
        return {}
    opened: dict[str, list[Codes | StoredColumn]] = {}
    # Files that are mapped stay readable when a writer clears them away.
    try:
        for info in infos:
            if generation.version(info.name) != versions[info.name]:
                continue
            try:
                columns = generation.columns(info.name, info.list_class, threshold_bits=how.threshold_bits)
                if how.verify:
                    for column in columns:
                        column.verify()
            except IndexFileError as error:
                how.note(f"the index of list {info.name} is not used: {error}")
            else:
                opened[info.name] = [*columns]
    finally:
        generation.close()
    return opened


def _build(folder: Path, store: Store, infos: Sequence[ListInfo], versions: Mapping[str, str], how: Indexing) -> None:
    with IndexWriter(folder) as writer:
        # Whoever held the lock before us may have built the same.
        built = _open(folder, infos, versions, Indexing(threshold_bits=how.threshold_bits, verify=how.verify))
        missing = [info for info in infos if info.name not in built]
        if not missing:
            return
        for info in missing:
            if not _change(writer, store, info, versions[info.name]):
                if info.entry_count >= _WORTH_TELLING:
                    how.note(f"building the index of list {info.name}: {info.entry_count:,} entries")
                writer.put_list(info.name, versions[info.name], _load(store, info, versions[info.name], folder))
        kept = {info.name for info in list_lists(store)}
        for name in writer.names() - kept:
            writer.drop_list(name)
        writer.publish()


def _change(writer: IndexWriter, store: Store, info: ListInfo, version: str) -> bool:
    """Bring the index of a list from an earlier state to this one; says whether there is one to begin from."""
    known = writer.version(info.name)
    since = None if known is None else parse_version(store, info.name, known)
    if since is None or since >= info.version:
        return False
    changes = load_changes(store, info.name, since)
    if read_version(store, info.name) != version:
        raise _changed_meanwhile(info)
    try:
        for one in changes:
            writer.change_list(info.name, version, one.signal, added=(one.values, one.rows), removed=one.removed)
    except IndexFileError:
        # A file is damaged: there is nothing to begin from.
        return False
    writer.set_version(info.name, version)
    return True


def _changed_meanwhile(info: ListInfo) -> ListError:
    return ListError(f"list {info.name} was changed while it was being read", hint="run the same command again")


def _load(store: Store, info: ListInfo, version: str, folder: Path | None = None) -> list[Codes]:
    # A hundred million commonplace files do not fit into memory beside anything else. Their digests come in order,
    # so that an index is written from the file they lie in.
    is_on_disk = folder is not None and info.file_format == ListFormat.NSRL
    needed, available = building_bytes(info.entry_count), available_bytes()
    if needed > available and not is_on_disk:
        raise ListError(
            f"list {info.name} needs {needed / 1e9:.1f} GB of memory to be indexed, {available / 1e9:.1f} GB are free",
            hint="end other programs, or do this once on a larger machine: an index that is built needs far less",
        )
    columns = list(load_codes(store, [info.name], folder=folder if is_on_disk else None))
    if read_version(store, info.name) != version:
        raise _changed_meanwhile(info)
    return columns


def available_bytes() -> int:
    """Memory that this process may still take: of the machine, or of its control group where that allows less."""
    meminfo = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines())
    available = int(meminfo["MemAvailable"].split()[0]) << 10
    group = Path("/sys/fs/cgroup")
    try:
        limit, used = ((group / name).read_text(encoding="ascii").strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return available
    return available if limit == "max" else min(available, int(limit) - int(used))
