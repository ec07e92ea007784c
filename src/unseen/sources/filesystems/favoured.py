"""Folders that are screened first: those in which people keep pictures."""

__all__ = ["is_favoured", "may_hold_favoured"]

# In any case of letters: Windows, macOS, Linux, cameras, Android, iOS.
_FAVOURED = tuple(
    tuple(path.split("/"))
    for path in (
        "users",
        "home",
        "dcim",
        "documents and settings",
        "pictures",
        "downloads",
        "download",
        "documents",
        "movies",
        "videos",
        "data/media",
        "media",
        "storage",
        "sdcard",
        "private/var/mobile/media",
        "mobile/media",
        "root",
    )
)


def is_favoured(path: str) -> bool:
    """Say whether a folder is a favoured one, or on the way to one."""
    parts = _parts(path)
    return any(parts == each[: len(parts)] for each in _FAVOURED)


def may_hold_favoured(path: str) -> bool:
    """Say whether a favoured folder may lie below a folder."""
    parts = _parts(path)
    return any(len(parts) < len(each) and parts == each[: len(parts)] for each in _FAVOURED)


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.casefold().split("/")[1:])
