// From sums of pixels to the hashes of a window, for vectors of any width. Included by one file for each instruction
// set, which brings a `Lanes`: GCC's and Clang's own vectors, and how to compare sixteen floats at once.
#pragma once

#include <cstring>

#include "windows.hpp"

namespace {

constexpr int CELLS = UNSEEN_CELLS, HALF = CELLS / 2, N = UNSEEN_FREQUENCIES, COLUMN_LANES = UNSEEN_COLUMN_LANES;
constexpr float ROUNDING = UNSEEN_ROUNDING;

template <class Vector, class Value>
Vector load(const Value *from) {
    Vector vector;
    memcpy(&vector, from, sizeof vector);
    return vector;
}

// The mean over a cell's middle of what lies in each lane: a table look-up, and two parts of a pixel.
template <class Lanes>
typename Lanes::Floats mean_of(const int32_t *sums, size_t stride, const UnseenCells &cells, int k) {
    using Floats = typename Lanes::Floats;
    using Ints = typename Lanes::Ints;
    const int32_t *const from = sums + static_cast<ptrdiff_t>(cells.begin[k]) * static_cast<ptrdiff_t>(stride);
    const int32_t *const to = sums + static_cast<ptrdiff_t>(cells.end[k]) * static_cast<ptrdiff_t>(stride);
    const Ints begin = load<Ints>(from), end = load<Ints>(to);
    const Floats first = __builtin_convertvector(load<Ints>(from + stride) - begin, Floats);
    const Floats last = __builtin_convertvector(load<Ints>(to + stride) - end, Floats);
    const Floats whole = __builtin_convertvector(end - begin, Floats);
    return (whole + (cells.end_part[k] * last - cells.begin_part[k] * first)) * cells.scale;
}

// Frequencies of 64 values in each lane. Halves of a cosine are alike or opposite, so half of the products will do.
template <class Lanes>
void transform(const typename Lanes::Floats *values, UnseenCosines cosines, typename Lanes::Floats *out) {
    using Floats = typename Lanes::Floats;
    Floats opposite[HALF], alike[HALF];
    for (int k = 0; k < HALF; ++k) {
        opposite[k] = values[k] - values[CELLS - 1 - k];
        alike[k] = values[k] + values[CELLS - 1 - k];
    }
    constexpr int TOGETHER = 4;
    for (int first = 0; first < N; first += 2 * TOGETHER) {
        for (int parity = 0; parity < 2; ++parity) {
            const Floats *const folded = parity == 0 ? opposite : alike;
            const UnseenCosines cosine = cosines + first + parity;
            Floats a{}, b{}, c{}, d{};
            for (int k = 0; k < HALF; ++k) {
                a = a + cosine[0][k] * folded[k];
                b = b + cosine[2][k] * folded[k];
                c = c + cosine[4][k] * folded[k];
                d = d + cosine[6][k] * folded[k];
            }
            Floats *const to = out + first + parity;
            to[0] = a, to[2] = b, to[4] = c, to[6] = d;
        }
    }
}

void add_pixels(const uint8_t *pixels, size_t width, int32_t mean, const int32_t *before, int32_t *__restrict__ after) {
    for (size_t x = 0; x < width; ++x) after[x] = before[x] + (pixels[x] * UNSEEN_PARTS_OF_PIXELS - mean);
}

void add_lanes(const int32_t *values, size_t count, const int32_t *before, int32_t *__restrict__ after) {
    for (size_t i = 0; i < count; ++i) after[i] = before[i] + values[i];
}

// GCC and Clang have the same shuffle under different names.
#if defined(__clang__)
#define UNSEEN_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define UNSEEN_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, Four{__VA_ARGS__})
#endif

// Four rows of four numbers to four columns; number by number it would take as long as all that made them.
inline void turn_four(const int32_t *from, size_t from_stride, int32_t *to, size_t to_stride) {
    typedef int32_t Four __attribute__((vector_size(16)));
    const Four a = load<Four>(from), b = load<Four>(from + from_stride);
    const Four c = load<Four>(from + 2 * from_stride), d = load<Four>(from + 3 * from_stride);
    const Four low[2] = {UNSEEN_SHUFFLE(a, b, 0, 4, 1, 5), UNSEEN_SHUFFLE(c, d, 0, 4, 1, 5)};
    const Four high[2] = {UNSEEN_SHUFFLE(a, b, 2, 6, 3, 7), UNSEEN_SHUFFLE(c, d, 2, 6, 3, 7)};
    const Four turned[4] = {UNSEEN_SHUFFLE(low[0], low[1], 0, 1, 4, 5), UNSEEN_SHUFFLE(low[0], low[1], 2, 3, 6, 7),
                            UNSEEN_SHUFFLE(high[0], high[1], 0, 1, 4, 5), UNSEEN_SHUFFLE(high[0], high[1], 2, 3, 6, 7)};
    for (int i = 0; i < 4; ++i) memcpy(to + i * to_stride, &turned[i], sizeof turned[i]);
}
#undef UNSEEN_SHUFFLE

template <class Lanes>
void columns(const int32_t *sums, size_t width, const UnseenCells &cells, UnseenCosines cosines, int lane_count,
             int32_t *lanes) {
    constexpr size_t W = Lanes::WIDTH;
    for (size_t first = 0; first < width; first += W) {
        // The last columns are taken once more where they do not fill a vector.
        const size_t column = first + W <= width ? first : width - W;
        typename Lanes::Floats values[N + CELLS];
        for (int k = 0; k < CELLS; ++k) values[N + k] = mean_of<Lanes>(sums + column, width, cells, k);
        transform<Lanes>(values + N, cosines, values);
        int32_t rounded[N + CELLS][W];
        for (int lane = 0; lane < lane_count; ++lane) {
            const typename Lanes::Ints bits = Lanes::bits_of(values[lane] * UNSEEN_PARTS_OF_COLUMNS + ROUNDING);
            const typename Lanes::Ints integers = bits - Lanes::bits_of(typename Lanes::Floats{} + ROUNDING);
            memcpy(rounded[lane], &integers, sizeof integers);
        }
        for (size_t x = 0; x < W; x += 4) {
            int32_t *const to = lanes + (column + x) * static_cast<size_t>(lane_count);
            for (int lane = 0; lane < lane_count; lane += 4) {
                turn_four(&rounded[lane][x], W, to + lane, static_cast<size_t>(lane_count));
            }
        }
    }
}

// Sums the steps between neighbours, in hundredths of white and each rounded towards zero.
int quality_of(const float (*means)[COLUMN_LANES]) {
    constexpr float HUNDREDTHS = static_cast<float>(100.0 / 255.0);
    int sum = 0;
    for (int k = 0; k < CELLS; ++k) {
        const float *const here = means[k] + N, *const next = means[k + 1 < CELLS ? k + 1 : k] + N;
        for (int i = 0; i < CELLS; ++i) sum += __builtin_abs(static_cast<int>((next[i] - here[i]) * HUNDREDTHS));
        for (int i = 0; i + 1 < CELLS; ++i)
            sum += __builtin_abs(static_cast<int>((here[i + 1] - here[i]) * HUNDREDTHS));
    }
    return sum / 90 < 100 ? sum / 90 : 100;
}

template <class Lanes>
void window(const int32_t *sums, const UnseenCells &cells, UnseenCosines cosines, int lane_count, float *coefficients,
            int *quality) {
    constexpr int W = Lanes::WIDTH;
    alignas(64) float means[CELLS][COLUMN_LANES];
    for (int k = 0; k < CELLS; ++k) {
        for (int lane = 0; lane < lane_count; lane += W) {
            const typename Lanes::Floats mean = mean_of<Lanes>(sums + lane, lane_count, cells, k);
            memcpy(means[k] + lane, &mean, sizeof mean);
        }
    }
    for (int lane = 0; lane < N; lane += W) {
        typename Lanes::Floats values[CELLS], out[N];
        for (int k = 0; k < CELLS; ++k) values[k] = load<typename Lanes::Floats>(means[k] + lane);
        transform<Lanes>(values, cosines, out);
        for (int g = 0; g < N; ++g) memcpy(coefficients + g * N + lane, out + g, sizeof out[g]);
    }
    *quality = lane_count == COLUMN_LANES ? quality_of(means) : 0;
}

// Turning or flipping a picture changes the signs of every second row of its coefficients, or column, or of both: four
// ways, by row (even, odd) and column.
constexpr int WAYS = 4;
constexpr int32_t SIGN = INT32_MIN;
#define UNSEEN_EIGHT_TIMES(a, b) {a, b, a, b, a, b, a, b, a, b, a, b, a, b, a, b}
alignas(64) constexpr int32_t SIGNS[WAYS][2][N] = {
    {UNSEEN_EIGHT_TIMES(0, 0), UNSEEN_EIGHT_TIMES(0, 0)},
    {UNSEEN_EIGHT_TIMES(SIGN, SIGN), UNSEEN_EIGHT_TIMES(0, 0)},
    {UNSEEN_EIGHT_TIMES(SIGN, 0), UNSEEN_EIGHT_TIMES(SIGN, 0)},
    {UNSEEN_EIGHT_TIMES(0, SIGN), UNSEEN_EIGHT_TIMES(SIGN, 0)},
};
#undef UNSEEN_EIGHT_TIMES

// Integers that are ordered as these floats are with the signs of a way.
template <class Lanes>
void keys_of(const float *values, int way, typename Lanes::Ints *keys) {
    using Floats = typename Lanes::Floats;
    using Ints = typename Lanes::Ints;
    constexpr int W = Lanes::WIDTH;
    for (int i = 0; i < UNSEEN_WINDOW_BITS / W; ++i) {
        const Ints sign = load<Ints>(SIGNS[way][i * W / N % 2] + i * W % N);
        const Ints changed = load<Ints>(values + i * W) ^ sign;
        // Adding nothing makes the two zeros one.
        const Ints bits = Lanes::bits_of(Lanes::floats_of(changed) + Floats{});
        keys[i] = bits ^ ((bits >> 31) & INT32_MAX);
    }
}

// The least key that is above the lower median, or any that separates the lower half from the upper. Bit by bit from
// the highest: at most 128 keys are below what is found so far.
template <class Lanes>
int32_t least_above_median(const typename Lanes::Ints *keys) {
    constexpr uint32_t OFFSET = 1u << 31;
    uint32_t median = 0;
    for (uint32_t bit = OFFSET; bit != 0; bit >>= 1) {
        const int32_t bound = static_cast<int32_t>((median | bit) ^ OFFSET);
        const int count = Lanes::count_below(keys, bound);
        if (count == UNSEEN_WINDOW_BITS / 2) return bound;
        median |= count < UNSEEN_WINDOW_BITS / 2 ? bit : 0;
    }
    return static_cast<int32_t>(median ^ OFFSET) + 1;
}

// Sixteen rows of sixteen bits, the last first, most significant bit first.
template <class Lanes>
void write_bits(const typename Lanes::Ints *keys, int32_t least, uint8_t *hash) {
    for (int row = 0; row < N; ++row) {
        const unsigned bits = Lanes::sixteen_from(keys + row * N / Lanes::WIDTH, least);
        hash[2 * (N - 1 - row)] = static_cast<uint8_t>(bits >> 8);
        hash[2 * (N - 1 - row) + 1] = static_cast<uint8_t>(bits);
    }
}

// Two orientations share the signs of a way: one as they are, and one transposed.
template <class Lanes>
void hashes_of(const float *transposed, uint8_t *hashes) {
    constexpr int AS_IT_IS[WAYS] = {0, 4, 5, 2}, TRANSPOSED[WAYS] = {6, 3, 1, 7};
    constexpr int WAY_OF_TRANSPOSED[WAYS] = {0, 2, 1, 3};
    alignas(64) float coefficients[UNSEEN_WINDOW_BITS];
    for (int g = 0; g < N; ++g) {
        for (int f = 0; f < N; ++f) coefficients[f * N + g] = transposed[g * N + f];
    }
    for (int way = 0; way < WAYS; ++way) {
        typename Lanes::Ints keys[UNSEEN_WINDOW_BITS / Lanes::WIDTH];
        keys_of<Lanes>(coefficients, way, keys);
        const int32_t least = least_above_median<Lanes>(keys);
        write_bits<Lanes>(keys, least, hashes + AS_IT_IS[way] * UNSEEN_WINDOW_BYTES);
        keys_of<Lanes>(transposed, WAY_OF_TRANSPOSED[way], keys);
        write_bits<Lanes>(keys, least, hashes + TRANSPOSED[way] * UNSEEN_WINDOW_BYTES);
    }
}

}  // namespace
