"""What else is hashed of a picture: turns, the other convention, backgrounds and frames."""

import io

import numpy as np
import pdqhash
import pytest
from PIL import Image

from unseen import hashing
from unseen.darkroom import develop
from unseen.decoding import LIMITS, Limits, Picture, decode
from unseen.decoding.raster import evenly_spaced
from unseen.model import How, ItemHashes, Reason, Variant

_TURNS = ("rotate90", "rotate180", "rotate270", "flipx", "flipy", "plus", "minus")


def drawn(seed: int, width: int = 160, height: int = 120) -> Image.Image:
    """A soft random picture."""
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)


def written(image: Image.Image, name: str, **options: object) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    image.save(file, name, **options)
    return file.getvalue()


def hows(hashes: ItemHashes) -> list[How]:
    """How the variants were taken, in their order."""
    return [variant.how for variant in hashes.variants]


def reference(image: Image.Image) -> bytes:
    """What pdqhash says of an image."""
    bits, _ = pdqhash.compute(np.asarray(image.convert("RGB")))
    return np.packbits(bits.astype(np.uint8)).tobytes()


def find(hashes: ItemHashes, *, alpha: str | None = None, time_s: float | None = None) -> Variant | None:
    """The variant of all pixels in stored orientation that was taken in a way."""
    wanted = How(orientation="original", convention="full", alpha=alpha, time_s=time_s)
    return next((variant for variant in hashes.variants if variant.how == wanted), None)


def test_a_small_picture_has_its_seven_turns() -> None:
    """In fixed order, equal to pdqhash's dihedral hashes; the canonical one is not among them."""
    image = drawn(1)
    hashes = develop(written(image, "PNG"))
    assert hows(hashes) == [How(orientation=turn, convention="full") for turn in _TURNS]
    bits, _ = pdqhash.compute_dihedral(np.asarray(image))
    expected = [np.packbits(each.astype(np.uint8)).tobytes() for each in bits]
    assert [hashes.pdq, *(variant.pdq for variant in hashes.variants)] == expected


def test_a_large_picture_has_the_eight_of_the_other_convention_too() -> None:
    """Above 512 pixels on a side, fifteen variants."""
    image = drawn(2, 700, 300)
    hashes = develop(written(image, "PNG"))
    stretched, _ = hashing.pdq_dihedral(np.asarray(image), convention="512")
    assert [variant.how.convention for variant in hashes.variants] == ["full"] * 7 + ["512"] * 8
    assert [variant.pdq for variant in hashes.variants[7:]] == [row.tobytes() for row in stretched]


def test_the_canonical_hash_of_64_by_64_is_the_plain_one() -> None:
    """The reference hashes this one size differently with and without turns."""
    image = drawn(3, 64, 64)
    assert develop(written(image, "PNG")).pdq == reference(image)


def test_no_value_is_said_twice() -> None:
    """Variants that equal the canonical hash or each other fall away: a mirror-symmetric picture has fewer."""
    half = np.asarray(drawn(4, 80, 120))
    hashes = develop(written(Image.fromarray(np.concatenate([half, half[:, ::-1]], axis=1)), "PNG"))
    values = [hashes.pdq, *(variant.pdq for variant in hashes.variants)]
    assert len(set(values)) == len(values)


@pytest.mark.parametrize("name", ["PNG", "WEBP", "TIFF"])
def test_transparent_pictures_are_laid_over_white_and_black(name: str) -> None:
    """As viewers show them; the canonical hash drops alpha."""
    image = drawn(5)
    image.putalpha(drawn(6).convert("L"))
    data = written(image, name, **({"lossless": True, "exact": True} if name == "WEBP" else {}))
    hashes = develop(data)
    assert hashes.pdq == reference(image)
    for colour in ("white", "black"):
        ground = Image.new("RGB", image.size, colour)
        ground.paste(image.convert("RGB"), mask=image.getchannel("A"))
        variant = find(hashes, alpha=colour)
        assert variant is not None
        assert variant.pdq == reference(ground)


