"""Names on discs of ISO 9660 that the library does not pass on: those of Rock Ridge.

Sources: ECMA-119 (volume descriptors, directory records); IEEE P1281 (SUSP: SP, CE, ST) and P1282 (NM), drafts of 1994.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from unseen.model import ByteSource, UnreadError

__all__ = ["rock_ridge_names"]

Names = Mapping[str, Mapping[str, str]]

_DESCRIPTORS, _DESCRIPTOR_BYTES, _DESCRIPTORS_MAX = 16 * 2_048, 2_048, 64
_PRIMARY, _SUPPLEMENTARY, _TERMINATOR = 1, 2, 255
# How the supplementary descriptor of Joliet names its characters: the library reads its names already.
_JOLIET = {b"%/@", b"%/C", b"%/E"}
_DIRECTORY = 0x02
# A disc of the largest kind holds fewer entries; what says more of itself lies.
_RECORDS_MAX, _DIRECTORY_BYTES_MAX = 1_000_000, 1 << 24
# A name has 255 characters, so two areas are enough; a chain of them may lead round in a circle.
_AREAS_MAX = 16
_NAME_BYTES_MAX = 4_096
_CURRENT_OR_PARENT = 0x06


@dataclass(frozen=True, slots=True)
class _Record:
    short: bytes
    is_directory: bool
    block: int
    size_bytes: int
    system_use: bytes


def rock_ridge_names(source: ByteSource) -> Names:
    """Give, by path of the directory and then by the name that the library gives, the name that Rock Ridge gives.

    Empty where there are none, or where the names of Joliet are used; as many as can be read where the disc is damaged.
    """
    names: dict[str, dict[str, str]] = {}
    try:
        disc = _opened(source)
        if disc is not None:
            _walk(source, *disc, names)
    except UnreadError:
        pass
    return names


def _opened(source: ByteSource) -> tuple[int, _Record] | None:
    """The size of a block, and the root's record."""
    primary = None
    for index in range(_DESCRIPTORS_MAX):
        head = source.read_at(_DESCRIPTORS + index * _DESCRIPTOR_BYTES, _DESCRIPTOR_BYTES)
        if len(head) < _DESCRIPTOR_BYTES or head[1:6] != b"CD001" or head[0] == _TERMINATOR:
            break
        if head[0] == _SUPPLEMENTARY and head[88:91] in _JOLIET:
            return None
        if head[0] == _PRIMARY and primary is None:
            primary = head
    block_bytes = int.from_bytes(primary[128:130], "little") if primary else 0
    root = _record(primary[156:190]) if primary else None
    return (block_bytes, root) if block_bytes and root is not None else None


def _walk(source: ByteSource, block_bytes: int, root: _Record, names: dict[str, dict[str, str]]) -> None:
    pending, seen, count, skipped = [("", root)], set[int](), 0, None
    while pending and count < _RECORDS_MAX:
        path, directory = pending.pop()
        if directory.block in seen:
            continue
        seen.add(directory.block)
        taken: set[str] = set()
        for record in _records(source, block_bytes, directory):
            count += 1
            if skipped is None:
                # The first record of the root says whether there is anything of this kind, and what comes before it.
                use = record.system_use
                if use[:2] != b"SP" or use[4:6] != b"\xbe\xef":
                    return
                skipped = use[6]
            if record.short in {b"\0", b"\1"}:
                continue
            short = record.short.split(b";")[0].rstrip(b".").decode("utf-8", "surrogateescape")
            name = _name_of(source, block_bytes, record.system_use[skipped:]) or short
            # Two files of one name, or one of a directory that says so, keep those by which they can be told apart.
            name = short if name in taken else name
            taken.add(name)
            if name != short:
                names.setdefault(path, {})[short] = name
            if record.is_directory:
                pending.append((f"{path}/{name}", record))


def _records(source: ByteSource, block_bytes: int, directory: _Record) -> Iterator[_Record]:
    size = min(directory.size_bytes, _DIRECTORY_BYTES_MAX)
    for start in range(0, size, block_bytes):
        # No record goes over the end of a block.
        block = source.read_at(directory.block * block_bytes + start, block_bytes)
        at = 0
        while at < len(block) and block[at]:
            record = _record(block[at : at + block[at]])
            if record is None:
                return
            yield record
            at += block[at]


def _record(data: bytes) -> _Record | None:
    if len(data) < 34 or len(data) < data[0] or 33 + data[32] > len(data):
        return None
    end = 33 + data[32]
    return _Record(
        short=data[33:end],
        is_directory=bool(data[25] & _DIRECTORY),
        block=int.from_bytes(data[2:6], "little"),
        size_bytes=int.from_bytes(data[10:14], "little"),
        system_use=data[end + (end & 1) :],
    )


def _name_of(source: ByteSource, block_bytes: int, area: bytes) -> str:
    """Put together what the entries NM of a record say; empty where there are none."""
    name = b""
    for _ in range(_AREAS_MAX):
        continued = None
        while len(area) >= 4 and 4 <= area[2] <= len(area):
            entry, area = area[: area[2]], area[area[2] :]
            if entry[:2] == b"NM" and len(entry) > 5 and not entry[4] & _CURRENT_OR_PARENT:
                name += entry[5:]
            elif entry[:2] == b"CE" and len(entry) >= 28:
                continued = [int.from_bytes(entry[at : at + 4], "little") for at in (4, 12, 20)]
            elif entry[:2] == b"ST":
                break
        if continued is None or len(name) > _NAME_BYTES_MAX:
            break
        block, offset, size = continued
        area = source.read_at(block * block_bytes + offset, min(size, block_bytes))
    return name[:_NAME_BYTES_MAX].decode("utf-8", "surrogateescape")
