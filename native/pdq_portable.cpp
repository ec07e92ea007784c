// PDQ without any instruction set beyond the compiler's default.
#include "pdq.hpp"

namespace {

constexpr int SIDE = UNSEEN_PDQ_SIDE;

int window_of(int length) { return (length + 2 * SIDE - 1) / (2 * SIDE); }

void box(const float *in, float *out, int length, size_t stride, int window) {
    const int half = (window + 2) / 2;
    size_t left = 0, right = 0, at = 0;
    float sum = 0.0f;
    int count = 0;
    for (int i = 0; i < half - 1; ++i, right += stride, ++count) sum += in[right];
    for (int i = 0; i < window - half + 1; ++i, right += stride, at += stride) {
        sum += in[right];
        out[at] = sum / static_cast<float>(++count);
    }
    for (int i = 0; i < length - window; ++i, left += stride, right += stride, at += stride) {
        sum += in[right];
        sum -= in[left];
        out[at] = sum / static_cast<float>(count);
    }
    for (int i = 0; i < half - 1; ++i, left += stride, at += stride) {
        sum -= in[left];
        out[at] = sum / static_cast<float>(--count);
    }
}

void fill_luma(const UnseenPixels &pixels, float *luma) {
    const size_t size = static_cast<size_t>(pixels.rows) * pixels.cols;
    for (size_t i = 0; i < size; ++i) {
        const uint8_t *p = pixels.data + i * pixels.channels;
        luma[i] = pixels.channels == 1 ? static_cast<float>(p[0])
                                       : static_cast<float>(299 * p[0] + 587 * p[1] + 114 * p[2]) / 1000.0f;
    }
}

size_t scratch_bytes(int rows, int cols) { return 2 * sizeof(float) * static_cast<size_t>(rows) * cols; }

void downscale(const UnseenPixels &pixels, void *scratch, float *out) {
    const size_t rows = pixels.rows, cols = pixels.cols;
    float *first = static_cast<float *>(scratch), *second = first + rows * cols;
    fill_luma(pixels, first);
    for (int pass = 0; pass < 2; ++pass) {
        for (size_t y = 0; y < rows; ++y) {
            box(first + y * cols, second + y * cols, pixels.cols, 1, window_of(pixels.cols));
        }
        for (size_t x = 0; x < cols; ++x) box(second + x, first + x, pixels.rows, cols, window_of(pixels.rows));
    }
    for (size_t i = 0; i < SIDE; ++i) {
        for (size_t j = 0; j < SIDE; ++j) {
            out[i * SIDE + j] = first[(2 * i + 1) * rows / (2 * SIDE) * cols + (2 * j + 1) * cols / (2 * SIDE)];
        }
    }
}

void transform(const float *in, const float *matrix, float *out) {
    constexpr int N = UNSEEN_PDQ_COEFFICIENTS;
    float half[N][SIDE] = {};
    for (int i = 0; i < N; ++i) {
        for (int k = 0; k < SIDE; ++k) {
            for (int j = 0; j < SIDE; ++j) half[i][j] += matrix[i * SIDE + k] * in[k * SIDE + j];
        }
    }
    for (int i = 0; i < N; ++i) {
        for (int j = 0; j < N; ++j) {
            float sum = 0.0f;
            for (int k = 0; k < SIDE; ++k) sum += half[i][k] * matrix[j * SIDE + k];
            out[i * N + j] = sum;
        }
    }
}

}  // namespace

const UnseenPdqKernel unseen_pdq_portable = {scratch_bytes, downscale, transform};
