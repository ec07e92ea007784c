// PDQ's two box filters as one wave over the picture. Included once per instruction set, which brings its `Lanes`.
//
// The reference filters with running float32 sums, so the sums along a row form one chain of roundings and those down a
// column another: no chain may be cut or reordered. But the rows are independent of each other, and so are the columns.
// Here a band of rows advances together, one row to a lane, each row one column behind the row above it. The column
// sum that a row needs is then the one which the row above had in the step before: a shift by one lane, no transposition.
// Both passes along rows and the first down columns run in this one loop, in registers and in small rings; the picture is
// read once. Only 64 columns leave the second pass along rows, so the second pass down columns is small.
//
// Lanes are in reverse order: lane 0 of the first vector is the lowest row of the band. So the columns of neighbouring
// lanes ascend, and what depends on the column alone can be loaded as it lies in memory.
//
// Nothing is ever skipped at the borders: outside the picture the samples are zero, and adding or subtracting zero does
// not change a float32 sum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "pdq.hpp"

// Internal linkage throughout: the linker must never put one instruction set's copy in place of another's.
namespace {

constexpr int SIDE = UNSEEN_PDQ_SIDE;
constexpr int CHANNELS_MAX = 4;

// One direction of the box filter.
struct Box {
    int length;
    int window;
    int ahead;  // how many samples the running sum has added beyond the one it is the mean of

    explicit Box(int length_) : length(length_), window((length_ + 2 * SIDE - 1) / (2 * SIDE)), ahead((window + 2) / 2 - 1) {}

    // How many samples the sum holds once sample `at` was added (or would have been) and `at - window` subtracted.
    int count(int at) const {
        const int added = at + 1 < length ? at + 1 : length;
        const int subtracted = at + 1 > window ? at + 1 - window : 0;
        return added - subtracted;
    }

    // The sample that stands for part k of 64.
    int centre(int k) const { return static_cast<int>((2 * k + 1) * static_cast<int64_t>(length) / (2 * SIDE)); }
};

// Hands out the parts of one block of scratch memory, each at the start of a cache line.
class Arena {
  public:
    explicit Arena(void *base) : base_(static_cast<char *>(base)) {}

    template <class T>
    T *take(size_t count) {
        T *part = reinterpret_cast<T *>(base_ + used_);
        used_ += (count * sizeof(T) + 63) / 64 * 64;
        return part;
    }
    size_t used() const { return used_; }

  private:
    char *base_;
    size_t used_ = 0;
};

constexpr int power_of_two_from(int least) {
    int power = 1;
    while (power < least) power *= 2;
    return power;
}

template <class Lanes>
class Wave {
    using V = typename Lanes::V;
    static constexpr int W = Lanes::WIDTH;
    static constexpr int GROUPS = 2;  // two independent chains of additions hide each other's latency
    static constexpr int BAND = GROUPS * W;
    // One step in the ring along rows: luma, means after the first two passes, sums of the third; a band's rows each.
    static constexpr int RING_STRIDE = 3 * BAND, TWICE_AT = BAND, SUMS_AT = 2 * BAND;
    // A row's loads may begin this many bytes before it and end this many after it.
    static constexpr int OVERREAD_BYTES = CHANNELS_MAX * (BAND + 2 * W) + 64;

  public:
    Wave(const UnseenPixels &pixels, void *scratch)
        : pixels_(pixels),
          along_(pixels.cols),
          down_(pixels.rows),
          steps_((pixels.cols + 2 * along_.ahead + BAND - 1 + W - 1) / W * W),
          ring_size_(power_of_two_from((along_.window > BAND ? along_.window : BAND) + W)),
          bands_kept_(down_.window / BAND + 1),
          down_ring_size_(power_of_two_from(down_.window + 1)) {
        Arena arena(scratch);
        const size_t padded = static_cast<size_t>(steps_) + 2 * BAND;
        inside_ = arena.template take<uint32_t>(padded) + BAND;
        along_high_ = arena.template take<float>(padded) + BAND;
        along_low_ = arena.template take<float>(padded) + BAND;
        column_sums_ = arena.template take<float>(padded) + BAND;
        ring_ = arena.template take<float>(static_cast<size_t>(ring_size_) * RING_STRIDE);
        band_size_ = padded * BAND;
        bands_ = arena.template take<float>(band_size_ * bands_kept_ + 2 * W) + W;
        picked_ = arena.template take<float>(BAND * SIDE);
        down_ring_ = arena.template take<float>(static_cast<size_t>(down_ring_size_) * SIDE);
        staged_size_ = static_cast<size_t>(pixels.cols) * pixels.channels + 2 * OVERREAD_BYTES;
        staged_ = arena.template take<uint8_t>(staged_size_ * (BAND + 1));
        size_bytes_ = arena.used();
    }

