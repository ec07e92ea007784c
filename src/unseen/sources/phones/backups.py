"""Backups by iTunes and the Finder among the files of an archive or a volume."""

import re
from collections.abc import Iterator

from unseen.model import ByteSource, Reason, UnreadError
from unseen.sources.layers.member import Context, Member
from unseen.sources.phones.itunes_backup import TOPS, Opener, give_backup
from unseen.sources.phones.signatures import INDEX_NAMES, PLIST_NAME

__all__ = ["Backups", "is_top"]

_TOP = re.compile(rf"(?s)(|.*/)({'|'.join(map(re.escape, TOPS))})")
# In a folder named by its first two digits; before iOS 10 at the top.
_BLOB = re.compile(r"(?s)(|.*?/)((?:([0-9a-f]{2})/)?([0-9a-f]{40}))")


def is_top(path: str) -> bool:
    """Whether a file may say what the files beside it are."""
    return _TOP.fullmatch(path) is not None


class Backups:
    """The backups among some files, gathered while these are walked through, and given at the end.

    Files of a backup are called by digests, and may be encrypted: what they are stands in a file beside them. So a walk
    that meets one of them gives it later; all others are its own.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._tops: dict[str, dict[str, Opener]] = {}
        self._files: dict[str, dict[str, Opener]] = {}

    def is_held(self, path: str, opener: Opener) -> bool:
        """Take note of a file, and say whether it is given later.

        Args:
            path: Of the file. What says that a folder is a backup must come before what lies in it.
            opener: Good for as long as the walk goes on.
        """
        if top := _TOP.fullmatch(path):
            self._tops.setdefault(top[1], {})[top[2]] = opener
            return False
        blob = _BLOB.fullmatch(path) if self._tops else None
        if blob is None or blob[3] not in {None, blob[4][:2]} or not self._is_backup(blob[1]):
            return False
        self._files.setdefault(blob[1], {})[blob[2]] = opener
        return True

    def members(self) -> Iterator[Member | Reason]:
        """Give what was held, under the names that the files had on the phone."""
        for folder in filter(self._is_backup, self._tops):
            tops: dict[str, ByteSource] = {}
            for name, opener in self._tops[folder].items():
                try:
                    content = opener()
                except UnreadError as error:
                    content = error.reason
                # Why it cannot be read is told where it is given itself.
                if not isinstance(content, Reason):
                    tops[name] = content
            yield from give_backup(tops, self._files.pop(folder, {}), self._context, prefix=folder)

    def _is_backup(self, folder: str) -> bool:
        tops = self._tops.get(folder, {})
        return PLIST_NAME in tops and any(name in tops for name in INDEX_NAMES)
