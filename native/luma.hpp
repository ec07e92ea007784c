// What shrinking and turning a picture shares between instruction sets.
#pragma once

#include <cstddef>
#include <cstdint>

// Places of pixels are rounded to so many parts of one.
constexpr int UNSEEN_STEPS = 256;
// Rows of a turned picture are made in parts so long; what is given and taken has room for whole ones.
constexpr int UNSEEN_WARPED_TOGETHER = 64;

// What every row of a turned picture needs: see `warp` in the readable reference, whose names these are.
struct UnseenWarp {
    const uint32_t
        *quads;         // of each pixel: itself, the next, the one below, and the next of that, from the lowest byte on
    const float *kept;  // what is left by distance from the frame, from 0 to `kept_last`
    const float *u, *x_beyond;  // by column of what is returned
    float width, height, cosine, sine, by_u, by_v, mean;
    int32_t kept_last;
    size_t cols;  // of what is returned
};

// Every variant gives the same bits; see windows.hpp.
struct UnseenLumaKernel {
    // sums = first * weights[0] + (sum of `between` rows after it) * weights[1] + (the row after these) * weights[2];
    // with a weight of 0 for the last row it is not read.
    void (*sum_rows)(const uint8_t *first, size_t samples, size_t between, const uint32_t *weights, uint32_t *sums);
    // Thousandths, so that the weights of colours are whole.
    void (*luma_of_rgb)(const uint32_t *sums, size_t width, uint64_t *luma);
    void (*luma_of_grey)(const uint32_t *sums, size_t width, uint64_t *luma);
    // Of one row of pixels and the one below it.
    void (*make_quads)(const uint8_t *here, const uint8_t *below, size_t width, uint32_t *quads);
    void (*warp_row)(const UnseenWarp &warp, float v, float y_beyond, uint8_t *out);
};

extern const UnseenLumaKernel unseen_luma_portable;
#if defined(__x86_64__)
extern const UnseenLumaKernel unseen_luma_avx2;
extern const UnseenLumaKernel unseen_luma_avx512;
#endif