    size_t size_bytes() const { return size_bytes_; }

    void run(float *out) {
        prepare();
        for (int top = 0; top < down_.length + down_.ahead; top += BAND) {
            run_band(top);
            for (int r = 0; r < BAND; ++r) finish_row(top + r - down_.ahead, picked_ + r * SIDE, out);
            if (++slot_ == bands_kept_) slot_ = 0;
        }
        for (int row = finished_; row < down_.length + down_.ahead; ++row) finish_row(row, picked_, out);
    }

  private:
    // Fills the tables by column and empties everything that is read before it is written.
    void prepare() {
        int last = -1;
        for (int c = -BAND; c < steps_ + BAND; ++c) {
            inside_[c] = c >= 0 && c < along_.length ? ~uint32_t{0} : 0;
            const bool is_output = c >= along_.ahead && c < along_.length + along_.ahead;
            const int count = is_output ? along_.count(c) : 0;
            // Nearly all columns have the same count as the one before.
            if (count == last) {
                along_high_[c] = along_high_[c - 1];
                along_low_[c] = along_low_[c - 1];
            } else {
                Lanes::divisor(count, along_high_ + c, along_low_ + c);
            }
            last = count;
        }
        memset(column_sums_ - BAND, 0, (static_cast<size_t>(steps_) + 2 * BAND) * sizeof(float));
        memset(bands_ - W, 0, (band_size_ * bands_kept_ + 2 * W) * sizeof(float));
        memset(staged_, 0, staged_size_);
        memset(column_totals_, 0, sizeof column_totals_);
        for (int j = 0; j < SIDE; ++j) {
            const int at = along_.centre(j) + along_.ahead;
            Lanes::divisor(along_.count(at), picked_high_ + j, picked_low_ + j);
        }
    }

    // Where row `y` can be read with loads that reach over both its ends; near the picture's ends that is a copy, and of a frame
    // where `develop` puts it.
    const uint8_t *row_at(int y, int r) {
        const size_t row_bytes = static_cast<size_t>(pixels_.cols) * pixels_.channels;
        uint8_t *empty = staged_ + OVERREAD_BYTES;
        if (y >= pixels_.rows) return empty;
        if (pixels_.planes != nullptr) return staged_row(r);
        const size_t before = row_bytes * y, size = row_bytes * pixels_.rows;
        const uint8_t *row = pixels_.data + before;
        if (before >= OVERREAD_BYTES && size - before - row_bytes >= OVERREAD_BYTES) return row;
        uint8_t *copy = staged_row(r);
        memcpy(copy, row, row_bytes);
        return copy;
    }

    uint8_t *staged_row(int r) { return staged_ + OVERREAD_BYTES + staged_size_ * (r + 1); }

    // A band of a frame; it stays in the second cache until its steps have read it.
    void develop(int top) {
        for (int r = 0; r < BAND && top + r < pixels_.rows; r += 2) {
            Lanes::develop_rows(*pixels_.planes, {top + r, 0, pixels_.cols}, staged_row(r), staged_row(r + 1));
        }
    }

    // Means along rows of the band so many before this one, at step 0. A band overwrites the oldest in its own place:
    // what it still needs from there lies ahead of what it has written.
    float *band(int back) {
        int slot = slot_ - back;
        if (slot < 0) slot += bands_kept_;
        return bands_ + slot * band_size_ + static_cast<size_t>(BAND) * BAND;
    }

