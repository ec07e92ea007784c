// PDQ with eight lanes: AVX2 and FMA (Haswell, Zen and later).
#include <immintrin.h>

#include "pdq_wave.hpp"

namespace {

struct Lanes256 {
    using V = __m256;
    static constexpr int WIDTH = 8;

    static V load(const float *at) { return _mm256_load_ps(at); }
    static V loadu(const float *at) { return _mm256_loadu_ps(at); }
    static void store(float *at, V value) { _mm256_store_ps(at, value); }
    static void storeu(float *at, V value) { _mm256_storeu_ps(at, value); }
    static V load_first(const float *at) { return _mm256_castps128_ps256(_mm_load_ss(at)); }
    static void store_first(float *at, V value) { _mm_store_ss(at, _mm256_castps256_ps128(value)); }
    static V zero() { return _mm256_setzero_ps(); }
    static V broadcast(float value) { return _mm256_set1_ps(value); }
    static V add(V a, V b) { return _mm256_add_ps(a, b); }
    static V sub(V a, V b) { return _mm256_sub_ps(a, b); }
    static V mul(V a, V b) { return _mm256_mul_ps(a, b); }
    static V div(V a, V b) { return _mm256_div_ps(a, b); }

    // The correctly rounded quotient sum / count: 1 / count is kept as the sum of two floats, about 2^-49 off, while a
    // quotient of a 24-bit sum lies at least 2^-25 / count (relative) from where its rounding would change.
    static void divisor(int count, float *high, float *low) {
        *high = count == 0 ? 0.0f : static_cast<float>(1.0 / count);
        *low = count == 0 ? 0.0f : static_cast<float>(1.0 / count - static_cast<double>(*high));
    }
    static V mean(V sum, V high, V low) { return _mm256_fmadd_ps(sum, high, _mm256_mul_ps(sum, low)); }

    static V masked(V value, const uint32_t *mask) {
        return _mm256_and_ps(value, _mm256_loadu_ps(reinterpret_cast<const float *>(mask)));
    }
    static V next_lane(V value, V next) {
        return _mm256_permutevar8x32_ps(_mm256_blend_ps(value, next, 1), _mm256_setr_epi32(1, 2, 3, 4, 5, 6, 7, 0));
    }

    // Eight floats out of two vectors, from a lane on that is the same for the whole picture.
    struct Straddle {
        V from_first;
        int shift;
        V operator()(const float *first, const float *second) const {
            return _mm256_blendv_ps(loadu(second + shift - WIDTH), loadu(first + shift), from_first);
        }
    };
    static Straddle straddle(int shift) {
        const __m256i ascending = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return {_mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32(WIDTH - shift), ascending)), shift};
    }

    // Eight rows of eight dwords become eight columns.
    static void transpose(__m256i *v) {
        __m256i t[8];
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
            t[2 * i] = _mm256_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
            t[2 * i + 1] = _mm256_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
        }
