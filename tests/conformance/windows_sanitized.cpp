// Runs every variant of windows, of small pictures and of turns on exactly sized buffers of awkward shapes, under the
// sanitizers, and compares them. Built and run by test_windows_sanitized.py.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "luma.hpp"
#include "windows.hpp"

namespace {

struct Variant {
    const UnseenWindowsKernel &windows;
    const UnseenLumaKernel &luma;
};

std::vector<Variant> variants() {
    std::vector<Variant> all = {{unseen_windows_portable, unseen_luma_portable}};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        all.push_back({unseen_windows_avx2, unseen_luma_avx2});
    }
    if (__builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni")) {
        all.push_back({unseen_windows_avx512, unseen_luma_avx512});
    }
#endif
    return all;
}

unsigned random_number() {
    static unsigned seed = 1;
    return (seed = seed * 1664525u + 1013904223u) >> 16;
}

// Everything that a variant answers, one after the other.
struct Answers {
    std::vector<uint8_t> bytes;
    template <class Value>
    void add(const Value *values, size_t count) {
        const uint8_t *const from = reinterpret_cast<const uint8_t *>(values);
        bytes.insert(bytes.end(), from, from + count * sizeof(Value));
    }
};

// 64 cells over all lines of a table of `count` lines: the last sum that is read is the last there is.
UnseenCells cells_over(int count) {
    UnseenCells cells{};
    for (int k = 0; k < UNSEEN_CELLS; ++k) {
        cells.begin[k] = k * (count - 1) / UNSEEN_CELLS;
        cells.end[k] = (k + 1) * (count - 1) / UNSEEN_CELLS;
        cells.begin_part[k] = 0.25f;
        cells.end_part[k] = 0.75f;
    }
    cells.scale = 0.01f;
    return cells;
}

Answers windows_of(const UnseenWindowsKernel &kernel, const std::vector<uint8_t> &pixels, size_t rows, size_t width,
                   int lane_count) {
    float cosines[UNSEEN_FREQUENCIES][UNSEEN_CELLS / 2];
    for (int i = 0; i < UNSEEN_FREQUENCIES; ++i) {
        for (int k = 0; k < UNSEEN_CELLS / 2; ++k) cosines[i][k] = static_cast<float>(std::cos(0.0245 * (i + 1) * (2 * k + 1)));
    }
    std::vector<int32_t> sums((rows + 1) * width), lanes(width * lane_count), column_sums((width + 1) * lane_count);
    for (size_t row = 0; row < rows; ++row) {
        kernel.add_pixels(pixels.data() + row * width, width, 8000, &sums[row * width], &sums[(row + 1) * width]);
    }
    kernel.columns(sums.data(), width, cells_over(static_cast<int>(rows)), cosines, lane_count, lanes.data());
    for (size_t column = 0; column < width; ++column) {
        int32_t *const before = &column_sums[column * lane_count];
        kernel.add_lanes(&lanes[column * lane_count], lane_count, before, before + lane_count);
    }
    float coefficients[UNSEEN_WINDOW_BITS];
    uint8_t hashes[UNSEEN_ORIENTATIONS * UNSEEN_WINDOW_BYTES];
    int quality = 0;
    kernel.window(column_sums.data(), cells_over(static_cast<int>(width)), cosines, lane_count, coefficients, &quality);
    kernel.hashes(coefficients, hashes);
    Answers answers;
    answers.add(lanes.data(), lanes.size());
    answers.add(coefficients, UNSEEN_WINDOW_BITS);
    answers.add(hashes, sizeof hashes);
    answers.add(&quality, 1);
    return answers;
}

