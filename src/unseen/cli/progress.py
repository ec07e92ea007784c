"""Progress on stderr, for people at a terminal only: files, bytes, rate, and time left where it is known."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from unseen.cli import voice

if TYPE_CHECKING:
    from rich.progress import Progress

    from unseen.casework.progress import Progress as ScanProgress

__all__ = ["Meter", "is_watched", "progress_words"]

# The eye follows no more, and a terminal over a slow line no less.
_REDRAWS_PER_S = 5


def is_watched(*, json: bool) -> bool:
    """Whether somebody sees stderr as it is written, and a moving line would not get between rows of JSON."""
    return sys.stderr.isatty() and not (json and sys.stdout.isatty())


class Meter:
    """A line that moves while work is done and vanishes when it ends; a context manager.

    It prints nothing where nobody watches; see `is_watched`.
    """

    def __init__(self, verb: str, *, json: bool) -> None:
        self._verb = verb
        self._is_watched = is_watched(json=json)
        self._files = self._size_bytes = 0
        self._began = self._redrawn = time.monotonic()
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        if self._is_watched:
            self._progress = _make_progress()
            self._task = self._progress.add_task(self._verb, total=None, said="starting")
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the line away: what follows is printed at leisure."""
        if self._progress is not None:
            self._progress.stop()

    def follow(self, told: "ScanProgress") -> None:
        """Show what a scan tells of itself."""
        self._show(told)

    def count(self, size_bytes: object) -> None:
        """Count one more item of this size."""
        self._files += 1
        self._size_bytes += size_bytes if isinstance(size_bytes, int) else 0
        now = time.monotonic()
        if now - self._redrawn >= 1 / _REDRAWS_PER_S:
            self._redrawn = now
            if self._progress is not None:
                rate = self._files / max(1e-9, now - self._began)
                said = f"{self._files:,} files, {voice.size(self._size_bytes)}, {rate:,.0f}/s"
                self._progress.update(self._task, completed=self._files, said=said)

    def _show(self, told: "ScanProgress") -> None:
        if self._progress is None:
            return
        is_by_bytes = bool(told.size_bytes_total)
        completed, total = (told.size_bytes, told.size_bytes_total) if is_by_bytes else (told.files, told.files_total)
        self._progress.update(self._task, completed=completed, total=total, said=progress_words(told))


def progress_words(told: "ScanProgress") -> str:
    """Files and bytes done, of how many; the rate; and the time left, by bytes where there are any."""
    of_files = "" if told.files_total is None else f" of {told.files_total:,}"
    of_bytes = "" if told.size_bytes_total is None else f" of {voice.size(told.size_bytes_total)}"
    seconds = max(told.seconds, 1e-9)
    rate = (told.files - told.files_before) / seconds
    said = f"{told.files:,}{of_files} files, {voice.size(told.size_bytes)}{of_bytes}, {rate:,.0f}/s"
    if told.files_total is None or told.size_bytes_total is None:
        return said
    left, done = told.size_bytes_total - told.size_bytes, told.size_bytes - told.size_bytes_before
    if not told.size_bytes_total:
        left, done = told.files_total - told.files, told.files - told.files_before
    return f"{said}, {_clock(left * seconds / done)} left" if done > 0 else said


def _make_progress() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[said]}"),
        console=Console(stderr=True, highlight=False),
        transient=True,
        refresh_per_second=_REDRAWS_PER_S,
        # Results printed to the same terminal go above the line; results for a pipe or file must never take that way.
        redirect_stdout=sys.stdout.isatty(),
    )


def _clock(seconds: float) -> str:
    minutes, second = divmod(max(0, int(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
