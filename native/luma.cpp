// Small pictures: luma averaged over equal parts of a picture, and turned.
#include "luma.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/array.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "bindings.hpp"
#include "cpu.hpp"
#include "fading.hpp"

namespace nb = nanobind;

namespace {

using Pixels = nb::ndarray<const uint8_t, nb::c_contig, nb::device::cpu>;
using Luma = nb::ndarray<const uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Out = nb::ndarray<uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

const UnseenLumaKernel &kernel_in_use() {
#if defined(__x86_64__)
    if (unseen_isa() == UnseenIsa::avx512) return unseen_luma_avx512;
    if (unseen_isa() == UnseenIsa::avx2) return unseen_luma_avx2;
#endif
    return unseen_luma_portable;
}

// Where an equal part of some pixels begins: in which of them, and how much of it lies before, in as many as there are
// parts.
struct Edge {
    size_t whole, part;
};

std::vector<Edge> edges_of(size_t length, size_t count) {
    std::vector<Edge> edges(count + 1);
    for (size_t i = 0; i <= count; ++i) edges[i] = {i * length / count, i * length % count};
    return edges;
}

// One row of parts from the luma of sums over rows, which becomes that of all pixels before each. Weighted sums are
// exact: below 2^63 for every picture there may be. A loop over the pixels of each part would have three turns here and
// four there, and the processor guesses wrong how many.
void average_row(std::vector<uint64_t> &luma, const std::vector<Edge> &edges, double scale, uint8_t *out) {
    uint64_t sum = 0;
    for (uint64_t &each : luma) {
        const uint64_t here = each;
        each = sum;
        sum += here;
    }
    const size_t cols = edges.size() - 1;
    uint64_t before = 0;
    for (size_t col = 0; col < cols; ++col) {
        const Edge edge = edges[col + 1];
        const uint64_t at = luma[edge.whole], next = luma[edge.whole + 1];
        const uint64_t up_to = at * cols + (next - at) * edge.part;
        out[col] = static_cast<uint8_t>(static_cast<double>(up_to - before) * scale + 0.5);
        before = up_to;
    }
}

void shrink(Pixels pixels, Out out) {
    const size_t channels = pixels.ndim() == 2 ? 1 : 3, rows = out.shape(0), cols = out.shape(1);
    if (pixels.ndim() != 2 && (pixels.ndim() != 3 || pixels.shape(2) != 3))
        throw nb::value_error("not [h, w, 3] or [h, w]");
    const size_t height = pixels.shape(0), width = pixels.shape(1);
    // 255 * height fits into 32 bits, and no part is smaller than a pixel.
    constexpr size_t side_max = 1 << 24;
    if (rows < 1 || cols < 1 || rows > height || cols > width || std::max(height, width) > side_max) {
        throw nb::value_error("no such size");
    }
    const nb::gil_scoped_release others_may_run;
    const double scale = 1.0 / (1000.0 * static_cast<double>(height) * static_cast<double>(width));
    const std::vector<Edge> down = edges_of(height, rows), across = edges_of(width, cols);
    const UnseenLumaKernel &kernel = kernel_in_use();
    std::vector<uint32_t> sums(width * channels);
    // Two more than there are: what lies before the end, and behind it.
    std::vector<uint64_t> luma(width + 2);
    for (size_t row = 0; row < rows; ++row) {
        const Edge begin = down[row], end = down[row + 1];
        const std::array<uint32_t, 3> weights = {static_cast<uint32_t>(rows - begin.part), static_cast<uint32_t>(rows),
                                                 static_cast<uint32_t>(end.part)};
        const uint8_t *const first = pixels.data() + begin.whole * width * channels;
        kernel.sum_rows(first, sums.size(), end.whole - begin.whole - 1, weights.data(), sums.data());
        (channels == 1 ? kernel.luma_of_grey : kernel.luma_of_rgb)(sums.data(), width, luma.data());
        luma[width] = luma[width + 1] = 0;
        average_row(luma, across, scale, out.data() + row * cols);
    }
}

// Four pixels in one number, so that bilinear sampling looks up one. The memory is kept for the next call: as much is
// slow to get from the system.
const uint32_t *quads_of(const UnseenLumaKernel &kernel, const Luma &luma) {
    thread_local std::vector<uint32_t> quads;
    const size_t height = luma.shape(0), width = luma.shape(1);
    if (quads.size() < height * width) quads.resize(height * width);
    for (size_t y = 0; y < height; ++y) {
        const uint8_t *const here = luma.data() + y * width;
        kernel.make_quads(here, here + (y + 1 < height ? width : 0), width, quads.data() + y * width);
    }
    return quads.data();
}

// A place on the way of a window, brought inside the frame, and how far away it was.
struct Framed {
    float inside, beyond;
    Framed(float place, float length)
        : inside(std::min(std::max(place, 0.0f), length)), beyond(std::fabs(place - inside)) {}
};

void warp(Luma luma, std::array<double, 2> corner, std::array<double, 4> bend, double mean, double keep, Out out) {
    constexpr size_t side_max = 1 << 12;
    constexpr double keep_max = 0.999;
    const size_t height = luma.shape(0), width = luma.shape(1), rows = out.shape(0), cols = out.shape(1);
    if (std::min({height, width, rows, cols}) < 1 || std::max({height, width, rows, cols}) > side_max) {
        throw nb::value_error("no such size");
    }
    const double least_depth = 1 - (std::fabs(bend[2]) * width + std::fabs(bend[3]) * height) / 2;
    const bool is_near = std::fabs(corner[0]) <= 2 * side_max && std::fabs(corner[1]) <= 2 * side_max;
    if (!(least_depth >= 0.5 && is_near && std::fabs(bend[0]) <= 1 && std::fabs(bend[1]) <= 1 && keep >= 0 &&
          keep <= keep_max)) {
        throw nb::value_error("no such warp");
    }
    const nb::gil_scoped_release others_may_run;
    const UnseenLumaKernel &kernel = kernel_in_use();
    const std::vector<float> kept = unseen_fading(static_cast<float>(keep));
    const size_t cols_made = cols + UNSEEN_WARPED_TOGETHER;
    std::vector<float> u(cols_made), x_beyond(cols_made);
    std::vector<uint8_t> made(cols_made);
    const float full_width = static_cast<float>(width), full_height = static_cast<float>(height);
    for (size_t x = 0; x < cols; ++x) {
        const Framed framed(static_cast<float>(corner[0]) + (static_cast<float>(x) + 0.5f), full_width);
        u[x] = framed.inside - 0.5f * full_width;
        x_beyond[x] = framed.beyond;
    }
    const UnseenWarp shared = {quads_of(kernel, luma),
                               kept.data(),
                               u.data(),
                               x_beyond.data(),
                               full_width,
                               full_height,
                               static_cast<float>(bend[0]),
                               static_cast<float>(bend[1]),
                               static_cast<float>(bend[2]),
                               static_cast<float>(bend[3]),
                               static_cast<float>(mean),
                               static_cast<int32_t>(kept.size() - 1),
                               cols};
    for (size_t y = 0; y < rows; ++y) {
        const Framed framed(static_cast<float>(corner[1]) + (static_cast<float>(y) + 0.5f), full_height);
        kernel.warp_row(shared, framed.inside - 0.5f * full_height, framed.beyond, made.data());
        std::copy_n(made.data(), cols, out.data() + y * cols);
    }
}

}  // namespace

void bind_luma(nb::module_ &module) {
    module.def("shrink", shrink, nb::arg("pixels").noconvert(), nb::arg("out").noconvert(),
               "Write the luma of uint8[h, w, 3] or [h, w], averaged over equal parts, to uint8[rows, cols].");
    module.def("warp", warp, nb::arg("luma").noconvert(), nb::arg("corner"), nb::arg("bend"), nb::arg("mean"),
               nb::arg("keep"), nb::arg("out").noconvert(),
               "Write what lies in a window of uint8[h, w] once a turn is undone.");
}