    // What a band's steps share.
    struct Band {
        V down_high[GROUPS], down_low[GROUPS];
        typename Lanes::Straddle straddle;
        const float *here, *older;  // the rows one window above, at step 0: in the same number of bands back, or one more
        float *boxed_rows;
        V row_sum[GROUPS], column_sum[GROUPS], second_sum[GROUPS];
    };

    void run_band(int top) {
        Band now;
        float high[BAND], low[BAND];
        const uint8_t *rows[BAND];
        if (pixels_.planes != nullptr) develop(top);
        for (int p = 0; p < BAND; ++p) {
            const int r = BAND - 1 - p, y = top + r;
            Lanes::divisor(y < down_.length + down_.ahead ? down_.count(y) : 0, high + p, low + p);
            rows[p] = row_at(y, r) - static_cast<ptrdiff_t>(r) * pixels_.channels;
        }
        // The row one window above lies `shift` lanes further and as many steps back, or past the end of its band.
        const int shift = down_.window % BAND, back = down_.window / BAND;
        now.straddle = Lanes::straddle(shift % W);
        now.boxed_rows = band(0);
        now.here = band(back) - static_cast<ptrdiff_t>(shift) * BAND;
        now.older = band(back + 1) + static_cast<ptrdiff_t>(BAND - shift) * BAND;
        for (int g = 0; g < GROUPS; ++g) {
            now.down_high[g] = Lanes::loadu(high + g * W);
            now.down_low[g] = Lanes::loadu(low + g * W);
            now.row_sum[g] = now.column_sum[g] = now.second_sum[g] = Lanes::zero();
        }
        // The steps before the first, which the first ones subtract.
        memset(ring_ + static_cast<size_t>(ring_size_ - along_.window) * RING_STRIDE, 0,
               static_cast<size_t>(along_.window) * RING_STRIDE * sizeof(float));
        int column = 0;
        for (int step = 0; step < steps_; step += W) {
            // Within these bounds every lane is inside the picture and divides by the whole window.
            const bool is_inner = step >= BAND - 1 + along_.window - 1 && step + W <= along_.length;
            float *luma = ring_ + static_cast<size_t>(step & (ring_size_ - 1)) * RING_STRIDE;
            for (int g = 0; g < GROUPS && step < along_.length + BAND; ++g) {
                if (pixels_.channels == 1) {
                    Lanes::template luma_of_grey<RING_STRIDE>(rows + g * W, step, luma + g * W);
                } else if (pixels_.channels == 4) {
                    Lanes::template luma_of_rgb0<RING_STRIDE>(rows + g * W, 4 * static_cast<ptrdiff_t>(step), luma + g * W);
                } else {
                    Lanes::template luma_of_rgb<RING_STRIDE>(rows + g * W, 3 * static_cast<ptrdiff_t>(step), luma + g * W);
                }
            }
            if (!is_inner) mask_luma(luma, step);
            const auto run = shift < W ? is_inner ? run_steps<true, 0> : run_steps<false, 0>
                                       : is_inner ? run_steps<true, 1> : run_steps<false, 1>;
            run(*this, now, step);
            for (; column < SIDE && along_.centre(column) + 2 * along_.ahead + BAND <= step + W; ++column) pick(column);
        }
    }

    void mask_luma(float *luma, int step) {
        for (int i = 0; i < W; ++i) {
            for (int g = 0; g < GROUPS; ++g) {
                float *at = luma + i * RING_STRIDE + g * W;
                Lanes::store(at, Lanes::masked(Lanes::load(at), inside_ + step + i - (BAND - 1) + g * W));
            }
        }
    }

