"""`unseen scan --verify-first`: images are what was acquired, or that is said before anything is screened."""

import hashlib
import re
import struct
import zlib
from pathlib import Path

from tests.docs.disks import make_disk
from tests.unit.sources.disks.images import need, run

from unseen.casework.scanning import ScanSettings, ScanWatchers, run_scan
from unseen.model import Acquired, Comparison, NotScreened, Reason


def test_images_are_compared_before_anything_is_screened_where_that_is_asked_for(tmp_path: Path) -> None:
    """What came of it is said first, of every image among the sources and of nothing else; and again at the end."""
    need("ewfacquire")
    raw, folder = tmp_path / "disk.raw", tmp_path / "images"
    raw.write_bytes(make_disk({"A.TXT": b"text"}, {}))
    folder.mkdir()
    (folder / "text").write_bytes(b"EVF or not")
    run("ewfacquire", "-q", "-u", "-c", "fast", "-t", folder / "disk", raw)
    sound = (folder / "disk.E01").read_bytes()
    (folder / "altered.E01").write_bytes(with_digest(sound, hashlib.md5(raw.read_bytes()).digest(), bytes(range(16))))
    (folder / "broken.E01").write_bytes(sound[:40])
    said: list[Acquired | str] = []
    (tmp_path / "known.txt").write_text(f"md5:{'0' * 32}\n", "ascii")
    settings = ScanSettings(
        store=str(tmp_path / "store"),
        sources=(str(folder),),
        lists=(str(tmp_path / "known.txt"),),
        workers=1,
        verify_first=True,
    )
    told = run_scan(settings, watchers=ScanWatchers(verified=said.append, note=said.append))
    first = next(told)
    verified = {str(each.locator): each.acquisition.md5 for each in said if isinstance(each, Acquired)}
    assert verified == {
        f"{folder}/disk.E01": Comparison.VERIFIED,
        f"{folder}/altered.E01": Comparison.MISMATCH,
    }
    assert [each for each in said if isinstance(each, str) and "broken.E01 cannot be compared" in each]
    rest = [first, *told]
    assert {str(each.locator): each.acquisition.md5 for each in rest if isinstance(each, Acquired)} == verified
    assert Reason.HASH_MISMATCH in {each.reason for each in rest if isinstance(each, NotScreened)}


def with_digest(image: bytes, stored: bytes, other: bytes) -> bytes:
    """An E01 image that stores another MD5, with the checksums that it should have."""
    made = bytearray(image)
    for found in re.finditer(re.escape(stored), image):
        # Both kinds of sections begin with it, behind a descriptor that says how long they are.
        at = found.start()
        (size_bytes,) = struct.unpack_from("<Q", image, at - 76 + 24)
        end = at - 76 + size_bytes - 4
        made[at : at + 16] = other
        made[end : end + 4] = zlib.adler32(made[at:end]).to_bytes(4, "little")
    return bytes(made)
