"""Files of a ledger as C2SP tlog-tiles lays them out: hash tiles, entry bundles, and how they reach the disk whole.

    checkpoint                     the signed head
    key.pub                        the vkey that signed it: a convenience, never a proof
    tile/<level>/<index>[.p/<w>]   up to 256 hashes of 32 bytes
    tile/entries/<index>[.p/<w>]   the same number of entries, each behind its length in 16 bits

`w` is the width of a tile that is not full. An index is written in groups of three digits: 1234067 is x001/x234/067.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from unseen.errors import LedgerBrokenError, StoreError, UsageError
from unseen.ledger.merkle import HASH_BYTES, TILE_WIDTH, node_hash

__all__ = [
    "CHECKPOINT_NAME",
    "ENTRY_BYTES_MAX",
    "PUBLIC_KEY_NAME",
    "TileReader",
    "pack_entries",
    "read_limited",
    "sync_folder",
    "tile_path",
    "tile_width",
    "unpack_entries",
    "write_whole",
]

CHECKPOINT_NAME = "checkpoint"
PUBLIC_KEY_NAME = "key.pub"
# The length before each entry of a bundle is a uint16.
ENTRY_BYTES_MAX = 65_535
# A proof needs a few tiles of each level; 32 of them, unfolded, are half a megabyte.
_TILES_KEPT = 32
# A writer may replace a narrow tile between our looking for it and reading it. A wider one is there by then, and each
# look that fails means that a whole checkpoint was signed meanwhile.
_LOOKS = 10


def tile_path(level: int | str, index: int, width: int = TILE_WIDTH) -> str:
    """Where a tile lies below the ledger's folder; `level` is 0 to 63, or `entries` for an entry bundle."""
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join(["tile", str(level), *(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def tile_width(level: int, index: int, size: int) -> int:
    """How many hashes a tile holds in a tree of a size: 0 to 256."""
    return max(0, min(TILE_WIDTH, (size >> 8 * level) - index * TILE_WIDTH))


def pack_entries(entries: Sequence[bytes]) -> bytes:
    """Put entries behind their lengths, as an entry bundle holds them.

    Raises:
        UsageError: An entry is longer than `ENTRY_BYTES_MAX`.
    """
    for entry in entries:
        if len(entry) > ENTRY_BYTES_MAX:
            raise UsageError(f"an entry has {len(entry)} bytes, at most {ENTRY_BYTES_MAX} fit")
    return b"".join(part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry))


def unpack_entries(data: bytes, first: int, width: int) -> list[bytes]:
    """Take an entry bundle apart; `first` is the index of its first entry, for the error only.

    Raises:
        LedgerBrokenError: It holds fewer than `width` entries, or bytes behind the last of them.
    """
    entries, at = [], 0
    for index in range(first, first + width):
        start = at + 2
        end = start + int.from_bytes(data[at:start], "big")
        if start > len(data) or end > len(data):
            raise LedgerBrokenError(f"entry {index} is cut short in its bundle", index=index)
        entries.append(data[start:end])
        at = end
    if at != len(data):
        raise LedgerBrokenError(f"{len(data) - at} bytes follow entry {first + width - 1} in its bundle", index=first)
    return entries


class TileReader:
    """Reads the tree of a given size from a ledger's folder. What it reads is unproven until it leads to a root."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self.size = size
        self._unfolded: dict[tuple[int, int], list[list[bytes]]] = {}

    def tile(self, level: int, index: int) -> bytes:
        """The hashes of a tile, as many as a tree of this size has; a wider tile gives its beginning.

        Raises:
            LedgerBrokenError: The tile is missing or has another length.
        """
        width = tile_width(level, index, self.size)
        data, held = self._read(level, index, width)
        if len(data) != held * HASH_BYTES:
            raise LedgerBrokenError(
                f"{tile_path(level, index, held)} has the wrong length",
                expected=f"{held * HASH_BYTES} bytes",
                found=f"{len(data)} bytes",
            )
        return data[: width * HASH_BYTES]

    def bundle(self, index: int) -> list[bytes]:
        """The entries of a bundle, as many as a tree of this size has.

        Raises:
            LedgerBrokenError: The bundle is missing or cut.
        """
        width = tile_width(0, index, self.size)
        data, held = self._read("entries", index, width)
        return unpack_entries(data, index * TILE_WIDTH, held)[:width]

    def entry(self, index: int) -> bytes:
        """One entry."""
        return self.bundle(index // TILE_WIDTH)[index % TILE_WIDTH]

    def entries(self, start: int = 0) -> Iterator[bytes]:
        """Entries from `start` to the end, in order."""
        for index in range(start // TILE_WIDTH, -(-self.size // TILE_WIDTH)):
            yield from self.bundle(index)[max(0, start - index * TILE_WIDTH) :]

    def node(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree at (level, index); see `unseen.ledger.merkle.NodeReader`."""
        inside = level % 8
        tile_level = level // 8
        per_tile = TILE_WIDTH >> inside
        tile, position = divmod(index, per_tile)
        return self._rows(tile_level, tile)[inside][position]

    def edge(self) -> list[list[bytes]]:
        """The hashes of the tile that is not full, for each level: what a `Frontier` starts from."""
        rows = []
        for level in range(-(-self.size.bit_length() // 8)):
            index = self.size >> 8 * (level + 1)
            data = self.tile(level, index) if tile_width(level, index, self.size) else b""
            rows.append([data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)])
        return rows

    def _rows(self, level: int, index: int) -> list[list[bytes]]:
        """The nodes within a tile, row by row from its own hashes up; only complete pairs rise."""
        rows = self._unfolded.get((level, index))
        if rows is None:
            data = self.tile(level, index)
            rows = [[data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]]
            while len(rows) < 8:
                rows.append([node_hash(a, b) for a, b in zip(rows[-1][::2], rows[-1][1::2], strict=False)])
            if len(self._unfolded) >= _TILES_KEPT:
                del self._unfolded[next(iter(self._unfolded))]
            self._unfolded[level, index] = rows
        return rows

    def _read(self, level: int | str, index: int, width: int) -> tuple[bytes, int]:
        """The bytes of the narrowest file that holds a tile, and that file's width."""
        if width == 0:
            raise UsageError(f"a ledger of {self.size} entries has no {tile_path(level, index)}")
        for _ in range(_LOOKS):
            for held in self._widths(level, index, width):
                limit = held * (HASH_BYTES if level != "entries" else ENTRY_BYTES_MAX + 2)
                data = read_limited(self.folder / tile_path(level, index, held), limit)
                if data is not None:
                    return data, held
        raise LedgerBrokenError(f"{tile_path(level, index, width)} is missing", index=index * TILE_WIDTH)

    def _widths(self, level: int | str, index: int, width: int) -> Iterator[int]:
        """Widths under which a tile may lie: wider ones begin with it, and replace it as the ledger grows."""
        yield width
        if width < TILE_WIDTH:
            yield TILE_WIDTH
            folder = (self.folder / tile_path(level, index, 1)).parent
            try:
                names = [path.name for path in folder.iterdir()]
            except OSError:
                return
            yield from sorted(int(name) for name in names if name.isdecimal() and width < int(name) < TILE_WIDTH)


def read_limited(path: Path, limit: int) -> bytes | None:
    """The bytes of an ordinary file, one more than `limit` at most; None where there is no such file.

    Raises:
        StoreError: It is there but cannot be read.
    """
    try:
        # A folder that was given to us may hold a fifo under a tile's name; opening it must not wait.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise StoreError(f"{path} is not an ordinary file")
            return stream.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def write_whole(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old bytes or the new, never a part, whatever dies meanwhile.

    The folder's own entry is on disk only after `sync_folder`.

    Raises:
        StoreError: The disk is full, or the folder cannot be written.
    """
    passing = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(descriptor, mode)
            stream.write(data)
            stream.flush()
            os.fsync(descriptor)
        passing.rename(path)
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror}",
            hint="what was signed before still verifies; free space and repeat",
        ) from error


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk.

    Raises:
        StoreError: The disk refuses.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise StoreError(f"cannot write {folder}: {error.strerror}") from error