    // IS_INNER: every lane divides by the whole window. FIRST: which vector of `here` holds the first row to subtract.
    template <bool IS_INNER, int FIRST>
    static void run_steps(Wave &wave, Band &band, int first_step) {
        Band now = band;
        float *const ring = wave.ring_, *const column_sums = wave.column_sums_;
        const float *const highs = wave.along_high_, *const lows = wave.along_low_;
        const int ring_mask = wave.ring_size_ - 1, window = wave.along_.window;
        const V inner_high = Lanes::broadcast(highs[window - 1]), inner_low = Lanes::broadcast(lows[window - 1]);
        float *at = ring + static_cast<size_t>(first_step & ring_mask) * RING_STRIDE;
        for (int step = first_step; step < first_step + W; ++step, at += RING_STRIDE) {
            const float *left = ring + static_cast<size_t>((step - window) & ring_mask) * RING_STRIDE;
            const size_t band_at = static_cast<size_t>(step) * BAND;
            const float *here = now.here + band_at, *older = now.older + band_at;
            V boxed[GROUPS], previous[GROUPS + 1];
            for (int g = 0; g < GROUPS; ++g) {
                V sum = Lanes::add(now.row_sum[g], Lanes::load(at + g * W));
                sum = Lanes::sub(sum, Lanes::load(left + g * W));
                now.row_sum[g] = sum;
                const ptrdiff_t c = step - (BAND - 1) + g * W;
                boxed[g] = IS_INNER ? Lanes::mean(sum, inner_high, inner_low)
                                    : Lanes::mean(sum, Lanes::loadu(highs + c), Lanes::loadu(lows + c));
                previous[g] = now.column_sum[g];
            }
            // This row's means go where the oldest band's were; `here` may be them already, so they are stored first.
            for (int g = 0; g < GROUPS; ++g) Lanes::store(now.boxed_rows + band_at + g * W, boxed[g]);
            previous[GROUPS] = Lanes::load_first(column_sums + step);
            for (int g = 0; g < GROUPS; ++g) {
                const int v = g + FIRST;
                const float *first = v < GROUPS ? here + v * W : older + (v - GROUPS) * W;
                const float *second = v + 1 < GROUPS ? here + (v + 1) * W : older + (v + 1 - GROUPS) * W;
                V sum = Lanes::add(Lanes::next_lane(previous[g], previous[g + 1]), boxed[g]);
                sum = Lanes::sub(sum, now.straddle(first, second));
                now.column_sum[g] = sum;
                const V twice = Lanes::mean(sum, now.down_high[g], now.down_low[g]);
                V second_sum = Lanes::add(now.second_sum[g], twice);
                second_sum = Lanes::sub(second_sum, Lanes::load(left + TWICE_AT + g * W));
                now.second_sum[g] = second_sum;
                Lanes::store(at + TWICE_AT + g * W, twice);
                Lanes::store(at + SUMS_AT + g * W, second_sum);
            }
            Lanes::store_first(column_sums + step - (BAND - 1), now.column_sum[0]);
        }
        for (int g = 0; g < GROUPS; ++g) {
            band.row_sum[g] = now.row_sum[g];
            band.column_sum[g] = now.column_sum[g];
            band.second_sum[g] = now.second_sum[g];
        }
    }

    // Takes one of the 64 columns out of the last steps, where its rows lie along a diagonal of the ring.
    void pick(int column) {
        const size_t step = static_cast<size_t>(along_.centre(column)) + 2 * along_.ahead, ring_mask = ring_size_ - 1;
        const float *top_lane = ring_ + SUMS_AT + BAND - 1;
        float *to = picked_ + column;
        for (size_t r = 0; r < BAND; ++r) to[r * SIDE] = top_lane[((step + r) & ring_mask) * RING_STRIDE - r];
    }

