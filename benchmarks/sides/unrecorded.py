"""`unseen` without its ledger: rows are written as ever, with an empty entry beside them, and nothing is signed."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from unseen.casework.proof import recording
from unseen.cli.program import run
from unseen.store import Store, open_store

__all__: list[str] = []


class _Recorder:
    """Makes entries of nothing."""

    def hide(self, _value: Mapping[str, object], /) -> tuple[bytes, str]:
        return bytes(16), "0" * 64

    def encode(self, _entry: Mapping[str, object], /) -> bytes:
        return b"{}"

    def kept(self) -> None:
        return


@contextmanager
def _open(
    location: str | Path,
    *,
    create: bool = True,
    keys: Path | None = None,
    note: Callable[[str], None] | None = None,
    on_erased: Callable[..., None] | None = None,
) -> Iterator[Store]:
    del keys, note, on_erased
    with open_store(location, create=create) as store:
        store.recorder = _Recorder()
        yield store


def _seal(store: Store) -> str:
    del store
    return "0:" + "0" * 64


if __name__ == "__main__":
    recording.open_recorded = _open
    recording.seal = _seal
    sys.exit(run(sys.argv[1:]))
