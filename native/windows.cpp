// Hashes of many windows of one picture: windows of the same height share what is known of its columns.
#include "windows.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "bindings.hpp"
#include "cpu.hpp"

namespace nb = nanobind;

namespace {

constexpr int CELLS = UNSEEN_CELLS, N = UNSEEN_FREQUENCIES, LANES = UNSEEN_COLUMN_LANES;
// Sums of a picture with longer sides, or that fades later, might not fit.
constexpr size_t SIDE_MAX = 1024;
constexpr double KEEP_MAX = 0.99;

using Luma = nb::ndarray<const uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Windows = nb::ndarray<const double, nb::shape<-1, 4>, nb::c_contig, nb::device::cpu>;
using Hashes = nb::ndarray<uint8_t, nb::shape<-1, UNSEEN_ORIENTATIONS, UNSEEN_WINDOW_BYTES>, nb::c_contig, nb::device::cpu>;
using Coefficients = nb::ndarray<float, nb::shape<-1, N, N>, nb::c_contig, nb::device::cpu>;
using Qualities = nb::ndarray<uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

const UnseenWindowsKernel &kernel_in_use() {
#if defined(__x86_64__)
    if (unseen_isa() == UnseenIsa::avx512) return unseen_windows_avx512;
    if (unseen_isa() == UnseenIsa::avx2) return unseen_windows_avx2;
#endif
    return unseen_windows_portable;
}

// Half of the cosines of the orthonormal 64-point transform; the mean, frequency 0, is left out.
struct Cosines {
    float value[N][CELLS / 2];
    Cosines() {
        const double turn = 3.14159265358979323846 / 2.0 / CELLS;
        for (int i = 0; i < N; ++i) {
            for (int k = 0; k < CELLS / 2; ++k) {
                value[i][k] = static_cast<float>(std::sqrt(2.0 / CELLS) * std::cos(turn * (i + 1) * (2 * k + 1)));
            }
        }
    }
};

// Rows of a picture, or columns: which of them are looked up, first and one past the last.
struct Range {
    int32_t first = INT32_MAX, end = INT32_MIN;
    void include(const UnseenCells &cells) {
        first = std::min(first, cells.begin[0]);
        end = std::max(end, cells.end[CELLS - 1] + 1);
    }
    size_t size() const { return static_cast<size_t>(end - first); }
};

// Where the middles of 64 cells lie that follow each other from `first` on; see UnseenCells. The middle is as wide as
// spreads like two boxes of half a cell.
UnseenCells cells_of(double first, double cell, size_t side, int parts) {
    const double box = std::sqrt(0.5), length = static_cast<double>(side);
    UnseenCells cells;
    for (int k = 0; k < CELLS; ++k) {
        const double begin = first + (k + (0.5 - box / 2)) * cell, end = first + (k + (0.5 + box / 2)) * cell;
        if (!(cell > 0 && begin >= -length && end < 2 * length)) throw nb::value_error("no such window");
        cells.begin[k] = static_cast<int32_t>(std::floor(begin));
        cells.end[k] = static_cast<int32_t>(std::floor(end));
        cells.begin_part[k] = static_cast<float>(begin - std::floor(begin));
        cells.end_part[k] = static_cast<float>(end - std::floor(end));
    }
    cells.scale = static_cast<float>(1.0 / (cell * box * parts));
    return cells;
}

// The same cells, counted from what is the first of a table.
UnseenCells from_first(UnseenCells cells, int32_t first) {
    for (int k = 0; k < CELLS; ++k) cells.begin[k] -= first, cells.end[k] -= first;
    return cells;
}

// A table of running sums over what a range of lines holds, each of so many numbers; beyond the lines there are, the
// outermost fades away. `line(i, out)` gives one of them.
template <class Line>
std::vector<int32_t> sums_over(Range range, int32_t count, size_t width, float keep, Line line) {
    std::vector<int32_t> sums((range.size() + 1) * width), values(width);
    std::vector<float> kept(std::max({1, 1 - range.first, range.end - count + 1}), 1.0f);
    for (size_t distance = 1; distance < kept.size(); ++distance) kept[distance] = kept[distance - 1] * keep;
    for (int32_t at = range.first; at < range.end; ++at) {
        const int32_t inside = std::clamp(at, 0, count - 1);
        line(inside, values.data());
        if (at != inside) {
            for (int32_t &value : values) {
                const float faded = static_cast<float>(value) * kept[std::abs(at - inside)];
                value = static_cast<int32_t>((faded + UNSEEN_ROUNDING) - UNSEEN_ROUNDING);
            }
        }
        const int32_t *const before = sums.data() + static_cast<size_t>(at - range.first) * width;
        int32_t *const after = sums.data() + static_cast<size_t>(at - range.first + 1) * width;
        for (size_t i = 0; i < width; ++i) after[i] = before[i] + values[i];
    }
    return sums;
}

// All windows that are asked for, and what is found of each.
class Looking {
   public:
    Looking(const Luma &luma, const Windows &windows, double mean, double keep)
        : luma_(luma.data()), rows_(luma.shape(0)), cols_(luma.shape(1)), keep_(static_cast<float>(keep)) {
        if (std::min(rows_, cols_) < 1 || std::max(rows_, cols_) > SIDE_MAX) throw nb::value_error("no such size");
        if (!(mean >= 0 && mean <= 255 && keep >= 0 && keep <= KEEP_MAX)) throw nb::value_error("no such fading");
        mean_ = static_cast<int32_t>(std::nearbyint(mean * UNSEEN_PARTS_OF_PIXELS));
        for (size_t n = 0; n < windows.shape(0); ++n) {
            const double *const at = windows.data() + 4 * n;
            across_.push_back(cells_of(at[0], at[1], cols_, UNSEEN_PARTS_OF_COLUMNS));
            down_.push_back({at[2], at[3]});
            range_.include(cells_of(at[2], at[3], rows_, UNSEEN_PARTS_OF_PIXELS));
        }
    }

