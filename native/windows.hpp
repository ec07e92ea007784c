// What hashing windows shares between instruction sets: the shapes of tables, and the steps that each of them offers.
#pragma once

#include <cstddef>
#include <cstdint>

constexpr int UNSEEN_CELLS = 64;        // a window is so many cells high and wide
constexpr int UNSEEN_FREQUENCIES = 16;  // of each axis so many are kept
// Of one column of a window: its coefficients, then the means of its cells.
constexpr int UNSEEN_COLUMN_LANES = UNSEEN_FREQUENCIES + UNSEEN_CELLS;
constexpr int UNSEEN_WINDOW_BITS = UNSEEN_FREQUENCIES * UNSEEN_FREQUENCIES;
constexpr int UNSEEN_WINDOW_BYTES = UNSEEN_WINDOW_BITS / 8;
constexpr int UNSEEN_ORIENTATIONS = 8;
// The widest vector there is, in numbers of 32 bits: no table has fewer columns.
constexpr int UNSEEN_LANES_MAX = 16;
// Integers count these parts of a level, so that sums of them are exact; no sum of a picture reaches 2^31.
constexpr int UNSEEN_PARTS_OF_PIXELS = 64, UNSEEN_PARTS_OF_COLUMNS = 512;
// Added to a float below 2^22 it leaves no room for a fraction: the sum is rounded, ties to even.
constexpr float UNSEEN_ROUNDING = 12582912.0f;

// The cells of a window along one axis: where the middle of each begins and ends, in pixels, and the part of a pixel by
// which it lies further. A sum over a cell times `scale` is its mean.
struct UnseenCells {
    int32_t begin[UNSEEN_CELLS], end[UNSEEN_CELLS];
    float begin_part[UNSEEN_CELLS], end_part[UNSEEN_CELLS];
    float scale;
};

// Half of the cosines, by frequency and cell.
using UnseenCosines = const float (*)[UNSEEN_CELLS / 2];

// The steps that depend on the instruction set. Every variant gives the same bits: integers are exact, each float is
// made by the same float32 operations in the same order, and only independent ones share a vector.
struct UnseenWindowsKernel {
    // after[x] = before[x] + what pixel x has more than the mean, in parts.
    void (*add_pixels)(const uint8_t *pixels, size_t width, int32_t mean, const int32_t *before, int32_t *after);
    // after[i] = before[i] + values[i].
    void (*add_lanes)(const int32_t *values, size_t count, const int32_t *before, int32_t *after);
    // One column after the other, so many of its lanes, as integers: sums[r] are those of the pixels of all rows before
    // row r, which are `width` long, at least UNSEEN_LANES_MAX.
    void (*columns)(const int32_t *sums, size_t width, const UnseenCells &cells, UnseenCosines cosines, int lane_count,
                    int32_t *lanes);
    // sums[c] are those of the lanes of all columns before column c. Coefficients lie by horizontal frequency, then by
    // vertical. The quality is 0 where lanes are only those of the coefficients.
    void (*window)(const int32_t *sums, const UnseenCells &cells, UnseenCosines cosines, int lane_count,
                   float *coefficients, int *quality);
    // Eight hashes of such coefficients.
    void (*hashes)(const float *coefficients, uint8_t *hashes);
};

extern const UnseenWindowsKernel unseen_windows_portable;
#if defined(__x86_64__)
extern const UnseenWindowsKernel unseen_windows_avx2;
extern const UnseenWindowsKernel unseen_windows_avx512;
#endif
