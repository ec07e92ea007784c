// PDQ with sixteen lanes: AVX-512 with byte permutations and byte dot products (Ice Lake, Zen 4 and later).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // GCC 12 warns of its own header's deliberately undefined vectors
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop

#include "pdq_wave.hpp"

namespace {

struct Lanes512 {
    using V = __m512;
    static constexpr int WIDTH = 16;
    static constexpr __mmask64 LOW_BYTES = 0x5555555555555555;  // of all words

    static V load(const float *at) { return _mm512_load_ps(at); }
    static V loadu(const float *at) { return _mm512_loadu_ps(at); }
    static void store(float *at, V value) { _mm512_store_ps(at, value); }
    static void storeu(float *at, V value) { _mm512_storeu_ps(at, value); }
    static V load_first(const float *at) { return _mm512_castps128_ps512(_mm_load_ss(at)); }
    static void store_first(float *at, V value) { _mm_store_ss(at, _mm512_castps512_ps128(value)); }
    static V zero() { return _mm512_setzero_ps(); }
    static V broadcast(float value) { return _mm512_set1_ps(value); }
    static V add(V a, V b) { return _mm512_add_ps(a, b); }
    static V sub(V a, V b) { return _mm512_sub_ps(a, b); }
    static V mul(V a, V b) { return _mm512_mul_ps(a, b); }
    static V div(V a, V b) { return _mm512_div_ps(a, b); }

    // The correctly rounded quotient sum / count: 1 / count is kept as the sum of two floats, about 2^-49 off, while a
    // quotient of a 24-bit sum lies at least 2^-25 / count (relative) from where its rounding would change.
    static void divisor(int count, float *high, float *low) {
        *high = count == 0 ? 0.0f : static_cast<float>(1.0 / count);
        *low = count == 0 ? 0.0f : static_cast<float>(1.0 / count - static_cast<double>(*high));
    }
    static V mean(V sum, V high, V low) { return _mm512_fmadd_ps(sum, high, _mm512_mul_ps(sum, low)); }

