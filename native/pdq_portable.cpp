// PDQ without any instruction set beyond the compiler's default: four lanes, as SSE2 and NEON have them.
#include "pdq_wave.hpp"

namespace {

struct Lanes128 {
    // GCC's and Clang's own vectors: they become SSE2, NEON or plain code, whatever there is.
    typedef float V __attribute__((vector_size(16)));
    typedef float Unaligned __attribute__((vector_size(16), aligned(4), may_alias));
    typedef int32_t Ints __attribute__((vector_size(16)));
    typedef int32_t UnalignedInts __attribute__((vector_size(16), aligned(4), may_alias));
    static constexpr int WIDTH = 4;

    static V load(const float *at) { return *reinterpret_cast<const Unaligned *>(at); }
    static V loadu(const float *at) { return *reinterpret_cast<const Unaligned *>(at); }
    static void store(float *at, V value) { *reinterpret_cast<Unaligned *>(at) = value; }
    static void storeu(float *at, V value) { *reinterpret_cast<Unaligned *>(at) = value; }
    static V load_first(const float *at) { return V{*at, 0.0f, 0.0f, 0.0f}; }
    static void store_first(float *at, V value) { *at = value[0]; }
    static V zero() { return V{}; }
    static V broadcast(float value) { return V{value, value, value, value}; }
    static V add(V a, V b) { return a + b; }
    static V sub(V a, V b) { return a - b; }
    static V mul(V a, V b) { return a * b; }
    static V div(V a, V b) { return a / b; }

    // Without fused multiplication the division itself is the way to the rounded quotient; infinity makes it zero.
    static void divisor(int count, float *high, float *low) {
        *high = count == 0 ? __builtin_inff() : static_cast<float>(count);
        *low = 0.0f;
    }
    static V mean(V sum, V count, V) { return sum / count; }

    static V masked(V value, const uint32_t *mask) {
        return reinterpret_cast<V>(reinterpret_cast<Ints>(value) & *reinterpret_cast<const UnalignedInts *>(mask));
    }
    static V next_lane(V value, V next) { return V{value[1], value[2], value[3], next[0]}; }

    // Four floats out of two vectors, from a lane on that is the same for the whole picture.
    struct Straddle {
        Ints from_first;
        int shift;
        V operator()(const float *first, const float *second) const {
            const Ints a = reinterpret_cast<Ints>(loadu(first + shift));
            const Ints b = reinterpret_cast<Ints>(loadu(second + shift - WIDTH));
            return reinterpret_cast<V>((a & from_first) | (b & ~from_first));
        }
    };
    static Straddle straddle(int shift) {
        return {Ints{0, 1, 2, 3} < Ints{} + (WIDTH - shift), shift};
    }

    template <int STRIDE>
    static void luma_of_rgb(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        luma_of_channels<STRIDE, 3>(rows, offset, out);
    }

    template <int STRIDE>
    static void luma_of_rgb0(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        luma_of_channels<STRIDE, 4>(rows, offset, out);
    }

    static void develop_rows(const UnseenPlanes &planes, const UnseenStretch &stretch, uint8_t *out, uint8_t *next) {
        unseen_develop_rows(planes, stretch, out, next);
    }

    template <int STRIDE, int CHANNELS>
    static void luma_of_channels(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        for (int i = 0; i < WIDTH; ++i) {
            float sums[WIDTH];
            for (int p = 0; p < WIDTH; ++p) {
                const uint8_t *rgb = rows[p] + offset + CHANNELS * i;
                sums[p] = static_cast<float>(299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]);
            }
            store(out + i * STRIDE, loadu(sums) / broadcast(1000.0f));
        }
    }

    template <int STRIDE>
    static void luma_of_grey(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        for (int i = 0; i < WIDTH; ++i) {
            for (int p = 0; p < WIDTH; ++p) out[i * STRIDE + p] = static_cast<float>(rows[p][offset + i]);
        }
    }
};

}  // namespace

const UnseenPdqKernel unseen_pdq_portable = {wave_scratch_bytes<Lanes128>, wave_downscale<Lanes128>,
                                             wave_transform<Lanes128>};
