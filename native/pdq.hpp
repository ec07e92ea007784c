// What the PDQ code of every instruction set shares: the picture it is given and the table of steps it offers.
#pragma once

#include <cstddef>
#include <cstdint>

constexpr int UNSEEN_PDQ_SIDE = 64;          // the picture is brought to 64x64 first
constexpr int UNSEEN_PDQ_COEFFICIENTS = 16;  // and 16x16 coefficients of its cosine transform make the 256 bits
constexpr int UNSEEN_PDQ_BITS = 256;

// Row-major pixels without gaps: RGB where channels is 3, grey where it is 1.
struct UnseenPixels {
    const uint8_t *data;
    int rows;
    int cols;
    int channels;
};

// The steps that depend on the instruction set. Every variant gives the same bits: each output is made by the same
// float32 operations in the same order, and only independent outputs share a vector.
struct UnseenPdqKernel {
    // How many bytes of scratch memory `downscale` needs for a picture of this size.
    size_t (*scratch_bytes)(int rows, int cols);
    // Box filter twice along rows and columns, then every 64th part: out is float[64 * 64], row-major.
    void (*downscale)(const UnseenPixels &pixels, void *scratch, float *out);
    // (matrix . in) . matrix^T with matrix float[16 * 64]: out is float[16 * 16], row-major.
    void (*transform)(const float *in, const float *matrix, float *out);
};

extern const UnseenPdqKernel unseen_pdq_portable;
#if defined(__x86_64__)
extern const UnseenPdqKernel unseen_pdq_avx2;
extern const UnseenPdqKernel unseen_pdq_avx512;
#endif
