// Hashes of many windows of one picture: windows of the same height share what is known of its columns.
#include "windows.hpp"

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>
#include <vector>

#include "bindings.hpp"
#include "cpu.hpp"
#include "fading.hpp"

namespace nb = nanobind;

namespace {

constexpr int CELLS = UNSEEN_CELLS, N = UNSEEN_FREQUENCIES;
// Sums of a picture with longer sides, or that fades later, might not fit.
constexpr size_t SIDE_MAX = 1024;
constexpr double KEEP_MAX = 0.99;

using Luma = nb::ndarray<const uint8_t, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Windows = nb::ndarray<const double, nb::shape<-1, 4>, nb::c_contig, nb::device::cpu>;
using Hashes =
    nb::ndarray<uint8_t, nb::shape<-1, UNSEEN_ORIENTATIONS, UNSEEN_WINDOW_BYTES>, nb::c_contig, nb::device::cpu>;
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

// The whole number below; of small numbers, without a call.
int32_t whole_below(double place) {
    const int32_t towards_zero = static_cast<int32_t>(place);
    return towards_zero - (place < towards_zero ? 1 : 0);
}

// Where the middles of 64 cells lie that follow each other from `first` on, counted from the first line of a table; see
// UnseenCells. The middle is so wide that it spreads as two boxes of half a cell do.
UnseenCells cells_of(double first, double cell, int32_t origin, int parts) {
    const double box = std::sqrt(0.5);
    UnseenCells cells;
    for (int k = 0; k < CELLS; ++k) {
        const double begin = first + (k + (0.5 - box / 2)) * cell, end = first + (k + (0.5 + box / 2)) * cell;
        const int32_t begin_whole = whole_below(begin), end_whole = whole_below(end);
        cells.begin[k] = begin_whole - origin;
        cells.end[k] = end_whole - origin;
        cells.begin_part[k] = static_cast<float>(begin - begin_whole);
        cells.end_part[k] = static_cast<float>(end - end_whole);
    }
    cells.scale = static_cast<float>(1.0 / (cell * box * parts));
    return cells;
}

// Rows of a picture, or columns: which of them are looked up, first and one past the last.
struct Range {
    int32_t first = INT32_MAX, end = INT32_MIN;
    void include(double from, double cell) {
        first = std::min(first, whole_below(from));
        end = std::max(end, whole_below(from + CELLS * cell) + 2);
    }
    size_t size() const { return static_cast<size_t>(end - first); }
};

// Memory that is written before it is read, and kept for the next call: large tables are slow to get from the system.
class Table {
   public:
    int32_t *of(size_t size) {
        if (values_.size() < size) values_.resize(size);
        return values_.data();
    }

   private:
    std::vector<int32_t> values_;
};

// Running sums over a range of lines, each of so many numbers; beyond the lines there are, the outermost fades away.
// `add(i, before, after)` adds one of them.
template <class Add>
const int32_t *sums_over(Range range, int32_t count, size_t width, const std::vector<float> &kept, Table &table,
                         Add add) {
    int32_t *const sums = table.of((range.size() + 1) * width);
    std::fill_n(sums, width, 0);
    for (int32_t at = range.first; at < range.end; ++at) {
        const int32_t inside = std::clamp(at, 0, count - 1);
        const int32_t *const before = sums + static_cast<size_t>(at - range.first) * width;
        int32_t *const after = sums + static_cast<size_t>(at - range.first + 1) * width;
        add(inside, before, after);
        if (at == inside) continue;
        const float left = kept[std::min<size_t>(std::abs(at - inside), kept.size() - 1)];
        for (size_t i = 0; i < width; ++i) {
            const float faded = static_cast<float>(after[i] - before[i]) * left;
            after[i] = before[i] + static_cast<int32_t>((faded + UNSEEN_ROUNDING) - UNSEEN_ROUNDING);
        }
    }
    return sums;
}

// Left and top of a window, and the width and height of its cells, in pixels.
struct Window {
    double left, width, top, height;
    bool is_before(const Window &other) const { return std::tie(top, height) < std::tie(other.top, other.height); }
};

// All windows that are asked for, and what is found of each.
class Looking {
   public:
    // With qualities there are more lanes to look up.
    Looking(const Luma &luma, const Windows &windows, double mean, double keep, bool has_qualities)
        : luma_(luma.data()),
          rows_(luma.shape(0)),
          cols_(luma.shape(1)),
          lane_count_(has_qualities ? UNSEEN_COLUMN_LANES : N) {
        if (std::min(rows_, cols_) < 1 || std::max(rows_, cols_) > SIDE_MAX) throw nb::value_error("no such size");
        if (!(mean >= 0 && mean <= 255 && keep >= 0 && keep <= KEEP_MAX)) throw nb::value_error("no such fading");
        kept_ = unseen_fading(static_cast<float>(keep));
        mean_ = static_cast<int32_t>(std::nearbyint(mean * UNSEEN_PARTS_OF_PIXELS));
        windows_.resize(windows.shape(0));
        for (size_t n = 0; n < windows_.size(); ++n) {
            const double *const at = windows.data() + 4 * n;
            windows_[n] = {at[0], at[1], at[2], at[3]};
            check(at[0], at[1], static_cast<double>(cols_));
            check(at[2], at[3], static_cast<double>(rows_));
        }
    }

