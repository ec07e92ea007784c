// What the PDQ code of every instruction set shares: the picture it is given and the table of steps it offers.
#pragma once

#include <cstddef>
#include <cstdint>

constexpr int UNSEEN_PDQ_SIDE = 64;          // the picture is brought to 64x64 first
constexpr int UNSEEN_PDQ_COEFFICIENTS = 16;  // and 16x16 coefficients of its cosine transform make the 256 bits
constexpr int UNSEEN_PDQ_BITS = 256;

// How brightness and colour differences make red, green and blue, in the fixed point of libswscale's yuv2rgb.
struct UnseenWeights {
    int16_t black;  // eight times the brightness that is black
    int16_t brightness;
    int16_t red_of_red, green_of_red, green_of_blue, blue_of_blue;
};

// A frame as decoders of video leave it: a plane of brightness, and two of colour, a sample to two by two pixels.
struct UnseenPlanes {
    const uint8_t *brightness, *blue, *red;
    ptrdiff_t brightness_stride, blue_stride, red_stride;
    UnseenWeights weights;
};

// Row-major pixels without gaps: RGB where channels is 3, grey where it is 1, RGB and a byte of no meaning where it is 4.
// Of a frame, `planes` is set, `data` is not, and channels is 4: what its rows become on the way.
struct UnseenPixels {
    const uint8_t *data;
    int rows;
    int cols;
    int channels;
    const UnseenPlanes *planes = nullptr;
};

inline uint8_t unseen_clamped(int value) { return static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value); }

// Some columns of two rows of a frame, which share their colours.
struct UnseenStretch {
    int row, first, last;  // the first row, which is even, the first column, and the column behind the last

    // Where they lie.
    struct Places {
        const uint8_t *brightness, *next, *blue, *red;
    };
    Places in(const UnseenPlanes &planes) const {
        const uint8_t *brightness = planes.brightness + row * planes.brightness_stride;
        return {brightness, brightness + planes.brightness_stride, planes.blue + row / 2 * planes.blue_stride,
                planes.red + row / 2 * planes.red_stride};
    }

    // Asks for what the next two rows need: a decoder has left the frame somewhere far away, and what fetches memory
    // ahead by itself does not go from row to row. A line of memory holds 64 samples. Inlined always: a call of something
    // that only asks is taken for one without any effect, and left out.
    [[gnu::always_inline]] void fetch_below(const Places &from, const UnseenPlanes &planes, int x) const {
        if (x % 64 == 0) {
            __builtin_prefetch(from.next + planes.brightness_stride + x);
            __builtin_prefetch(from.next + 2 * planes.brightness_stride + x);
        }
        if (x % 128 == 0) {
            __builtin_prefetch(from.blue + planes.blue_stride + x / 2);
            __builtin_prefetch(from.red + planes.red_stride + x / 2);
        }
    }
};

// As RGB with a fourth byte, zero. Each product is rounded down by itself, as libswscale rounds it.
inline void unseen_develop_rows(const UnseenPlanes &planes, const UnseenStretch &stretch, uint8_t *out, uint8_t *next) {
    const UnseenWeights &weights = planes.weights;
    const UnseenStretch::Places from = stretch.in(planes);
    for (int x = stretch.first; x < stretch.last; ++x) {
        const int blue = 8 * from.blue[x / 2] - 1024, red = 8 * from.red[x / 2] - 1024;
        const int reds = (red * weights.red_of_red) >> 16, blues = (blue * weights.blue_of_blue) >> 16;
        const int greens = ((blue * weights.green_of_blue) >> 16) + ((red * weights.green_of_red) >> 16);
        for (int below = 0; below < 2; ++below) {
            const int sample = (below ? from.next : from.brightness)[x];
            const int light = ((8 * sample - weights.black) * weights.brightness) >> 16;
            uint8_t *pixel = (below ? next : out) + 4 * static_cast<ptrdiff_t>(x);
            pixel[0] = unseen_clamped(light + reds);
            pixel[1] = unseen_clamped(light + greens);
            pixel[2] = unseen_clamped(light + blues);
            pixel[3] = 0;
        }
    }
}

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
