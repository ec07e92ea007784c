// From sums of pixels to the hashes of a window, for vectors of any width. Included by one file for each instruction set,
// which brings a `Lanes`: GCC's and Clang's own vectors, and how to compare sixteen floats at once.
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

template <class Lanes>
void columns(const int32_t *sums, size_t width, const UnseenCells &cells, UnseenCosines cosines, int32_t *lanes) {
    constexpr size_t W = Lanes::WIDTH;
    for (size_t first = 0; first < width; first += W) {
        // The last columns are taken once more where they do not fill a vector.
        const size_t column = first + W <= width ? first : width - W;
        typename Lanes::Floats values[N + CELLS];
        for (int k = 0; k < CELLS; ++k) values[N + k] = mean_of<Lanes>(sums + column, width, cells, k);
        transform<Lanes>(values + N, cosines, values);
        int32_t rounded[N + CELLS][W];
        for (int lane = 0; lane < COLUMN_LANES; ++lane) {
            const typename Lanes::Ints bits = Lanes::bits_of(values[lane] * UNSEEN_PARTS_OF_COLUMNS + ROUNDING);
            const typename Lanes::Ints integers = bits - Lanes::bits_of(typename Lanes::Floats{} + ROUNDING);
            memcpy(rounded[lane], &integers, sizeof integers);
        }
        for (size_t x = 0; x < W; ++x) {
            int32_t *const to = lanes + (column + x) * COLUMN_LANES;
            for (int lane = 0; lane < COLUMN_LANES; ++lane) to[lane] = rounded[lane][x];
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
        for (int i = 0; i + 1 < CELLS; ++i) sum += __builtin_abs(static_cast<int>((here[i + 1] - here[i]) * HUNDREDTHS));
    }
    return sum / 90 < 100 ? sum / 90 : 100;
}

template <class Lanes>
void window(const int32_t *sums, const UnseenCells &cells, UnseenCosines cosines, float *coefficients, int *quality) {
    constexpr int W = Lanes::WIDTH;
    alignas(64) float means[CELLS][COLUMN_LANES];
    for (int k = 0; k < CELLS; ++k) {
        for (int lane = 0; lane < COLUMN_LANES; lane += W) {
            const typename Lanes::Floats mean = mean_of<Lanes>(sums + lane, COLUMN_LANES, cells, k);
            memcpy(means[k] + lane, &mean, sizeof mean);
        }
    }
    for (int lane = 0; lane < N; lane += W) {
        typename Lanes::Floats values[CELLS], out[N];
        for (int k = 0; k < CELLS; ++k) values[k] = load<typename Lanes::Floats>(means[k] + lane);
        transform<Lanes>(values, cosines, out);
        for (int g = 0; g < N; ++g) memcpy(coefficients + g * N + lane, out + g, sizeof out[g]);
    }
    *quality = quality_of(means);
}

// The lower median: of floats as integers that are ordered as they are, the 128th smallest, bit by bit from the highest.
template <class Lanes>
float median_of(const int32_t *bits) {
    using Ints = typename Lanes::Ints;
    constexpr int W = Lanes::WIDTH;
    constexpr int32_t LOWEST = INT32_MIN;
    Ints ordered[UNSEEN_WINDOW_BITS / W];
    for (int i = 0; i < UNSEEN_WINDOW_BITS / W; ++i) {
        const Ints raw = load<Ints>(bits + i * W);
        ordered[i] = raw ^ ((raw >> 31) & INT32_MAX);
    }
    uint32_t median = 0;
    for (uint32_t bit = 1u << 31; bit != 0; bit >>= 1) {
        const Ints bound = Ints{} + static_cast<int32_t>((median | bit) ^ static_cast<uint32_t>(LOWEST));
        Ints below{};
        for (const Ints &each : ordered) below += each < bound;
        int count = 0;
        for (int i = 0; i < W; ++i) count -= below[i];
        if (count < UNSEEN_WINDOW_BITS / 2) median |= bit;
    }
    const int32_t key = static_cast<int32_t>(median ^ static_cast<uint32_t>(LOWEST));
    const int32_t raw = key ^ ((key >> 31) & INT32_MAX);
    float value;
    memcpy(&value, &raw, sizeof value);
    return value;
}

// Sixteen rows of sixteen bits, the last first, most significant bit first.
template <class Lanes>
void write_bits(const float *rows, float median, uint8_t *hash) {
    for (int row = 0; row < N; ++row) {
        const unsigned bits = Lanes::above(rows + row * N, median);
        hash[2 * (N - 1 - row)] = static_cast<uint8_t>(bits >> 8);
        hash[2 * (N - 1 - row) + 1] = static_cast<uint8_t>(bits);
    }
}

// Turning or flipping changes the sign of every second row, or column, or both, and transposes or not: the four ways to
// change signs have a median each, which two orientations share.
template <class Lanes>
void hashes_of(const float *coefficients, uint8_t *hashes) {
    // By sign of columns, then of rows: which orientation has them as they are, and which transposed.
    constexpr int AS_IT_IS[4] = {0, 4, 5, 2}, TRANSPOSED[4] = {6, 3, 1, 7};
    for (int way = 0; way < 4; ++way) {
        alignas(64) int32_t by_column[UNSEEN_WINDOW_BITS], by_row[UNSEEN_WINDOW_BITS];
        memcpy(by_column, coefficients, sizeof by_column);
        for (int g = 0; g < N; ++g) {
            for (int f = 0; f < N; ++f) {
                const bool row_changes = (way & 1) != 0 && f % 2 == 0, column_changes = (way & 2) != 0 && g % 2 == 0;
                by_column[g * N + f] ^= row_changes != column_changes ? INT32_MIN : 0;
                by_row[f * N + g] = by_column[g * N + f];
            }
        }
        const float median = median_of<Lanes>(by_column);
        float signed_columns[UNSEEN_WINDOW_BITS], signed_rows[UNSEEN_WINDOW_BITS];
        memcpy(signed_columns, by_column, sizeof by_column);
        memcpy(signed_rows, by_row, sizeof by_row);
        write_bits<Lanes>(signed_rows, median, hashes + AS_IT_IS[way] * UNSEEN_WINDOW_BYTES);
        write_bits<Lanes>(signed_columns, median, hashes + TRANSPOSED[way] * UNSEEN_WINDOW_BYTES);
    }
}

}  // namespace