    static V masked(V value, const uint32_t *mask) {
        return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(value), _mm512_loadu_si512(mask)));
    }
    static V next_lane(V value, V next) {
        return _mm512_castsi512_ps(_mm512_alignr_epi32(_mm512_castps_si512(next), _mm512_castps_si512(value), 1));
    }

    // Sixteen floats out of two vectors, from a lane on that is the same for the whole picture.
    struct Straddle {
        __m512i lanes;
        V operator()(const float *first, const float *second) const {
            return _mm512_permutex2var_ps(load(first), lanes, load(second));
        }
    };
    static Straddle straddle(int shift) {
        const __m512i ascending = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
        return {_mm512_add_epi32(ascending, _mm512_set1_epi32(shift))};
    }

    // Sixteen rows of sixteen dwords become sixteen columns.
    static void transpose(__m512i *v) {
        __m512i t[16];
#pragma GCC unroll 8
        for (int i = 0; i < 8; ++i) {
            t[2 * i] = _mm512_unpacklo_epi32(v[2 * i], v[2 * i + 1]);
            t[2 * i + 1] = _mm512_unpackhi_epi32(v[2 * i], v[2 * i + 1]);
        }
#pragma GCC unroll 4
        for (int i = 0; i < 16; i += 4) {
            v[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
            v[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
            v[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
            v[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
        }
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
            const __m512i even_top = _mm512_shuffle_i32x4(v[i], v[i + 4], 0x88);
            const __m512i odd_top = _mm512_shuffle_i32x4(v[i], v[i + 4], 0xdd);
            const __m512i even_low = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0x88);
            const __m512i odd_low = _mm512_shuffle_i32x4(v[i + 8], v[i + 12], 0xdd);
            v[i] = _mm512_shuffle_i32x4(even_top, even_low, 0x88);
            v[i + 8] = _mm512_shuffle_i32x4(even_top, even_low, 0xdd);
            v[i + 4] = _mm512_shuffle_i32x4(odd_top, odd_low, 0x88);
            v[i + 12] = _mm512_shuffle_i32x4(odd_top, odd_low, 0xdd);
        }
    }

    // 299 R + 587 G + 114 B is exact in integers; the weights are split as 16 a + b to fit signed bytes.
    static V luma(__m512i rgb0) {
        const __m512i weights_16 = _mm512_set1_epi32(18 | 36 << 8 | 7 << 16);
        const __m512i weights_1 = _mm512_set1_epi32(11 | 11 << 8 | 2 << 16);
        const __m512i sixteenths = _mm512_dpbusd_epi32(_mm512_setzero_si512(), rgb0, weights_16);
        const __m512i sum = _mm512_dpbusd_epi32(_mm512_slli_epi32(sixteenths, 4), rgb0, weights_1);
        constexpr float high = 0.001f, low = static_cast<float>(0.001 - static_cast<double>(high));
        return mean(_mm512_cvtepi32_ps(sum), broadcast(high), broadcast(low));
    }

    template <int STRIDE>
    static void luma_of_rgb(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        const __m512i spread = _mm512_inserti64x4(
            _mm512_castsi256_si512(_mm256_setr_epi32(0x00020100, 0x00050403, 0x00080706, 0x000b0a09, 0x000e0d0c, 0x0011100f,
                                                     0x00141312, 0x00171615)),
            _mm256_setr_epi32(0x001a1918, 0x001d1c1b, 0x00201f1e, 0x00232221, 0x00262524, 0x00292827, 0x002c2b2a,
                              0x002f2e2d),
            1);
        __m512i v[16];
#pragma GCC unroll 16
        for (int p = 0; p < 16; ++p) {
            // The fourth byte of each dword is whatever; its weight is zero.
            _mm_prefetch(reinterpret_cast<const char *>(rows[p] + offset) + 512, _MM_HINT_T1);
            v[p] = _mm512_permutexvar_epi8(spread, _mm512_loadu_si512(rows[p] + offset));
        }
        transpose(v);
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) store(out + i * STRIDE, luma(v[i]));
    }

    template <int STRIDE>
    static void luma_of_rgb0(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        __m512i v[16];
#pragma GCC unroll 16
        for (int p = 0; p < 16; ++p) v[p] = _mm512_loadu_si512(rows[p] + offset);
        transpose(v);
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) store(out + i * STRIDE, luma(v[i]));
    }

    // What colours add to thirty-two pixels of both rows, in words, in the order of `light_of`.
    struct Colours {
        __m512i red, green, blue;
    };

    // Eight times sixteen colour differences about their middle, each for two pixels.
    static __m512i differences(const uint8_t *at) {
        const __m512i places = _mm512_setr_epi32(0x00000000, 0x00010001, 0x00080008, 0x00090009, 0x00020002, 0x00030003, 0x000a000a, 0x000b000b, 0x00040004, 0x00050005, 0x000c000c, 0x000d000d, 0x00060006, 0x00070007, 0x000e000e, 0x000f000f);
        const __m512i samples = _mm512_castsi128_si512(_mm_loadu_si128(reinterpret_cast<const __m128i *>(at)));
        const __m512i words = _mm512_maskz_permutexvar_epi8(LOW_BYTES, places, samples);
        return _mm512_sub_epi16(_mm512_slli_epi16(words, 3), _mm512_set1_epi16(1024));
    }

    static Colours colours_of(const uint8_t *blues, const uint8_t *reds, const UnseenWeights &weights) {
        const __m512i blue = differences(blues), red = differences(reds);
        return {_mm512_mulhi_epi16(red, _mm512_set1_epi16(weights.red_of_red)),
                _mm512_add_epi16(_mm512_mulhi_epi16(blue, _mm512_set1_epi16(weights.green_of_blue)),
                                 _mm512_mulhi_epi16(red, _mm512_set1_epi16(weights.green_of_red))),
                _mm512_mulhi_epi16(blue, _mm512_set1_epi16(weights.blue_of_blue))};
    }

    // Thirty-two pixels in words: four of the first half, four of the second, and so on, so that after both steps of
    // interleaving, which work on eight each, all lie in their order.
    static void develop(const uint8_t *brightness, const Colours &colours, const UnseenWeights &weights, uint8_t *out) {
        const __m512i places = _mm512_setr_epi32(0x00010000, 0x00030002, 0x00110010, 0x00130012, 0x00050004, 0x00070006, 0x00150014, 0x00170016, 0x00090008, 0x000b000a, 0x00190018, 0x001b001a, 0x000d000c, 0x000f000e, 0x001d001c, 0x001f001e);
        const __m512i samples = _mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(brightness)));
        const __m512i words = _mm512_maskz_permutexvar_epi8(LOW_BYTES, places, samples);
        const __m512i light = _mm512_mulhi_epi16(
            _mm512_sub_epi16(_mm512_slli_epi16(words, 3), _mm512_set1_epi16(weights.black)),
            _mm512_set1_epi16(weights.brightness));
        const __m512i rb = _mm512_packus_epi16(_mm512_add_epi16(light, colours.red), _mm512_add_epi16(light, colours.blue));
        const __m512i g0 = _mm512_packus_epi16(_mm512_add_epi16(light, colours.green), _mm512_setzero_si512());
        const __m512i rg = _mm512_unpacklo_epi8(rb, g0), b0 = _mm512_unpackhi_epi8(rb, g0);
        _mm512_storeu_si512(out, _mm512_unpacklo_epi16(rg, b0));
        _mm512_storeu_si512(out + 64, _mm512_unpackhi_epi16(rg, b0));
    }

    // See `unseen_develop_rows`.
    static void develop_rows(const UnseenPlanes &planes, const UnseenStretch &stretch, uint8_t *out, uint8_t *next) {
        const UnseenStretch::Places from = stretch.in(planes);
        const UnseenWeights weights = planes.weights;  // of its own: what is stored might else be taken to change it
        int x = stretch.first;
        for (; x + 32 <= stretch.last; x += 32) {
            stretch.fetch_below(from, planes, x);
            const Colours colours = colours_of(from.blue + x / 2, from.red + x / 2, weights);
            develop(from.brightness + x, colours, weights, out + 4 * static_cast<ptrdiff_t>(x));
            develop(from.next + x, colours, weights, next + 4 * static_cast<ptrdiff_t>(x));
        }
        unseen_develop_rows(planes, {stretch.row, x, stretch.last}, out, next);
    }

    template <int STRIDE>
    static void luma_of_grey(const uint8_t *const *rows, ptrdiff_t offset, float *out) {
        __m512i v[16];
#pragma GCC unroll 16
        for (int p = 0; p < 16; ++p) {
            v[p] = _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(rows[p] + offset)));
        }
        transpose(v);
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) store(out + i * STRIDE, _mm512_cvtepi32_ps(v[i]));
    }
};

}  // namespace

const UnseenPdqKernel unseen_pdq_avx512 = {wave_scratch_bytes<Lanes512>, wave_downscale<Lanes512>,
                                           wave_transform<Lanes512>};
