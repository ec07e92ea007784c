"""Every variant of the kernel against the reference implementation's vectors and against PyPI's pdqhash."""

import platform
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pdqhash
import pytest
from PIL import Image
from tests.conformance.drawings import KINDS, SIZES, draw

from unseen import hashing, kernel
from unseen.kernel import _native, reference

Pixels = npt.NDArray[np.uint8]

# pdqhash is the judge bit for bit only where its wheel was built like the one we agree with.
pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="bit equality is with the x86-64 wheel of pdqhash"
)

# Photographs of things and places; those that show people are left out on purpose.
PHOTOGRAPHS = [
    *["brick.png", "chelsea.png", "clock_motion.png", "coffee.png", "coins.png", "grass.png", "gravel.png"],
    *["hubble_deep_field.jpg", "ihc.png", "moon.png", "page.png", "retina.jpg", "rocket.jpg", "text.png"],
]
# The readable reference is slow: it sees every size, but of large pictures only some kinds.
REFERENCE_PIXELS_MAX = 40_000


@pytest.fixture(autouse=True)
def _restore_variant() -> Iterator[None]:
    yield
    kernel.use("auto")


def differences(pixels: Pixels, variants: list[str]) -> list[str]:
    """Variants of the kernel that differ from pdqhash in a bit, in quality or in a coefficient, plain or dihedral."""
    bits, quality = pdqhash.compute(pixels)
    plain = (np.packbits(bits.astype(np.uint8)).tobytes(), quality)
    eight_bits, eight_quality = pdqhash.compute_dihedral(pixels)
    eight = np.packbits(np.array(eight_bits, np.uint8), axis=1)
    different = []
    for variant in variants:
        kernel.use(variant)
        if hashing.pdq(pixels) != plain:
            different.append(f"{variant}: pdq")
        ours, our_quality = hashing.pdq_dihedral(pixels)
        if our_quality != eight_quality or not np.array_equal(ours, eight):
            different.append(f"{variant}: pdq_dihedral")
    if min(pixels.shape[:2]) >= 5:
        expected = pdqhash.compute_float(pixels)[0][::-1]
        different += [
            f"{variant}: coefficients" for variant in variants if not has_coefficients(variant, pixels, expected)
        ]
    return different


def has_coefficients(variant: str, pixels: Pixels, expected: npt.NDArray[np.float32]) -> bool:
    """Whether the 256 floats that the bits are made from are the same to the last digit, which is much more."""
    kernel.use(variant)
    of = reference.pdq_coefficients if variant == "reference" else _native.pdq_coefficients
    ours = np.frombuffer(of(pixels, is_plain=True), np.float32)
    return bool(np.array_equal(ours, expected))