#pragma GCC unroll 2
        for (int i = 0; i < 8; i += 4) {
            v[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
            v[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
            v[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
            v[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
        }
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
            const __m256i top = v[i], low = v[i + 4];
            v[i] = _mm256_permute2x128_si256(top, low, 0x20);
            v[i + 4] = _mm256_permute2x128_si256(top, low, 0x31);
        }
    }

    // 299 R + 587 G + 114 B is exact in integers; the weights are split as 16 a + b to fit signed bytes.
    static V luma(__m256i rgb0) {
        const __m256i weights_16 = _mm256_set1_epi32(18 | 36 << 8 | 7 << 16);
        const __m256i weights_1 = _mm256_set1_epi32(11 | 11 << 8 | 2 << 16);
        const __m256i sixteenths = _mm256_maddubs_epi16(rgb0, weights_16);
        const __m256i ones = _mm256_maddubs_epi16(rgb0, weights_1);
        const __m256i sum = _mm256_add_epi32(_mm256_madd_epi16(sixteenths, _mm256_set1_epi16(16)),
                                             _mm256_madd_epi16(ones, _mm256_set1_epi16(1)));
        constexpr float high = 0.001f, low = static_cast<float>(0.001 - static_cast<double>(high));
        return mean(_mm256_cvtepi32_ps(sum), broadcast(high), broadcast(low));
    }

    template <int STRIDE>
    static void luma_of_rgb(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        const __m256i spread =
            _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
        __m256i v[8];
#pragma GCC unroll 8
        for (int p = 0; p < 8; ++p) {
            _mm_prefetch(reinterpret_cast<const char *>(rows[p] + offset) + 512, _MM_HINT_T1);
            const __m128i *at = reinterpret_cast<const __m128i *>(rows[p] + offset);
            const __m128i *next = reinterpret_cast<const __m128i *>(rows[p] + offset + 12);
            const __m256i both = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(at)), _mm_loadu_si128(next), 1);
            v[p] = _mm256_shuffle_epi8(both, spread);
        }
        transpose(v);
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i) store(out + i * STRIDE, luma(v[i]));
    }

    template <int STRIDE>
    static void luma_of_rgb0(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        __m256i v[8];
#pragma GCC unroll 8
        for (int p = 0; p < 8; ++p) v[p] = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(rows[p] + offset));
        transpose(v);
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i) store(out + i * STRIDE, luma(v[i]));
    }

    // What colours add to sixteen pixels of both rows, in words.
    struct Colours {
        __m256i red, green, blue;
    };

    // Eight times eight colour differences about their middle, each for two pixels.
    static __m256i differences(const uint8_t *at) {
        const __m256i once = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(at)));
        const __m256i twice = _mm256_or_si256(once, _mm256_slli_epi32(once, 16));
        return _mm256_sub_epi16(_mm256_slli_epi16(twice, 3), _mm256_set1_epi16(1024));
    }

    static Colours colours_of(const uint8_t *blues, const uint8_t *reds, const UnseenWeights &weights) {
        const __m256i blue = differences(blues), red = differences(reds);
        return {_mm256_mulhi_epi16(red, _mm256_set1_epi16(weights.red_of_red)),
                _mm256_add_epi16(_mm256_mulhi_epi16(blue, _mm256_set1_epi16(weights.green_of_blue)),
                                 _mm256_mulhi_epi16(red, _mm256_set1_epi16(weights.green_of_red))),
                _mm256_mulhi_epi16(blue, _mm256_set1_epi16(weights.blue_of_blue))};
    }

    static void develop(const uint8_t *brightness, const Colours &colours, const UnseenWeights &weights, uint8_t *out) {
        const __m256i words = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(brightness)));
        const __m256i light = _mm256_mulhi_epi16(
            _mm256_sub_epi16(_mm256_slli_epi16(words, 3), _mm256_set1_epi16(weights.black)),
            _mm256_set1_epi16(weights.brightness));
        const __m256i rb = _mm256_packus_epi16(_mm256_add_epi16(light, colours.red), _mm256_add_epi16(light, colours.blue));
        const __m256i g0 = _mm256_packus_epi16(_mm256_add_epi16(light, colours.green), _mm256_setzero_si256());
        const __m256i rg = _mm256_unpacklo_epi8(rb, g0), b0 = _mm256_unpackhi_epi8(rb, g0);
        const __m256i low = _mm256_unpacklo_epi16(rg, b0), high = _mm256_unpackhi_epi16(rg, b0);
        __m256i *to = reinterpret_cast<__m256i *>(out);
        _mm256_storeu_si256(to, _mm256_permute2x128_si256(low, high, 0x20));
        _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(low, high, 0x31));
    }

    // See `unseen_develop_rows`.
    static void develop_rows(const UnseenPlanes &planes, const UnseenStretch &stretch, uint8_t *out, uint8_t *next) {
        const UnseenStretch::Places from = stretch.in(planes);
        const UnseenWeights weights = planes.weights;  // of its own: what is stored might else be taken to change it
        int x = stretch.first;
        for (; x + 16 <= stretch.last; x += 16) {
            stretch.fetch_below(from, planes, x);
            const Colours colours = colours_of(from.blue + x / 2, from.red + x / 2, weights);
            develop(from.brightness + x, colours, weights, out + 4 * static_cast<ptrdiff_t>(x));
            develop(from.next + x, colours, weights, next + 4 * static_cast<ptrdiff_t>(x));
        }
        unseen_develop_rows(planes, {stretch.row, x, stretch.last}, out, next);
    }

    template <int STRIDE>
    static void luma_of_grey(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        __m256i v[8];
#pragma GCC unroll 8
        for (int p = 0; p < 8; ++p) {
            v[p] = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i *>(rows[p] + offset)));
        }
        transpose(v);
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i) store(out + i * STRIDE, _mm256_cvtepi32_ps(v[i]));
    }
};

}  // namespace

const UnseenPdqKernel unseen_pdq_avx2 = {wave_scratch_bytes<Lanes256>, wave_downscale<Lanes256>, wave_transform<Lanes256>};