    // Second pass down the 64 columns. Past the last row there are no sums to add, only rows to subtract.
    void finish_row(int row, const float *sums, float *out) {
        if (row < 0 || row >= down_.length + down_.ahead) return;
        finished_ = row + 1;
        const int ring_mask = down_ring_size_ - 1;
        float *stored = down_ring_ + static_cast<size_t>(row & ring_mask) * SIDE;
        const float *left = down_ring_ + static_cast<size_t>((row - down_.window) & ring_mask) * SIDE;
        for (int j = 0; j < SIDE; j += W) {
            V total = Lanes::loadu(column_totals_ + j);
            V value = Lanes::zero();
            if (row < down_.length) {
                value = Lanes::mean(Lanes::loadu(sums + j), Lanes::loadu(picked_high_ + j), Lanes::loadu(picked_low_ + j));
                total = Lanes::add(total, value);
            }
            if (row >= down_.window) total = Lanes::sub(total, Lanes::loadu(left + j));
            Lanes::storeu(stored + j, value);
            Lanes::storeu(column_totals_ + j, total);
        }
        for (; out_row_ < SIDE && down_.centre(out_row_) + down_.ahead == row; ++out_row_) {
            const V count = Lanes::broadcast(static_cast<float>(down_.count(row)));
            for (int j = 0; j < SIDE; j += W) {
                Lanes::storeu(out + out_row_ * SIDE + j, Lanes::div(Lanes::loadu(column_totals_ + j), count));
            }
        }
    }

    const UnseenPixels pixels_;
    const Box along_, down_;
    const int steps_;           // of one band: every row passes every column, and the lags of both passes run out
    const int ring_size_;       // steps that the rings along rows hold
    const int bands_kept_;      // how many bands back the first pass down columns subtracts
    const int down_ring_size_;  // rows that the ring of the second pass down columns holds
    int slot_ = 0, finished_ = 0, out_row_ = 0;

    uint32_t *inside_;                           // by column: all ones inside the picture
    float *along_high_, *along_low_;             // by column: divisor of the first pass along rows
    float *column_sums_;                         // by column: running sum down to the band's last row
    float *ring_;                                // by step: see RING_STRIDE
    float *bands_;                               // ring of bands: means along rows, by step, a band's rows each
    float *picked_;                              // a band's rows, 64 columns each: sums of the second pass along rows
    float *down_ring_;                           // ring of rows, 64 columns each
    uint8_t *staged_;                            // an empty row, and room for copies of a band's rows
    size_t band_size_, staged_size_, size_bytes_;
    float column_totals_[SIDE], picked_high_[SIDE], picked_low_[SIDE];
};

template <class Lanes>
size_t wave_scratch_bytes(int rows, int cols) {
    // Any address will do for measuring; pointers may not be derived from a null one.
    return Wave<Lanes>({nullptr, rows, cols, CHANNELS_MAX}, reinterpret_cast<void *>(64)).size_bytes();
}

template <class Lanes>
void wave_downscale(const UnseenPixels &pixels, void *scratch, float *out) {
    Wave<Lanes>(pixels, scratch).run(out);
}

// Both products add their terms in ascending order, as the reference does; the lanes hold independent sums.
template <class Lanes>
void wave_transform(const float *in, const float *matrix, float *out) {
    using V = typename Lanes::V;
    constexpr int N = UNSEEN_PDQ_COEFFICIENTS, W = Lanes::WIDTH;
    float half[N * SIDE], turned[SIDE * N];
    for (int i = 0; i < N; ++i) {
        for (int k = 0; k < SIDE; ++k) turned[k * N + i] = matrix[i * SIDE + k];
        V sums[SIDE / W];
        for (V &sum : sums) sum = Lanes::zero();
        for (int k = 0; k < SIDE; ++k) {
            const V factor = Lanes::broadcast(matrix[i * SIDE + k]);
            for (int j = 0; j < SIDE / W; ++j) {
                sums[j] = Lanes::add(sums[j], Lanes::mul(factor, Lanes::loadu(in + k * SIDE + j * W)));
            }
        }
        for (int j = 0; j < SIDE / W; ++j) Lanes::storeu(half + i * SIDE + j * W, sums[j]);
    }
    for (int i = 0; i < N; ++i) {
        V sums[N / W];
        for (V &sum : sums) sum = Lanes::zero();
        for (int k = 0; k < SIDE; ++k) {
            const V factor = Lanes::broadcast(half[i * SIDE + k]);
            for (int j = 0; j < N / W; ++j) {
                sums[j] = Lanes::add(sums[j], Lanes::mul(factor, Lanes::loadu(turned + k * N + j * W)));
            }
        }
        for (int j = 0; j < N / W; ++j) Lanes::storeu(out + i * N + j * W, sums[j]);
    }
}

}  // namespace