def native_variants() -> list[str]:
    """All but the readable reference."""
    return [name for name in kernel.available() if name != "reference"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_variant_equals_pdqhash_on_drawn_pictures(kind: str) -> None:
    """Bits and quality are those of pdqhash at every size, ill-conditioned and low-quality pictures included."""
    for rows, cols in SIZES:
        is_small = rows * cols <= REFERENCE_PIXELS_MAX or kind in {"clouds", "nearly flat"}
        variants = kernel.available() if is_small else native_variants()
        assert not differences(draw(kind, rows, cols, seed=1), variants), (rows, cols)


def every_luma() -> Pixels:
    """One colour for each value that 299 R + 587 G + 114 B can take: uint8[n, 3], n about a quarter of a million."""
    colour = np.arange(1 << 24, dtype=np.uint32)
    red, green, blue = colour >> 16, colour >> 8 & 255, colour & 255
    first_of_sum = np.zeros(255_001, np.uint32)
    first_of_sum[299 * red + 587 * green + 114 * blue] = colour
    colour = first_of_sum[1:][first_of_sum[1:] > 0]
    return np.stack([colour >> 16, colour >> 8 & 255, colour & 255], axis=1).astype(np.uint8)


def test_every_luma_is_rounded_as_in_pdqhash() -> None:
    """All reachable sums of a colour occur in pictures whose coefficients are equal to the last digit."""
    colours = every_luma()
    assert len(colours) > 200_000
    pixels_each = 64 * 65
    for start in range(0, len(colours) - pixels_each, pixels_each):
        pixels = np.ascontiguousarray(colours[start : start + pixels_each].reshape(64, 65, 3))
        assert not differences(pixels, native_variants())


@pytest.mark.parametrize(("rows", "cols"), [(1080, 1920), (3000, 4000), (6700, 4500)])
def test_every_variant_equals_pdqhash_on_large_pictures(rows: int, cols: int) -> None:
    """2, 12 and 30 megapixels of wrapped ramps and noise, for which every float32 sum has to be rounded."""
    pixels = np.add.outer(np.arange(rows) * 3, np.arange(cols) // 2).astype(np.uint8)[..., None].repeat(3, axis=2)
    pixels ^= np.random.default_rng(3).integers(0, 64, (1, cols, 3), np.uint8)
    assert not differences(pixels, native_variants())


@pytest.mark.skipif(find_spec("skimage") is None, reason="scikit-image ships the photographs")
@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_every_variant_equals_pdqhash_on_photographs(name: str) -> None:
    """Photographs of places and things, in colour and as their own turned copy."""
    spec = find_spec("skimage")
    assert spec is not None
    assert spec.origin is not None
    path = Path(spec.origin).parent / "data" / name
    if not path.exists():
        pytest.skip(f"this scikit-image does not ship {name}")
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert not differences(pixels, kernel.available())
    assert not differences(np.ascontiguousarray(pixels[::-1, :, ::-1].transpose(1, 0, 2)), native_variants())


@pytest.mark.parametrize("variant", kernel.available())
def test_grey_equals_pdqhash_on_three_equal_planes(variant: str) -> None:
    """A grey picture hashes as its plane repeated three times does in pdqhash."""
    kernel.use(variant)
    for kind in ("clouds", "nearly flat", "stripes"):
        for rows, cols in [(5, 5), (64, 64), (131, 257), (300, 513)]:
            grey = np.ascontiguousarray(draw(kind, rows, cols, seed=2)[:, :, 1])
            bits, quality = pdqhash.compute(grey[..., None].repeat(3, axis=2))
            assert hashing.pdq(grey) == (np.packbits(bits.astype(np.uint8)).tobytes(), quality)


def read_rows(path: Path) -> list[list[str]]:
    """Rows of a table of expected values without its comment."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if not row[0].startswith("#")]


def read_rgb(path: Path) -> Pixels:
    """Pixels as the vectors' makers read them."""
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("variant", kernel.available())
def test_synthetic_vectors_are_equal(variant: str, vectors: Path) -> None:
    """Hash, quality, the 512x512 convention and all eight orientations, bit for bit where well conditioned."""
    kernel.use(variant)
    well_conditioned = 0
    for name, full, quality, stretched, stretched_quality, eight, near_median in read_rows(
        vectors / "pdq" / "expected" / "synthetic-exact.tsv"
    ):
        pixels = read_rgb(vectors / "pdq" / "synthetic" / name)
        bits_max = 0 if int(near_median) <= 2 else 16
        well_conditioned += bits_max == 0
        our_full, our_quality = hashing.pdq(pixels)
        our_stretched, our_stretched_quality = hashing.pdq(pixels, convention="512")
        assert (our_quality, our_stretched_quality) == (int(quality), int(stretched_quality)), name
        assert distance_bits(bytes.fromhex(full), our_full) <= bits_max, name
        assert distance_bits(bytes.fromhex(stretched), our_stretched) <= bits_max, name
        for expected, row in zip(eight.split(), hashing.pdq_dihedral(pixels)[0], strict=True):
            assert distance_bits(bytes.fromhex(expected), row.tobytes()) <= bits_max, name
    assert well_conditioned >= 12


@pytest.mark.parametrize("variant", native_variants())
def test_picture_vectors_are_equal(variant: str, vectors: Path) -> None:
    """Decoded pictures hash as in the C++ core: 0 bits and 0 points of quality off."""
    kernel.use(variant)
    folder = vectors / "pdq"
    for row in read_rows(folder / "expected" / "pdq-generated.tsv"):
        assert hashing.pdq(read_rgb(folder / row[0])) == (bytes.fromhex(row[6]), int(row[7])), row[0]


@pytest.mark.parametrize("variant", native_variants())
def test_dihedral_vectors_are_equal(variant: str, vectors: Path) -> None:
    """All eight orientations of decoded pictures are those of the C++ core."""
    kernel.use(variant)
    folder = vectors / "pdq"
    rows = read_rows(folder / "expected" / "pdq-dihedral-generated.tsv")
    for path in sorted({row[0] for row in rows}):
        eight, quality = hashing.pdq_dihedral(read_rgb(folder / path))
        expected = [row for row in rows if row[0] == path]
        assert [row.tobytes().hex() for row in eight] == [row[2] for row in expected], path
        assert {int(row[3]) for row in expected} == {quality}, path


def distance_bits(one: bytes, other: bytes) -> int:
    """Hamming distance."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
@pytest.mark.parametrize("kind", KINDS)
def test_native_variants_equal_pdqhash_at_random_sizes(kind: str, seed: int) -> None:
    """The same law at sizes nobody chose."""
    rng = np.random.default_rng(seed)
    for _ in range(40):
        rows, cols = (int(side) for side in np.exp(rng.uniform(np.log(5), np.log(2000), 2)))
        assert not differences(draw(kind, rows, cols, seed=seed), native_variants()), (rows, cols)
