"""From what a user names to the items that lie there."""

import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence

from unseen.errors import SourceError
from unseen.model import Item, Reason
from unseen.sources.files import item_at, mode_of, open_directory, refused
from unseen.sources.tree import Bounds, walk

__all__ = ["PATHS", "check_sources", "open_listed", "open_source", "open_sources"]

# Stands for a list of paths on standard input.
PATHS = "-"


def open_source(text: str) -> Iterator[Item]:
    """Open one directory or file; see `open_sources`."""
    return open_sources([text])


def open_sources(
    texts: Sequence[str],
    *,
    passed_over: Iterable[str] = (),
    on_passed_over: Callable[[str], None] = lambda _: None,
) -> Iterator[Item]:
    """Open directories and files, and give the items that lie there, one source after the other.

    Everything is opened read-only. What cannot be screened is an item too: its `open` gives the reason. Locators are
    the paths as given, joined with what lies below. Sources may overlap; items then come more than once.

    Args:
        texts: Paths of directories and files. A source may itself be a symbolic link; links inside are not followed.
        passed_over: Paths of directories to leave out, wherever they turn up.
        on_passed_over: Told where such a directory turned up.

    Raises:
        SourceError: A source does not exist or cannot be opened. Raised at once, before the first item is asked for.
    """
    check_sources(texts)
    bounds = Bounds(
        roots=tuple(os.path.realpath(text) for text in texts),
        passed_over=_identities(passed_over),
        on_passed_over=on_passed_over,
    )
    return (item for text in texts for item in _items(text, bounds))


def open_listed(
    paths: Iterable[str],
    *,
    passed_over: Iterable[str] = (),
    on_passed_over: Callable[[str], None] = lambda _: None,
) -> Iterator[Item]:
    """Give the items at listed paths: what a list says about a path that has gone meanwhile is an item with a reason.

    Unlike a source on the command line, a listed path that is a symbolic link is not followed: lists are made by
    programs, and a program does not know whose files a link leads to.
    """
    identities = _identities(passed_over)
    for path in paths:
        yield from _listed(path, identities, on_passed_over)


def check_sources(texts: Iterable[str]) -> None:
    """Make sure that directories can be opened and files exist. A file that cannot be read is an item with a reason.

    Raises:
        SourceError: One does not exist or cannot be opened.
    """
    hint = "give the path of a directory or file; nothing was scanned"
    for text in texts:
        if not text or "\0" in text:
            raise SourceError(f"{text!r} is not a path", hint=hint)
        try:
            if stat.S_ISDIR(mode_of(text, follow=True)):
                open_directory(text, follow=True)
        except OSError as error:
            raise SourceError(f"cannot open {text!r}: {error.strerror or error}", hint=hint) from error


def _items(text: str, bounds: Bounds) -> Iterator[Item]:
    try:
        mode = mode_of(text, follow=True)
        root = open_directory(text, follow=True) if stat.S_ISDIR(mode) else None
    except OSError as error:
        # It was there when the scan began.
        return iter((refused(text, error),))
    return iter((_single(text, mode, follow=True),)) if root is None else walk(root, bounds)


def _listed(path: str, passed_over: frozenset[tuple[int, int]], tell: Callable[[str], None]) -> Iterator[Item]:
    try:
        mode = mode_of(path, follow=False)
        root = open_directory(path) if stat.S_ISDIR(mode) else None
    except (FileNotFoundError, ValueError):
        # Whether it went away or was never there, only whoever made the list can say. A zero byte is in no path.
        return iter((refused(path, Reason.UNREADABLE),))
    except OSError as error:
        return iter((refused(path, error),))
    if root is None:
        return iter((_single(path, mode, follow=False),))
    return walk(root, Bounds((os.path.realpath(path),), passed_over, tell))


def _single(path: str, mode: int, *, follow: bool) -> Item:
    # Opening a device may wind a tape or wait for ever.
    return item_at(path, follow=follow) if stat.S_ISREG(mode) else refused(path, Reason.UNSUPPORTED)


def _identities(paths: Iterable[str]) -> frozenset[tuple[int, int]]:
    statuses = (os.stat(path) for path in paths if os.path.isdir(path))  # noqa: PTH112, PTH116 - as text given
    return frozenset((status.st_dev, status.st_ino) for status in statuses)
