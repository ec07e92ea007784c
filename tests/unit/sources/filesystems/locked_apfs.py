"""Volumes of APFS under FileVault, made from one in the clear: no free program makes them.

Format: Apple, "Apple File System Reference" (2020-06-22), chapters "Encryption" and "B-Trees".
"""

import hashlib
import struct
from collections.abc import Iterator

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

__all__ = ["lock_apfs"]

_BLOCK, _SECTOR = 4096, 512
_FIXED, _ROOT, _LEAF = 4, 1, 2
_FILE_EXTENT = 8
_IN_THE_CLEAR, _ONE_KEY, _IS_ENCRYPTED = 1, 8, 4
_KEK, _MASTER = bytes(range(32)), bytes(range(64, 96))
_ROUNDS = 1_000
# Tags of entries in the bags of keys.
_VOLUME_KEY, _RECORDS = 2, 3


def lock_apfs(image: bytes, password: str) -> bytes:
    """Encrypt the only volume of a container whose last two blocks are free: its tree, and what its files hold."""
    disk = _Disk(bytearray(image))
    supers = [at for at in range(disk.count) if disk.block(at)[32:36] == b"NXSB"]
    newest = max(supers, key=lambda at: disk.number(at, 16))
    volumes_map = disk.number(disk.number(newest, 160), 48)
    place = {oid: values[1] for oid, values in disk.objects(volumes_map)}
    volume = place[disk.number(newest, 184)]
    volume_id, container_id = bytes(disk.block(volume)[240:256]), bytes(disk.block(newest)[72:88])
    tree_map = disk.number(disk.number(volume, 128), 48)
    nodes = [values[1] for _, values in disk.objects(tree_map)]
    for extent, blocks in {extent for node in nodes for extent in disk.claim_extents(node)}:
        for at in range(extent, extent + blocks):
            disk.encrypt(at, _MASTER)
    for node in nodes:
        disk.encrypt(node, _MASTER)
    disk.mark_objects(tree_map)
    flags = disk.number(volume, 264)
    disk.write(volume, 264, struct.pack("<Q", flags & ~_IN_THE_CLEAR | _ONE_KEY))
    bags = disk.count - 2
    assert not any(disk.block(bags) + disk.block(bags + 1))
    keys = _entry(volume_id, _VOLUME_KEY, _wrapped(_KEK, _MASTER, volume_id))
    keys += _entry(volume_id, _RECORDS, struct.pack("<QQ", bags + 1, 1))
    salt = b"salt" * 4
    derived = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS, 32)
    user = _wrapped(derived, _KEK, volume_id, _value(0x84, struct.pack(">H", _ROUNDS)) + _value(0x85, salt))
    disk.put(bags, _bag(b"syek", 2, keys), container_id * 2)
    disk.put(bags + 1, _bag(b"scer", 1, _entry(volume_id, _RECORDS, user)), volume_id * 2)
    for at in supers:
        disk.write(at, 1296, struct.pack("<QQ", bags, 1))
    return bytes(disk.data)


