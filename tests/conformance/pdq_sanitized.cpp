// Runs every variant of the PDQ filters on exactly sized buffers of many shapes, under the sanitizers, with scratch memory
// full of rubbish, and compares them. Built and run by test_pdq_sanitized.py.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

#include "pdq.hpp"

namespace {

constexpr int SIDES[] = {1,  2,  4,  5,  6,  7,  11, 15,  16,  17,  31,  32,  33,  47,  48,  49,   63,
                         64, 65, 77, 127, 128, 129, 130, 255, 257, 300, 513, 640, 1025, 2049, 4097, 4225};
constexpr long PIXELS_MAX = 1'000'000;
constexpr int OUT_SIZE = UNSEEN_PDQ_SIDE * UNSEEN_PDQ_SIDE;

void downscale(const UnseenPdqKernel &kernel, const UnseenPixels &pixels, float *out) {
    const size_t size = kernel.scratch_bytes(pixels.rows, pixels.cols);
    void *scratch = nullptr;
    if (posix_memalign(&scratch, 64, size) != 0) std::abort();
    memset(scratch, 0xee, size);
    kernel.downscale(pixels, scratch, out);
    free(scratch);
}

uint8_t *noise(size_t size) {
    static unsigned seed = 1;
    uint8_t *data = static_cast<uint8_t *>(malloc(size));
    for (size_t i = 0; i < size; ++i) data[i] = static_cast<uint8_t>((seed = seed * 1664525u + 1013904223u) >> 24);
    return data;
}

// Returns how many variants differ from the portable one.
int differences(const UnseenPixels &pixels) {
    float expected[OUT_SIZE], actual[OUT_SIZE];
    int different = 0;
    downscale(unseen_pdq_portable, pixels, expected);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        downscale(unseen_pdq_avx2, pixels, actual);
        different += memcmp(expected, actual, sizeof expected) != 0;
    }
    if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni")) {
        downscale(unseen_pdq_avx512, pixels, actual);
        different += memcmp(expected, actual, sizeof expected) != 0;
    }
#endif
    return different;
}

int differences_of_pixels(int rows, int cols, int channels) {
    uint8_t *data = noise(static_cast<size_t>(rows) * cols * channels);
    const int different = differences({data, rows, cols, channels});
    free(data);
    return different;
}

int differences_of_planes(int rows, int cols) {
    const int half = (cols + 1) / 2;
    uint8_t *brightness = noise(static_cast<size_t>(rows) * cols);
    uint8_t *blue = noise(static_cast<size_t>(rows) / 2 * half), *red = noise(static_cast<size_t>(rows) / 2 * half);
    const UnseenPlanes planes = {brightness, blue, red, cols, half, half, {128, 9539, 13075, -6660, -3209, 16525}};
    const int different = differences({nullptr, rows, cols, 4, &planes});
    for (uint8_t *plane : {brightness, blue, red}) free(plane);
    return different;
}

}  // namespace

int main() {
    int different = 0;
    for (int rows : SIDES) {
        for (int cols : SIDES) {
            if (static_cast<long>(rows) * cols > PIXELS_MAX) continue;
            for (int channels : {1, 3, 4}) {
                const int here = differences_of_pixels(rows, cols, channels);
                if (here != 0) printf("%dx%d, %d channels: %d variants differ\n", rows, cols, channels, here);
                different += here;
            }
            if (rows % 2 != 0) continue;
            const int here = differences_of_planes(rows, cols);
            if (here != 0) printf("%dx%d, planes: %d variants differ\n", rows, cols, here);
            different += here;
        }
    }
    return different != 0;
}
