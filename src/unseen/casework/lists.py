"""`unseen list`: take lists in, count what they hold, take them out again."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from unseen import store as stores
from unseen.casework.proof.clock import account_name, now_utc
from unseen.casework.proof.places import new_file, open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.errors import ListError, UsageError
from unseen.hashing.plugin import HASHERS_GROUP
from unseen.lists import ListFile, ListFormat, write_lines
from unseen.model import ListClass, Refused
from unseen.store import ListAccount, ListInfo, ListOrigin

__all__ = [
    "AddedList",
    "ListAccount",
    "ListInfo",
    "add_list",
    "check_name",
    "export_list",
    "list_lists",
    "remove_list",
    "show_list",
]

# Printed in every match; longer names are sentences.
NAME_CHARS_MAX = 100
# A set of commonplace files must never become a list that accuses whoever has them, and what people say of pictures
# of themselves, reviewed by nobody, never one that somebody has vouched for.
_CLASS_OF_FORMAT = {
    ListFormat.NSRL: (ListClass.KNOWN_FILE, "commonplace files"),
    ListFormat.TAKE_IT_DOWN: (ListClass.USER_REPORTED, "hashes that nobody has reviewed"),
}
_NAME = re.compile(r"\w[\w .+-]*")


@dataclass(frozen=True, slots=True)
class AddedList:
    """What came of adding a list.

    Attributes:
        account: What the store now holds.
        format_is_guessed: Whether the format was guessed from the content; a person should be told which.
        class_is_assumed: Whether nobody gave a class, so that one was chosen; a person should be told.
        duplicates: Entries left out because they said what an earlier one had said.
        passed_over: What was left out on purpose, by reason: `not_screened`, `low_quality`, `empty_file`,
            `negative_opinion`, `no_hash`, `undecided`, `disabled`.
        refused: The first of the entries that are corrupt, or hashes that unrelated files share, by their places.
        refused_count: How many they are.
        unread_columns: Columns of a table that mean nothing to us.
    """

    account: ListAccount
    format_is_guessed: bool
    class_is_assumed: bool
    duplicates: int
    passed_over: Mapping[str, int]
    unread_columns: tuple[str, ...]
    refused: tuple[Refused, ...] = ()
    refused_count: int = 0


def add_list(
    store: str,
    name: str,
    path: str,
    *,
    file_format: str | None = None,
    signal: str | None = None,
    list_class: str | None = None,
    replace: bool = False,
    note: Callable[[str], None] = lambda _: None,
    keys: Path | None = None,
) -> AddedList:
    """Take a list from a file into the store, in one transaction.

    A corrupt entry is refused and told by its place; a file of which more than one entry in ten is corrupt is not
    taken at all.

    Args:
        store: Path of the store; made where there is none.
        name: How the list will be called.
        path: The file; `-` for standard input.
        file_format: A `ListFormat`; None to guess it from the content.
        signal: Signal of values that name none.
        list_class: `csam`, `user_reported`, `known_file` or `cleared`; None for `csam`, or for the class that the
            format can only have.
        replace: Whether a list of this name gives way, in the same transaction.
        note: Told what a person should know: that a signing key was made.
        keys: Folder of signing keys; None for `UNSEEN_KEYS` or the user's own.

    Raises:
        UsageError: No such format, signal or class, or an impossible name.
        ListFormatError: Too many lines are bad; nothing was kept.
        ListError: The file cannot be read, holds no entry, or there is a list of this name.
        StoreError: The store cannot be written.
    """
    check_name(name)
    chosen = None if list_class is None else _parse_class(list_class)
    plugged = {point.name for point in entry_points(group=HASHERS_GROUP)}
    with (
        ListFile(path, file_format=file_format, signal=signal, plugged=plugged) as file,
        open_recorded(store, keys=keys, note=note) as opened,
    ):
        duplicates = _take_in(opened, name, file, _class_of(file, chosen), replace=replace)
        if replace:
            from unseen.casework.known.indexing import refresh_index

            refresh_index(opened, [name], note)
        return AddedList(
            account=stores.read_account(opened, name),
            format_is_guessed=file.is_guessed,
            class_is_assumed=list_class is None,
            duplicates=duplicates,
            passed_over=dict(file.passed_over),
            unread_columns=file.unread_columns,
            refused=file.refused,
            refused_count=file.refused_count,
        )


def _take_in(opened: stores.Store, name: str, file: ListFile, list_class: ListClass, *, replace: bool) -> int:
    """Take the entries of a file in; returns how many were left out as duplicates."""
    origin = ListOrigin(_printable(file.name), file.format.value, lambda: file.sha256, file.refusals, account_name())
    at_utc = now_utc()
    if replace:
        # A newer file of the same list is a change of it: what is missing is withdrawn, and past findings know of it.
        duplicates = stores.replace_list(
            opened, name, file.entries(), list_class=list_class, origin=origin, at_utc=at_utc
        )
        if duplicates is not None:
            return duplicates
    return stores.add_list(
        opened,
        name,
        file.entries(),
        list_class=list_class,
        origin=origin,
        at_utc=at_utc,
        replace=replace,
        is_distinct=file.is_distinct,
    )


def list_lists(store: str) -> list[ListInfo]:
    """All lists of a store, by name.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(store) as opened:
        return stores.list_lists(opened)


