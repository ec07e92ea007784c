"""Bytes to hashes in this process."""

import hashlib
import io
import os
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from unseen.darkroom import develop, hash_file
from unseen.darkroom.develop import develop_source
from unseen.darkroom.hashers import installed_signals, load_hashers
from unseen.decoding import Limits
from unseen.errors import SandboxError, SourceError
from unseen.model import Reason
from unseen.sources.layers import FileRange


def picture() -> bytes:
    """A PNG of a soft random picture."""
    noise = np.random.default_rng(3).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((200, 150), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


class MeanHasher:
    """A toy: the mean of each quarter of the picture, in four bytes."""

    signal = "mean"
    size_bytes = 4
    threshold = 8

    def hash_pixels(self, pixels: npt.NDArray[np.uint8]) -> bytes | None:
        """Four means."""
        rows, cols = pixels.shape[0] // 2, pixels.shape[1] // 2
        quarters = (pixels[:rows, :cols], pixels[:rows, cols:], pixels[rows:, :cols], pixels[rows:, cols:])
        return bytes(int(quarter.mean()) for quarter in quarters)

    def distances(self, query: bytes, values: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Sum of differences."""
        difference = values.astype(np.int64) - np.frombuffer(query, np.uint8)
        return np.asarray(np.abs(difference).sum(axis=1), np.int64)


class FailingHasher(MeanHasher):
    """A toy that fails on every picture."""

    signal = "failing"

    def hash_pixels(self, pixels: npt.NDArray[np.uint8]) -> bytes | None:
        """Fail."""
        raise RuntimeError


class BoastfulHasher(MeanHasher):
    """A toy that promises more than an answer holds."""

    size_bytes = 100_000


@pytest.mark.parametrize("size_bytes", [0, 1, 33_000, 33_001, 1 << 20, (1 << 20) + 1, 3_000_000])
def test_files_and_their_bytes_give_the_same(tmp_path: Path, size_bytes: int) -> None:
    """Whichever way a file of some size is read, its digests are hashlib's."""
    content = np.random.default_rng(size_bytes).integers(0, 256, size_bytes, dtype=np.uint8).tobytes()
    content = b"text" * (size_bytes > 3) + content[4 * (size_bytes > 3) :]
    path = tmp_path / "file"
    path.write_bytes(content)
    hashes = hash_file(path)
    assert hashes == develop(content)
    assert hashes.size_bytes == size_bytes
    assert hashes.sha256 == hashlib.sha256(content).digest()
    assert hashes.sha1 == hashlib.sha1(content).digest()
    assert hashes.md5 == hashlib.md5(content).digest()


def test_a_large_picture_file_is_read_whole(tmp_path: Path) -> None:
    """A picture above the size that is read at once has the hashes of its bytes, what follows its end included."""
    content = picture() + bytes(2 << 20)
    path = tmp_path / "picture"
    path.write_bytes(content)
    hashes = hash_file(path)
    assert hashes == develop(content)
    assert hashes.pdq == develop(picture()).pdq


def test_a_file_above_the_limit_is_digested_whole(tmp_path: Path) -> None:
    """Too large to decode is not too large to digest; ordinary data of that size stays ordinary."""
    content = picture() + bytes(3 << 20)
    path = tmp_path / "picture"
    path.write_bytes(content)
    hashes = hash_file(path, limits=Limits(bytes_max=2 << 20))
    assert (hashes.reason, hashes.sha256) == (Reason.TOO_LARGE, hashlib.sha256(content).digest())
    path.write_bytes(b"text" + content)
    assert hash_file(path, limits=Limits(bytes_max=2 << 20)).reason is Reason.NOT_MEDIA


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """In one's own process, what cannot be opened or read is said at once."""
    with pytest.raises(SourceError, match="cannot open"):
        hash_file(tmp_path / "missing")
    with pytest.raises(SourceError, match="cannot read"):
        hash_file(tmp_path)


def test_a_reason_given_is_a_reason_kept(tmp_path: Path) -> None:
    """For an item that a decoder died of, only digests are taken."""
    path = tmp_path / "picture"
    path.write_bytes(picture())
    descriptor = os.open(path, os.O_RDONLY)
    hashes = develop_source(FileRange(descriptor), digests_only=Reason.DECODER_CRASHED)
    os.close(descriptor)
    assert hashes.pdq is None
    assert (hashes.reason, hashes.sha256) == (Reason.DECODER_CRASHED, hashlib.sha256(picture()).digest())


def test_a_hasher_that_is_plugged_in_adds_its_value() -> None:
    """Beside everything else, and only where it has one."""
    hashes = develop(picture(), hashers=[MeanHasher()])
    [(signal, value)] = hashes.extra
    assert (signal, len(value)) == ("mean", 4)
    assert hashes.pdq == develop(picture()).pdq
    assert develop(b"text", hashers=[MeanHasher()]).extra == ()


def test_a_hasher_that_fails_takes_nothing_with_it() -> None:
    """The other hashes stand."""
    hashes = develop(picture(), hashers=[FailingHasher(), MeanHasher()])
    assert [signal for signal, _ in hashes.extra] == ["mean"]
    assert hashes.pdq is not None


def test_a_hasher_measures_distances_of_many_values() -> None:
    """The same picture lies at distance zero from itself and further from another."""
    hasher = MeanHasher()
    [(_, value)] = develop(picture(), hashers=[hasher]).extra
    distances = hasher.distances(value, np.frombuffer(value + bytes(4), np.uint8).reshape(2, 4))
    assert distances[0] == 0
    assert distances[1] > hasher.threshold


def test_no_hasher_is_usual() -> None:
    """Nothing is plugged in here."""
    assert (load_hashers(), installed_signals()) == ((), ())


@pytest.mark.parametrize(
    ("installed", "message"),
    [
        ({"mean": BoastfulHasher}, "100000 bytes"),
        ({"other": MeanHasher}, "under the name other"),
        ({"broken": None}, "cannot be loaded"),
    ],
)
def test_a_hasher_that_cannot_work_is_refused(
    monkeypatch: pytest.MonkeyPatch, installed: dict[str, type[MeanHasher] | None], message: str
) -> None:
    """A value too long for an answer, a name that is not its signal's, code that does not load."""
    points = [EntryPoint(name, "module:Hasher", "unseen.hashers") for name in installed]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)
    monkeypatch.setattr(EntryPoint, "load", lambda point: installed[point.name])
    with pytest.raises(SandboxError, match=message):
        load_hashers()


def test_more_hashers_than_an_answer_holds_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any of their code runs."""
    points = [EntryPoint(str(number), "module:Hasher", "unseen.hashers") for number in range(5)]
    monkeypatch.setattr(metadata, "entry_points", lambda group: points)
    with pytest.raises(SandboxError, match="5 hashers"):
        installed_signals()


def test_pictures_do_not_leak_into_each_other() -> None:
    """Memory is used again from picture to picture; a large one before, or a torn one, changes no hash of the next."""
    noise = np.random.default_rng(5).integers(0, 256, (30, 40, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).resize((900, 700), Image.Resampling.BICUBIC).save(file, "JPEG")
    large, small = file.getvalue(), picture()
    alone = [develop(data) for data in (large[: len(large) // 2], small)]
    for before in (large, large[:-1000], small):
        develop(before)
        assert [develop(data) for data in (large[: len(large) // 2], small)] == alone


@pytest.mark.parametrize("kept_bytes", [60, 100, 400])
def test_a_picture_of_which_hardly_anything_is_left_was_not_screened(kept_bytes: int) -> None:
    """What a decoder makes up for missing pixels is nothing to hash: the item is `truncated` and has no PDQ."""
    hashes = develop(picture()[:kept_bytes])
    assert hashes.reason is Reason.TRUNCATED
    assert hashes.pdq is None
    assert hashes.sha256 is not None