Answers luma_of(const UnseenLumaKernel &kernel, const std::vector<uint8_t> &pixels, size_t rows, size_t width) {
    Answers answers;
    std::vector<uint32_t> sums(3 * width);
    std::vector<uint64_t> luma(width);
    // The last row lies behind those between, and is not there where it has no weight.
    for (uint32_t last : {0u, 5u}) {
        const uint32_t weights[] = {3, 7, last};
        kernel.sum_rows(pixels.data(), sums.size(), rows - 1 - (last != 0), weights, sums.data());
        answers.add(sums.data(), sums.size());
    }
    kernel.luma_of_rgb(sums.data(), width, luma.data());
    answers.add(luma.data(), width);
    kernel.luma_of_grey(sums.data(), width, luma.data());
    answers.add(luma.data(), width);
    return answers;
}

Answers turned(const UnseenLumaKernel &kernel, const std::vector<uint32_t> &quads, size_t rows, size_t width) {
    const size_t room = (width + UNSEEN_WARPED_TOGETHER - 1) / UNSEEN_WARPED_TOGETHER * UNSEEN_WARPED_TOGETHER;
    std::vector<float> kept = {1.0f, 0.5f, 0.25f, 0.0f}, u(room), beyond(room);
    for (size_t x = 0; x < width; ++x) u[x] = static_cast<float>(x) + 0.5f - 0.5f * static_cast<float>(width);
    std::vector<uint8_t> out(room);
    Answers answers;
    // Turned only, and with a depth too.
    for (float bend : {0.0f, 0.1f}) {
        const UnseenWarp warp = {quads.data(), kept.data(), u.data(), beyond.data(), static_cast<float>(width),
                                 static_cast<float>(rows), 0.8f, 0.6f, bend / static_cast<float>(width),
                                 2 * bend / static_cast<float>(rows), 100.0f, 3, width};
        for (size_t y = 0; y < rows; ++y) {
            kernel.warp_row(warp, static_cast<float>(y) + 0.5f - 0.5f * static_cast<float>(rows), 0.0f, out.data());
            answers.add(out.data(), width);
        }
    }
    return answers;
}

Answers quads_of(const UnseenLumaKernel &kernel, const std::vector<uint8_t> &pixels, size_t width) {
    std::vector<uint32_t> quads(width);
    const std::vector<uint8_t> row(pixels.end() - static_cast<ptrdiff_t>(width), pixels.end());
    kernel.make_quads(row.data(), row.data(), width, quads.data());
    Answers answers;
    answers.add(quads.data(), width);
    return answers;
}

// Returns how many variants differ from the portable one.
int differences(size_t rows, size_t width) {
    std::vector<uint8_t> pixels(rows * width), colours(rows * width * 3);
    for (uint8_t &pixel : pixels) pixel = static_cast<uint8_t>(random_number());
    for (uint8_t &sample : colours) sample = static_cast<uint8_t>(random_number());
    std::vector<uint32_t> quads(rows * width);
    for (uint32_t &quad : quads) quad = random_number() << 16 | random_number();
    int different = 0;
    std::vector<std::vector<uint8_t>> expected;
    for (const Variant &variant : variants()) {
        std::vector<std::vector<uint8_t>> actual;
        if (rows > 1) actual.push_back(luma_of(variant.luma, colours, rows, width).bytes);
        actual.push_back(turned(variant.luma, quads, rows, width).bytes);
        actual.push_back(quads_of(variant.luma, pixels, width).bytes);
        for (int lane_count : {UNSEEN_FREQUENCIES, UNSEEN_COLUMN_LANES}) {
            if (width < UNSEEN_LANES_MAX) continue;
            actual.push_back(windows_of(variant.windows, pixels, rows, width, lane_count).bytes);
        }
        if (expected.empty()) expected = actual;
        different += actual != expected;
    }
    return different;
}

}  // namespace

int main() {
    int different = 0;
    for (size_t rows : {1, 2, 3, 5, 64, 65, 130, 300}) {
        for (size_t width : {1, 2, 7, 15, 16, 17, 31, 33, 63, 64, 65, 100, 257}) {
            const int here = differences(rows, width);
            if (here != 0) printf("%zux%zu: %d variants differ\n", rows, width, here);
            different += here;
        }
    }
    return different != 0;
}