class _Disk:
    """The blocks of a container."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self.count = len(data) // _BLOCK

    def block(self, at: int) -> bytearray:
        return self.data[at * _BLOCK : (at + 1) * _BLOCK]

    def number(self, at: int, offset: int) -> int:
        return int.from_bytes(self.block(at)[offset : offset + 8], "little")

    def write(self, at: int, offset: int, value: bytes) -> None:
        """Write into an object, and its checksum."""
        block = self.block(at)
        block[offset : offset + len(value)] = value
        block[:8] = _checksum(bytes(block[8:]))
        self.data[at * _BLOCK : (at + 1) * _BLOCK] = block

    def put(self, at: int, content: bytes, keys: bytes) -> None:
        self.data[at * _BLOCK : (at + 1) * _BLOCK] = content
        self.encrypt(at, keys)

    def encrypt(self, at: int, keys: bytes) -> None:
        for sector in range(at * _BLOCK // _SECTOR, (at + 1) * _BLOCK // _SECTOR):
            place = slice(sector * _SECTOR, (sector + 1) * _SECTOR)
            self.data[place] = _crypt(keys, sector, bytes(self.data[place]))

    def entries(self, at: int) -> Iterator[tuple[int, int]]:
        """Where in a node each key and each value lies; a leaf."""
        node = self.block(at)
        flags, _, count, table_at, table_bytes = struct.unpack_from("<HHIHH", node, 32)
        assert flags & _LEAF
        keys_at = 56 + table_at + table_bytes
        end = _BLOCK - 40 if flags & _ROOT else _BLOCK
        for index in range(count):
            if flags & _FIXED:
                key, value = struct.unpack_from("<HH", node, 56 + table_at + 4 * index)
            else:
                key, _, value, _ = struct.unpack_from("<HHHH", node, 56 + table_at + 8 * index)
            yield keys_at + key, end - value

    def objects(self, at: int) -> Iterator[tuple[int, tuple[int, int]]]:
        """Each object of a map: its identity, its flags, and its block."""
        for key, value in self.entries(at):
            yield self.number(at, key), (self.number(at, value) & 0xFFFFFFFF, self.number(at, value + 8))

    def mark_objects(self, at: int) -> None:
        """Say in a map that its objects are encrypted."""
        for _, value in self.entries(at):
            flags = self.number(at, value) & 0xFFFFFFFF
            self.write(at, value, struct.pack("<I", flags | _IS_ENCRYPTED))

    def claim_extents(self, at: int) -> Iterator[tuple[int, int]]:
        """Where the files of a node of the tree lie; each is noted to be encrypted under the numbers of its sectors."""
        if not struct.unpack_from("<H", self.block(at), 32)[0] & _LEAF:
            return
        for key, value in self.entries(at):
            if self.number(at, key) >> 60 == _FILE_EXTENT:
                size, place = self.number(at, value) & ((1 << 56) - 1), self.number(at, value + 8)
                if place:
                    self.write(at, value + 16, struct.pack("<Q", place))
                    yield place, size // _BLOCK


def _crypt(keys: bytes, sector: int, data: bytes) -> bytes:
    """AES in XTS mode by its definition: bags of keys have the same key twice, which libraries refuse."""
    tweak = int.from_bytes(_block_of(keys[16:], sector.to_bytes(16, "little")), "little")
    tweaks = []
    for _ in range(len(data) // 16):
        tweaks.append(tweak.to_bytes(16, "little"))
        tweak = (tweak << 1) ^ (0x87 | 1 << 128 if tweak >> 127 else 0)
    mask = b"".join(tweaks)
    return _xor(_block_of(keys[:16], _xor(data, mask)), mask)


def _block_of(key: bytes, data: bytes) -> bytes:
    return Cipher(AES(key), ECB()).encryptor().update(data)  # the parts that XTS is made of


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(left, right, strict=True))


def _wrapped(key: bytes, secret: bytes, identity: bytes, more: bytes = b"") -> bytes:
    """A key under another one, as the bags hold it."""
    inner = _value(0x80, b"\0") + _value(0x81, identity) + _value(0x82, bytes(8))
    inner += _value(0x83, aes_key_wrap(key, secret)) + more
    outer = _value(0x80, b"\0") + _value(0x81, bytes(32)) + _value(0x82, bytes(8)) + _value(0xA3, inner)
    return _value(0x30, outer)


def _value(tag: int, data: bytes) -> bytes:
    size = bytes([len(data)]) if len(data) < 0x80 else bytes([0x81, len(data)])
    return bytes([tag]) + size + data


def _entry(identity: bytes, tag: int, data: bytes) -> bytes:
    whole = identity + struct.pack("<HH4x", tag, len(data)) + data
    return whole + bytes(-len(whole) % 16)


def _bag(kind: bytes, count: int, entries: bytes) -> bytes:
    head = struct.pack("<QQ4sI", 0, 1, kind, 0)
    body = (head + struct.pack("<HHI8x", 2, count, 16 + len(entries)) + entries).ljust(_BLOCK - 8, b"\0")
    return _checksum(body) + body


def _checksum(data: bytes) -> bytes:
    """Fletcher's of 64 bits, as Apple ends it."""
    low = high = 0
    for (word,) in struct.iter_unpack("<I", data):
        low = (low + word) % 0xFFFFFFFF
        high = (high + low) % 0xFFFFFFFF
    first = 0xFFFFFFFF - (low + high) % 0xFFFFFFFF
    return struct.pack("<II", first, 0xFFFFFFFF - (low + first) % 0xFFFFFFFF)