def show_list(store: str, name: str) -> ListAccount:
    """Count what a list holds. Never a value.

    Raises:
        ListError: There is no such list.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(store) as opened:
        return stores.read_account(opened, name)


def remove_list(store: str, name: str) -> int:
    """Take a list out of the store, and forget where it was fetched from; findings that it led to stay.

    Returns:
        How many entries it held.

    Raises:
        ListError: There is no such list.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    from unseen.casework.known.indexing import forget_list

    with open_recorded(store, create=False) as opened:
        was_followed = stores.forget_source(opened, name, at_utc=now_utc())
        if was_followed and name not in {info.name for info in stores.list_lists(opened)}:
            return 0
        count = stores.remove_list(opened, name, at_utc=now_utc())
        forget_list(opened.path, name)
    return count


def export_list(store: str, name: str, path: str, *, file_format: str = "jsonl") -> int:
    """Write the entries of a list to a new file that only its owner may read.

    Hash values are never printed: they leave the store only into a file that somebody named, never onto a terminal.

    Args:
        store: Path of the store.
        name: Name of the list.
        path: A file that does not exist yet.
        file_format: `jsonl`, which keeps everything, or `text`, which keeps signals and values only.

    Returns:
        How many entries were written.

    Raises:
        UsageError: No such format, or the file exists.
        ListError: There is no such list, or the file cannot be written.
        StoreError: There is no store, or it cannot be read.
    """
    if path == "-":
        raise UsageError("values of a list are not written to standard output", hint="give the name of a new file")
    count = 0
    with open_recorded(store, create=False) as opened:
        account = stores.read_account(opened, name)
        lines = write_lines(stores.list_entries(opened, account.info.name), file_format=file_format)
        with new_file(Path(path), ListError) as file:
            for line in lines:
                file.write(line.encode())
                count += 1
            # The file is whole and still without its name: nothing leaves the store that is not on record.
            stores.record_export(
                opened, name, path=_printable(str(Path(path).absolute())), file_format=file_format, at_utc=now_utc()
            )
    return count


def check_name(name: str) -> None:
    """See whether a list can be called so.

    Raises:
        UsageError: It cannot.
    """
    if len(name) > NAME_CHARS_MAX or not _NAME.fullmatch(name) or name != name.strip():
        raise UsageError(
            f"{_printable(name[:40])!r} cannot be the name of a list",
            hint=f"up to {NAME_CHARS_MAX} letters, digits, blanks, and . + - _; it begins with a letter or digit",
        )


def _class_of(file: ListFile, chosen: ListClass | None) -> ListClass:
    """The class of a list, which for some formats is no choice."""
    only = _CLASS_OF_FORMAT.get(file.format)
    if only is None:
        return chosen or ListClass.CSAM
    only_class, what = only
    if chosen not in {None, only_class}:
        raise UsageError(f"{file.name} holds {what}", hint=f"lists in {file.format} can only be of class {only_class}")
    return only_class


def _parse_class(text: str) -> ListClass:
    try:
        return ListClass(text.lower())
    except ValueError:
        raise UsageError(
            f"unknown class {text[:40]!r}",
            hint=f"one of {', '.join(ListClass)}: unseen serves no other purpose than finding known child sexual abuse"
            " material",
        ) from None


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