    // Calls found(number, coefficients, quality) for each window, in no order.
    template <class Found>
    void run(Found found) const {
        thread_local Table row_table;
        std::vector<size_t> order(windows_.size());
        std::iota(order.begin(), order.end(), size_t{0});
        std::sort(order.begin(), order.end(),
                  [this](size_t a, size_t b) { return windows_[a].is_before(windows_[b]); });
        Range range;
        for (const Window &window : windows_) range.include(window.top, window.height);
        if (order.empty()) return;
        const int32_t *const row_sums =
            sums_over(range, static_cast<int32_t>(rows_), width(), kept_, row_table,
                      [this](int32_t row, auto *before, auto *after) {
                          std::fill(after + cols_, after + width(), 0);
                          kernel_.add_pixels(luma_ + static_cast<size_t>(row) * cols_, cols_, mean_, before, after);
                      });
        for (size_t begin = 0, end = 0; begin < order.size(); begin = end) {
            while (end < order.size() && !windows_[order[begin]].is_before(windows_[order[end]])) ++end;
            run_same_height(row_sums, range.first, order.data() + begin, end - begin, found);
        }
    }

   private:
    static void check(double first, double cell, double side) {
        if (!(cell > 0 && first >= -side && first + CELLS * cell <= 2 * side)) throw nb::value_error("no such window");
    }

    size_t width() const { return std::max(cols_, static_cast<size_t>(UNSEEN_LANES_MAX)); }

    template <class Found>
    void run_same_height(const int32_t *row_sums, int32_t first_row, const size_t *numbers, size_t count,
                         Found found) const {
        static const Cosines cosines;
        thread_local Table lane_table, column_table;
        const Window &any = windows_[numbers[0]];
        int32_t *const lanes = lane_table.of(width() * lane_count_);
        kernel_.columns(row_sums, width(), cells_of(any.top, any.height, first_row, UNSEEN_PARTS_OF_PIXELS),
                        cosines.value, lane_count_, lanes);
        Range range;
        for (size_t i = 0; i < count; ++i) range.include(windows_[numbers[i]].left, windows_[numbers[i]].width);
        const int32_t *const sums = sums_over(range, static_cast<int32_t>(cols_), lane_count_, kept_, column_table,
                                              [=](int32_t column, auto *before, auto *after) {
                                                  kernel_.add_lanes(lanes + static_cast<size_t>(column) * lane_count_,
                                                                    lane_count_, before, after);
                                              });
        for (size_t i = 0; i < count; ++i) {
            const Window &window = windows_[numbers[i]];
            alignas(64) float coefficients[UNSEEN_WINDOW_BITS];
            int quality = 0;
            kernel_.window(sums, cells_of(window.left, window.width, range.first, UNSEEN_PARTS_OF_COLUMNS),
                           cosines.value, lane_count_, coefficients, &quality);
            found(numbers[i], coefficients, quality);
        }
    }

    const UnseenWindowsKernel &kernel_ = kernel_in_use();
    const uint8_t *luma_;
    size_t rows_, cols_;
    int lane_count_;
    int32_t mean_;
    std::vector<float> kept_;
    std::vector<Window> windows_;
};

void window_hashes(Luma luma, Windows windows, double mean, double keep, Hashes hashes, Qualities qualities) {
    if (hashes.shape(0) != windows.shape(0) || qualities.shape(0) != windows.shape(0)) throw nb::value_error("no room");
    const nb::gil_scoped_release others_may_run;
    Looking(luma, windows, mean, keep, true).run([&](size_t n, const float *coefficients, int quality) {
        kernel_in_use().hashes(coefficients, hashes.data() + n * UNSEEN_ORIENTATIONS * UNSEEN_WINDOW_BYTES);
        qualities.data()[n] = static_cast<uint8_t>(quality);
    });
}

void window_coefficients(Luma luma, Windows windows, double mean, double keep, Coefficients out) {
    if (out.shape(0) != windows.shape(0)) throw nb::value_error("no room");
    const nb::gil_scoped_release others_may_run;
    Looking(luma, windows, mean, keep, false).run([&](size_t n, const float *coefficients, int) {
        for (int f = 0; f < N; ++f) {
            for (int g = 0; g < N; ++g) out.data()[n * UNSEEN_WINDOW_BITS + f * N + g] = coefficients[g * N + f];
        }
    });
}

}  // namespace

void bind_windows(nb::module_ &module) {
    module.def("window_hashes", window_hashes, nb::arg("luma").noconvert(), nb::arg("windows").noconvert(),
               nb::arg("mean"), nb::arg("keep"), nb::arg("hashes").noconvert(), nb::arg("qualities").noconvert(),
               "Write uint8[n, 8, 32] hashes and uint8[n] qualities of windows float64[n, 4] of uint8[h, w].");
    module.def("window_coefficients", window_coefficients, nb::arg("luma").noconvert(), nb::arg("windows").noconvert(),
               nb::arg("mean"), nb::arg("keep"), nb::arg("out").noconvert(), "Write float32[n, 16, 16] coefficients.");
}