def test_transparent_palettes_are_laid_over_too() -> None:
    """A palette with a transparent colour is transparent."""
    image = drawn(7).quantize(16)
    hashes = develop(written(image, "PNG", transparency=3))
    assert find(hashes, alpha="white") or find(hashes, alpha="black")


def test_opaque_pictures_have_no_backgrounds() -> None:
    """An alpha channel that is 255 everywhere adds nothing."""
    image = drawn(8)
    image.putalpha(255)
    assert all(how.alpha is None for how in hows(develop(written(image, "PNG"))))


@pytest.mark.parametrize("name", ["GIF", "WEBP", "PNG", "AVIF"])
def test_frames_of_animations_say_when_they_begin(name: str) -> None:
    """Every sampled frame is found at its own time, in seconds."""
    frames = [drawn(seed) for seed in range(10, 15)]
    data = written(frames[0], name, save_all=True, append_images=frames[1:], duration=400)
    times = [how.time_s for how in hows(develop(data)) if how.time_s is not None]
    assert times == pytest.approx([0.4, 0.8, 1.2, 1.6])


def test_frames_are_what_pillow_shows() -> None:
    """A frame of a lossless animation has the hash of its picture."""
    frames = [drawn(seed) for seed in range(20, 23)]
    hashes = develop(written(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=1000))
    for index in (1, 2):
        variant = find(hashes, time_s=float(index))
        assert variant is not None
        assert variant.pdq == reference(frames[index])


def test_pages_have_no_time() -> None:
    """Pages of a TIFF are hashed, with `time_s` null."""
    pages = [drawn(seed) for seed in range(30, 34)]
    hashes = develop(written(pages[0], "TIFF", save_all=True, append_images=pages[1:]))
    values = {variant.pdq for variant in hashes.variants}
    assert {reference(page) for page in pages[1:]} <= values
    assert all(how.time_s is None for how in hows(hashes))


@pytest.mark.parametrize("name", ["GIF", "WEBP", "TIFF"])
def test_long_animations_are_sampled_evenly(name: str) -> None:
    """At most the limit of frames, the last among them, and an answer that still fits its message."""
    frames = [drawn(seed, 64, 48) for seed in range(100, 180)]
    hashes = develop(written(frames[0], name, save_all=True, append_images=frames[1:], duration=100))
    sampled = len(hashes.variants) - 7
    assert LIMITS.frames_max - 3 <= sampled < LIMITS.frames_max
    assert hashes.reason is None


def test_an_animation_beyond_the_limits_is_partial() -> None:
    """What is left undecoded is said: the item is `truncated` besides its hashes."""
    frames = [drawn(seed, 64, 48) for seed in range(20)]
    data = written(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    hashes = develop(data, limits=Limits(frames_pixels_max=64 * 48 * 5))
    assert hashes.reason is Reason.TRUNCATED
    assert hashes.pdq is not None


def test_a_damaged_frame_is_said_and_the_first_is_kept() -> None:
    """An animation cut in the middle keeps its canonical hash and is `truncated`."""
    frames = [drawn(seed) for seed in range(40, 45)]
    data = written(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    hashes = develop(data[: len(data) * 3 // 5])
    assert hashes.reason is Reason.TRUNCATED
    assert hashes.pdq == develop(data).pdq


def test_a_preview_is_not_taken_for_the_picture() -> None:
    """A TIFF whose first page calls itself reduced (as camera originals do) is hashed and said to be partial."""
    picture = decode(written(drawn(9), "TIFF", tiffinfo={254: 1}))
    assert isinstance(picture, Picture)
    assert picture.is_partial


@pytest.mark.parametrize(("total", "most"), [(2, 30), (30, 30), (31, 30), (1000, 30), (5, 1), (7, 2)])
def test_samples_are_spread_from_first_to_last(total: int, most: int) -> None:
    """Rising, without repetition, never more than asked for, both ends included."""
    chosen = evenly_spaced(total, most)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == min(total, most)
    assert chosen[0] == 0
    assert most == 1 or chosen[-1] == total - 1