    // Calls found(number, coefficients, quality) for each window, in no order.
    template <class Found>
    void run(Found found) const {
        if (down_.empty()) return;
        std::vector<size_t> order(down_.size());
        std::iota(order.begin(), order.end(), size_t{0});
        std::sort(order.begin(), order.end(), [this](size_t a, size_t b) { return down_[a] < down_[b]; });
        const std::vector<int32_t> row_sums = sums_of_rows();
        for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
            while (end < order.size() && down_[order[end]] == down_[order[begin]]) ++end;
            run_same_height(row_sums, order.data() + begin, end - begin, found);
        }
    }

   private:
    size_t width() const { return std::max(cols_, static_cast<size_t>(UNSEEN_LANES_MAX)); }

    std::vector<int32_t> sums_of_rows() const {
        return sums_over(range_, static_cast<int32_t>(rows_), width(), keep_, [this](int32_t row, int32_t *out) {
            const uint8_t *const from = luma_ + static_cast<size_t>(row) * cols_;
            for (size_t x = 0; x < cols_; ++x) out[x] = from[x] * UNSEEN_PARTS_OF_PIXELS - mean_;
        });
    }

    template <class Found>
    void run_same_height(const std::vector<int32_t> &row_sums, const size_t *numbers, size_t count, Found found) const {
        static const Cosines cosines;
        const UnseenWindowsKernel &kernel = kernel_in_use();
        const auto [top, height] = down_[numbers[0]];
        const UnseenCells down = from_first(cells_of(top, height, rows_, UNSEEN_PARTS_OF_PIXELS), range_.first);
        std::vector<int32_t> lanes(width() * LANES);
        kernel.columns(row_sums.data(), width(), down, cosines.value, lanes.data());
        Range range;
        for (size_t i = 0; i < count; ++i) range.include(across_[numbers[i]]);
        const std::vector<int32_t> sums =
            sums_over(range, static_cast<int32_t>(cols_), LANES, keep_, [&lanes](int32_t column, int32_t *out) {
                std::copy_n(lanes.data() + static_cast<size_t>(column) * LANES, LANES, out);
            });
        for (size_t i = 0; i < count; ++i) {
            alignas(64) float coefficients[UNSEEN_WINDOW_BITS];
            int quality = 0;
            kernel.window(sums.data(), from_first(across_[numbers[i]], range.first), cosines.value, coefficients, &quality);
            found(numbers[i], coefficients, quality);
        }
    }

    const uint8_t *luma_;
    size_t rows_, cols_;
    float keep_;
    int32_t mean_;
    std::vector<UnseenCells> across_;
    std::vector<std::pair<double, double>> down_;  // top, height of a cell
    Range range_;                                  // of rows
};

void window_hashes(Luma luma, Windows windows, double mean, double keep, Hashes hashes, Qualities qualities) {
    if (hashes.shape(0) != windows.shape(0) || qualities.shape(0) != windows.shape(0)) throw nb::value_error("no room");
    const nb::gil_scoped_release others_may_run;
    Looking(luma, windows, mean, keep).run([&](size_t n, const float *coefficients, int quality) {
        kernel_in_use().hashes(coefficients, hashes.data() + n * UNSEEN_ORIENTATIONS * UNSEEN_WINDOW_BYTES);
        qualities.data()[n] = static_cast<uint8_t>(quality);
    });
}

void window_coefficients(Luma luma, Windows windows, double mean, double keep, Coefficients out, Qualities qualities) {
    if (out.shape(0) != windows.shape(0) || qualities.shape(0) != windows.shape(0)) throw nb::value_error("no room");
    const nb::gil_scoped_release others_may_run;
    Looking(luma, windows, mean, keep).run([&](size_t n, const float *coefficients, int quality) {
        for (int f = 0; f < N; ++f) {
            for (int g = 0; g < N; ++g) out.data()[n * UNSEEN_WINDOW_BITS + f * N + g] = coefficients[g * N + f];
        }
        qualities.data()[n] = static_cast<uint8_t>(quality);
    });
}

}  // namespace

void bind_windows(nb::module_ &module) {
    module.def("window_hashes", window_hashes, nb::arg("luma").noconvert(), nb::arg("windows").noconvert(), nb::arg("mean"),
               nb::arg("keep"), nb::arg("hashes").noconvert(), nb::arg("qualities").noconvert(),
               "Write uint8[n, 8, 32] hashes and uint8[n] qualities of windows float64[n, 4] of uint8[h, w].");
    module.def("window_coefficients", window_coefficients, nb::arg("luma").noconvert(), nb::arg("windows").noconvert(),
               nb::arg("mean"), nb::arg("keep"), nb::arg("out").noconvert(), nb::arg("qualities").noconvert(),
               "Write float32[n, 16, 16] coefficients and uint8[n] qualities.");
}
