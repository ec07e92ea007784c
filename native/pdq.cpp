// PDQ from pixels to bits: what every instruction set shares, and the door to Python.
#include "pdq.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include "bindings.hpp"
#include "cpu.hpp"

namespace nb = nanobind;

namespace {

constexpr int SIDE = UNSEEN_PDQ_SIDE;
constexpr int N = UNSEEN_PDQ_COEFFICIENTS;
constexpr int HASH_BYTES = UNSEEN_PDQ_BITS / 8;
constexpr int ORIENTATIONS = 8;
constexpr int STRETCHED_SIDE = 512;
// Smaller pictures have the hash zero and the quality zero, as in the reference.
constexpr int SIDE_MIN = 5;

struct FreeAligned {
    void operator()(void *memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, FreeAligned>;

Memory allocate(size_t size_bytes) {
    void *memory = nullptr;
    if (posix_memalign(&memory, 64, size_bytes) != 0) throw std::bad_alloc();
    return Memory(memory);
}

const UnseenPdqKernel &kernel_for(const UnseenPixels &pixels) {
#if defined(__x86_64__)
    // On longer sides the smallest possible sums come so near the end of float32's range that only a division is exact.
    constexpr int side_max = 1 << 17;
    if (std::max(pixels.rows, pixels.cols) > side_max) return unseen_pdq_portable;
    if (unseen_isa() == UnseenIsa::avx512) return unseen_pdq_avx512;
    if (unseen_isa() == UnseenIsa::avx2) return unseen_pdq_avx2;
#endif
    return unseen_pdq_portable;
}

// Rows 1 to 16 of the orthonormal 64-point cosine transform (row 0, the mean, is left out).
struct Matrix {
    float value[N * SIDE];
    Matrix() {
        const double pi = 3.14159265358979323846;
        const float scale = static_cast<float>(std::sqrt(2.0 / SIDE));
        for (int i = 0; i < N; ++i) {
            for (int j = 0; j < SIDE; ++j) {
                value[i * SIDE + j] = static_cast<float>(scale * std::cos((pi / 2.0 / SIDE) * (i + 1) * (2 * j + 1)));
            }
        }
    }
};

// Sums the steps between neighbours, in hundredths of full white and each rounded towards zero.
int sum_of_steps(const float *from, const float *to, int count) {
    int sum = 0;
    for (int i = 0; i < count; ++i) sum += std::abs(static_cast<int>(((from[i] - to[i]) * 100) / 255));
    return sum;
}

int quality_of(const float *small) {
    int sum = sum_of_steps(small, small + SIDE, (SIDE - 1) * SIDE);
    for (int i = 0; i < SIDE; ++i) sum += sum_of_steps(small + i * SIDE, small + i * SIDE + 1, SIDE - 1);
    return std::min(sum / 90, 100);
}

// A coefficient's bit says whether it is above the lower median of all 256; coefficient (15, 15) is the first bit.
void write_bits(const float *coefficients, uint8_t *hash) {
    float sorted[UNSEEN_PDQ_BITS];
    std::copy_n(coefficients, UNSEEN_PDQ_BITS, sorted);
    std::nth_element(sorted, sorted + UNSEEN_PDQ_BITS / 2 - 1, sorted + UNSEEN_PDQ_BITS);
    const float median = sorted[UNSEEN_PDQ_BITS / 2 - 1];
    for (int byte = 0; byte < HASH_BYTES; ++byte) {
        const float *eight = coefficients + UNSEEN_PDQ_BITS - 8 - 8 * byte;
        unsigned bits = 0;
        for (int k = 0; k < 8; ++k) bits |= static_cast<unsigned>(eight[k] > median) << k;
        hash[byte] = static_cast<uint8_t>(bits);
    }
}

// Turning or flipping a picture transposes its coefficients and changes the sign of some of them.
struct Orientation {
    bool transposed;
    bool (*is_negative)(int i, int j);
};

constexpr Orientation ALL[ORIENTATIONS] = {
    {false, [](int, int) { return false; }},               // original
    {true, [](int, int j) { return j % 2 == 0; }},         // rotated by 90 degrees
    {false, [](int i, int j) { return (i + j) % 2 != 0; }},  // by 180
    {true, [](int i, int) { return i % 2 == 0; }},         // by 270
    {false, [](int i, int) { return i % 2 == 0; }},        // flipped x
    {false, [](int, int j) { return j % 2 == 0; }},        // flipped y
    {true, [](int, int) { return false; }},                // flipped along the main diagonal
    {true, [](int i, int j) { return (i + j) % 2 != 0; }},  // flipped along the other diagonal
};

void write_oriented_bits(const float *coefficients, const Orientation &orientation, uint8_t *hash) {
    float oriented[UNSEEN_PDQ_BITS];
    for (int i = 0; i < N; ++i) {
        for (int j = 0; j < N; ++j) {
            const float value = coefficients[i * N + j];
            oriented[orientation.transposed ? j * N + i : i * N + j] = orientation.is_negative(i, j) ? -value : value;
        }
    }
    write_bits(oriented, hash);
}

// Copies one row's 512 samples. The fourth byte of a pixel belongs to its neighbour and is overwritten by the next copy;
// reading it never passes the picture's end, since of a side above 512 the last sample is never taken.
void stretch_row(const uint8_t *row, const size_t *pixel_at, size_t channels, uint8_t *out) {
    if (channels == 1) {
        for (int x = 0; x < STRETCHED_SIDE; ++x) out[x] = row[pixel_at[x]];
    } else {
        for (int x = 0; x < STRETCHED_SIDE; ++x) std::memcpy(out + 3 * x, row + 3 * pixel_at[x], 4);
    }
}

// Nearest neighbour to exactly 512x512 whatever the shape, as Meta's command line does where a side is above 512.
Memory stretch(const UnseenPixels &from) {
    const size_t channels = from.channels, row_bytes = channels * STRETCHED_SIDE;
    Memory memory = allocate(row_bytes * STRETCHED_SIDE + 1);
    uint8_t *out = static_cast<uint8_t *>(memory.get());
    size_t pixel_at[STRETCHED_SIDE];
    for (size_t x = 0; x < STRETCHED_SIDE; ++x) pixel_at[x] = x * from.cols / STRETCHED_SIDE;
    for (size_t y = 0; y < STRETCHED_SIDE; ++y) {
        const uint8_t *row = from.data + y * from.rows / STRETCHED_SIDE * from.cols * channels;
        stretch_row(row, pixel_at, channels, out + y * row_bytes);
    }
    return memory;
}

// The reference copies a 64x64 picture as it is for the plain hash, but filters it for the eight orientations.
void copy_64x64(const UnseenPixels &pixels, float *small) {
    for (int i = 0; i < SIDE * SIDE; ++i) {
        const uint8_t *p = pixels.data + i * pixels.channels;
        small[i] = pixels.channels == 1 ? static_cast<float>(p[0])
                                        : static_cast<float>(299 * p[0] + 587 * p[1] + 114 * p[2]) / 1000.0f;
    }
}

// BT.601, from the range of television or from the full one.
constexpr UnseenWeights WEIGHTS_LIMITED = {128, 9539, 13075, -6660, -3209, 16525};
constexpr UnseenWeights WEIGHTS_FULL = {0, 8192, 11485, -5850, -2819, 14516};

// A frame of 64x64 is copied as pixels are, which it has to become first.
void copy_64x64_frame(const UnseenPixels &frame, float *small) {
    uint8_t pixels[4 * SIDE * SIDE];
    for (int y = 0; y < SIDE; y += 2) {
        uint8_t *row = pixels + 4 * SIDE * y;
        unseen_develop_rows(*frame.planes, {y, 0, SIDE}, row, row + 4 * SIDE);
    }
    copy_64x64({pixels, SIDE, SIDE, 4}, small);
}

// Returns the quality and writes the 16x16 coefficients.
int coefficients_of(const UnseenPixels &pixels, bool is_plain, float *coefficients) {
    static const Matrix matrix;
    const UnseenPdqKernel &kernel = kernel_for(pixels);
    alignas(64) float small[SIDE * SIDE];
    if (is_plain && pixels.rows == SIDE && pixels.cols == SIDE) {
        if (pixels.planes != nullptr) {
            copy_64x64_frame(pixels, small);
        } else {
            copy_64x64(pixels, small);
        }
    } else {
        const Memory scratch = allocate(kernel.scratch_bytes(pixels.rows, pixels.cols));
        kernel.downscale(pixels, scratch.get(), small);
    }
    kernel.transform(small, matrix.value, coefficients);
    return quality_of(small);
}

// Writes one hash, or all eight, and returns the quality.
int hash_pixels(UnseenPixels pixels, bool is_stretched, int hash_count, uint8_t *hashes) {
    std::fill_n(hashes, hash_count * HASH_BYTES, uint8_t{0});
    Memory stretched;
    if (is_stretched && std::max(pixels.rows, pixels.cols) > STRETCHED_SIDE) {
        stretched = stretch(pixels);
        pixels = {static_cast<const uint8_t *>(stretched.get()), STRETCHED_SIDE, STRETCHED_SIDE, pixels.channels};
    }
    if (std::min(pixels.rows, pixels.cols) < SIDE_MIN) return 0;
    alignas(64) float coefficients[UNSEEN_PDQ_BITS];
    const int quality = coefficients_of(pixels, hash_count == 1, coefficients);
    for (int k = 0; k < hash_count; ++k) write_oriented_bits(coefficients, ALL[k], hashes + k * HASH_BYTES);
    return quality;
}

using Array = nb::ndarray<const uint8_t, nb::c_contig, nb::device::cpu>;

UnseenPixels pixels_of(const Array &array) {
    const bool is_grey = array.ndim() == 2;
    if (!is_grey && (array.ndim() != 3 || array.shape(2) != 3)) throw nb::value_error("not [h, w, 3] or [h, w]");
    constexpr size_t side_max = 1 << 24;  // far above any picture; counts must stay exact in float32
    const size_t rows = array.shape(0), cols = array.shape(1);
    if (rows == 0 || cols == 0 || rows > side_max || cols > side_max) throw nb::value_error("no such size");
    return {array.data(), static_cast<int>(rows), static_cast<int>(cols), is_grey ? 1 : 3};
}

template <int HASH_COUNT>
std::pair<nb::bytes, int> hash_array(const Array &array, bool is_stretched) {
    const UnseenPixels pixels = pixels_of(array);
    uint8_t hashes[HASH_COUNT * HASH_BYTES];
    int quality = 0;
    {
        const nb::gil_scoped_release release;
        quality = hash_pixels(pixels, is_stretched, HASH_COUNT, hashes);
    }
    return {nb::bytes(reinterpret_cast<const char *>(hashes), sizeof hashes), quality};
}

using Plane = nb::ndarray<const uint8_t, nb::ndim<2>, nb::device::cpu>;

bool is_plane(const Plane &plane, size_t rows, size_t cols) {
    return plane.shape(0) == rows && plane.shape(1) == cols && (plane.stride(1) == 1 || cols == 1);
}

// Two rows of a frame share their colours, so their number is even; the last column may stand alone.
std::pair<nb::bytes, int> hash_planes(const Plane &brightness, const Plane &blue, const Plane &red, bool is_full_range) {
    constexpr size_t side_max = 1 << 24;
    const size_t rows = brightness.shape(0), cols = brightness.shape(1);
    if (rows == 0 || cols == 0 || rows > side_max || cols > side_max) throw nb::value_error("no such size");
    if (rows % 2 != 0 || !is_plane(brightness, rows, cols) || !is_plane(blue, rows / 2, (cols + 1) / 2) ||
        !is_plane(red, rows / 2, (cols + 1) / 2)) {
        throw nb::value_error("not the planes of one frame");
    }
    const UnseenPlanes planes = {brightness.data(),   blue.data(),   red.data(),   brightness.stride(0),
                                 blue.stride(0),      red.stride(0), is_full_range ? WEIGHTS_FULL : WEIGHTS_LIMITED};
    uint8_t hash[HASH_BYTES];
    int quality = 0;
    {
        const nb::gil_scoped_release release;
        quality = hash_pixels({nullptr, static_cast<int>(rows), static_cast<int>(cols), 4, &planes}, false, 1, hash);
    }
    return {nb::bytes(reinterpret_cast<const char *>(hash), sizeof hash), quality};
}

nb::bytes coefficients_of_array(const Array &array, bool is_plain) {
    const UnseenPixels pixels = pixels_of(array);
    if (std::min(pixels.rows, pixels.cols) < SIDE_MIN) throw nb::value_error("too small");
    alignas(64) float coefficients[UNSEEN_PDQ_BITS];
    coefficients_of(pixels, is_plain, coefficients);
    return nb::bytes(reinterpret_cast<const char *>(coefficients), sizeof coefficients);
}

}  // namespace

void bind_pdq(nb::module_ &module) {
    module.def("pdq", hash_array<1>, nb::arg("pixels").noconvert(), nb::arg("stretch") = false,
               "Hash (32 bytes, most significant bit first) and quality of C-contiguous uint8[h, w, 3] or [h, w].");
    module.def("pdq_dihedral", hash_array<ORIENTATIONS>, nb::arg("pixels").noconvert(), nb::arg("stretch") = false,
               "The eight hashes, 32 bytes each, and the quality.");
    module.def("pdq_of_planes", hash_planes, nb::arg("brightness").noconvert(), nb::arg("blue").noconvert(),
               nb::arg("red").noconvert(), nb::arg("is_full_range"),
               "Hash and quality of a frame: uint8[h, w] and two of uint8[h / 2, (w + 1) / 2], h even, rows without gaps.");
    module.def("pdq_coefficients", coefficients_of_array, nb::arg("pixels").noconvert(), nb::arg("is_plain"),
               "float32[16, 16] as bytes: what the bits are made from. For conformance tests, which see more in them.");
}
