// Exact search with AVX-512: bits of 64-bit words are counted by VPOPCNTQ, of 16-bit signatures by a byte shuffle.
#include <immintrin.h>

#include "search_kernels.hpp"

namespace {

#include "search_verify.inc"

// Unpacking two rows of four codes leaves the eight codes in this order of lanes.
constexpr size_t kLane[8] = {0, 2, 4, 6, 1, 3, 5, 7};

struct Query {
    __m512i word[4];
};

inline __m512i word_pair_distance(__m512i first, __m512i second, __m512i query_first, __m512i query_second) {
    return _mm512_add_epi64(_mm512_popcnt_epi64(_mm512_xor_si512(first, query_first)),
                            _mm512_popcnt_epi64(_mm512_xor_si512(second, query_second)));
}

// Writes the matches of one query among the eight codes at `i`, whose heads differ by `part`.
inline size_t settle(const uint64_t *tails, size_t i, size_t count, uint64_t first_key, const Query &query, __m512i part,
                     __m512i limit, uint64_t *out) {
    const __m512i low = _mm512_loadu_si512(tails + 2 * i);
    const __m512i high = _mm512_loadu_si512(tails + 2 * i + 8);
    const __m512i whole =
        _mm512_add_epi64(part, word_pair_distance(_mm512_unpacklo_epi64(low, high), _mm512_unpackhi_epi64(low, high),
                                                  query.word[2], query.word[3]));
    const unsigned near = _mm512_cmple_epu64_mask(whole, limit);
    if (!near) return 0;
    alignas(64) uint64_t distance[8];
    _mm512_store_si512(distance, whole);
    size_t written = 0;
    for (size_t place = 0; place < 8 && i + place < count; ++place) {
        const size_t lane = kLane[place];
        if (near >> lane & 1) out[written++] = first_key + (distance[lane] << kUnseenDistanceShift) + i + place;
    }
    return written;
}

template <int kQueries>
size_t scan_group(const uint64_t *heads, const uint64_t *tails, uint32_t first_entry, size_t count,
                  const uint64_t (*queries)[4], unsigned radius, uint64_t *out) {
    const __m512i limit = _mm512_set1_epi64(static_cast<long long>(radius));
    Query group[kQueries];
    for (int q = 0; q < kQueries; ++q) {
        for (int w = 0; w < 4; ++w) group[q].word[w] = _mm512_set1_epi64(static_cast<long long>(queries[q][w]));
    }
    size_t written = 0;
    for (size_t i = 0; i < count; i += 8) {
        const __m512i low = _mm512_loadu_si512(heads + 2 * i);
        const __m512i high = _mm512_loadu_si512(heads + 2 * i + 8);
        const __m512i first = _mm512_unpacklo_epi64(low, high);
        const __m512i second = _mm512_unpackhi_epi64(low, high);
        for (int q = 0; q < kQueries; ++q) {
            const __m512i part = word_pair_distance(first, second, group[q].word[0], group[q].word[1]);
            if (__builtin_expect(_mm512_cmple_epu64_mask(part, limit) == 0, 1)) continue;
            const uint64_t first_key = (static_cast<uint64_t>(q) << kUnseenQueryShift) + first_entry;
            written += settle(tails, i, count, first_key, group[q], part, limit, out + written);
        }
    }
    return written;
}

size_t scan(const uint64_t *heads, const uint64_t *tails, uint32_t first_entry, size_t count,
            const uint64_t (*queries)[4], size_t query_count, unsigned radius, uint64_t *out) {
    switch (query_count) {
        case 1: return scan_group<1>(heads, tails, first_entry, count, queries, radius, out);
        case 2: return scan_group<2>(heads, tails, first_entry, count, queries, radius, out);
        case 3: return scan_group<3>(heads, tails, first_entry, count, queries, radius, out);
        default: return scan_group<4>(heads, tails, first_entry, count, queries, radius, out);
    }
}

inline __m512i bits_per_word(__m512i value) {
    const __m512i table =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    const __m512i nibble = _mm512_set1_epi8(0x0f);
    const __m512i low = _mm512_shuffle_epi8(table, _mm512_and_si512(value, nibble));
    const __m512i high = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(value, 4), nibble));
    return _mm512_maddubs_epi16(_mm512_add_epi8(low, high), _mm512_set1_epi8(1));
}

size_t filter(const UnseenBucket *buckets, size_t count, uint64_t *out) {
    size_t written = 0;
    for (size_t b = 0; b < count; ++b) {
        const UnseenBucket &bucket = buckets[b];
        const __m512i query = _mm512_set1_epi16(static_cast<short>(bucket.query_signature));
        const __m512i own_mask = _mm512_set1_epi16(static_cast<short>(bucket.own_mask));
        const __m512i ring_mask = _mm512_set1_epi16(static_cast<short>(bucket.ring_mask));
        const __m512i own_bound = _mm512_set1_epi16(bucket.own_bound);
        const __m512i ring_bound = _mm512_set1_epi16(bucket.ring_bound);
        for (uint32_t i = 0; i < bucket.count; i += 32) {
            const uint32_t left = bucket.count - i;
            const __mmask32 present = left < 32 ? (1u << left) - 1 : ~0u;
            const __m512i difference =
                _mm512_xor_si512(_mm512_maskz_loadu_epi16(present, bucket.signatures + i), query);
            __mmask32 keep = _mm512_mask_cmple_epi16_mask(
                present, bits_per_word(_mm512_and_si512(difference, ring_mask)), ring_bound);
            if (bucket.own_mask) {
                keep = _mm512_mask_cmple_epi16_mask(keep, bits_per_word(_mm512_and_si512(difference, own_mask)), own_bound);
            }
            for (unsigned lanes = keep; lanes; lanes &= lanes - 1) {
                const uint32_t lane = static_cast<uint32_t>(__builtin_ctz(lanes));
                out[written++] = static_cast<uint64_t>(b) << 32 | (bucket.begin + i + lane);
            }
        }
    }
    return written;
}

// Of four words of eight codes each, those bits that belong to one class.
template <unsigned kShift>
inline __m512i one_class(const __m512i word[4]) {
    const __m512i mask = _mm512_set1_epi64(kUnseenOneClass);
    __m512i part[4];
    for (int w = 0; w < 4; ++w) part[w] = _mm512_and_si512(_mm512_srli_epi64(word[w], kShift), mask);
    const __m512i low = _mm512_or_si512(part[0], _mm512_slli_epi64(part[1], 1));
    const __m512i high = _mm512_or_si512(part[2], _mm512_slli_epi64(part[3], 1));
    return _mm512_or_si512(low, _mm512_slli_epi64(high, 16));
}

void classes(const uint64_t *heads, const uint64_t *tails, size_t count, uint64_t *planes) {
    const __m512i firsts = _mm512_setr_epi64(0, 2, 4, 6, 8, 10, 12, 14);
    const __m512i seconds = _mm512_setr_epi64(1, 3, 5, 7, 9, 11, 13, 15);
    for (size_t i = 0; i < count; i += 8) {
        __m512i word[4];
        for (int half = 0; half < 2; ++half) {
            const uint64_t *plane = (half ? tails : heads) + 2 * i;
            const __m512i low = _mm512_loadu_si512(plane), high = _mm512_loadu_si512(plane + 8);
            word[2 * half] = _mm512_permutex2var_epi64(low, firsts, high);
            word[2 * half + 1] = _mm512_permutex2var_epi64(low, seconds, high);
        }
        _mm512_storeu_si512(planes + i, one_class<kUnseenClassShift[0]>(word));
        _mm512_storeu_si512(planes + kUnseenFamilyTile + i, one_class<kUnseenClassShift[1]>(word));
        _mm512_storeu_si512(planes + 2 * kUnseenFamilyTile + i, one_class<kUnseenClassShift[2]>(word));
        _mm512_storeu_si512(planes + 3 * kUnseenFamilyTile + i, one_class<kUnseenClassShift[3]>(word));
    }
}

// Differing bits of eight words of a class whose bits may all be flipped. Counts need no more than a byte.
inline __m512i least_of_class(const uint64_t *words, __m512i centre) {
    const __m512i bits = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(words), centre));
    return _mm512_min_epu8(bits, _mm512_sub_epi8(_mm512_set1_epi64(64), bits));
}

size_t near(const uint64_t *planes, size_t count, const uint64_t *centre, unsigned bound, uint32_t *out) {
    const __m512i limit = _mm512_set1_epi64(static_cast<long long>(bound));
    __m512i word[4];
    for (int c = 0; c < 4; ++c) word[c] = _mm512_set1_epi64(static_cast<long long>(centre[c]));
    size_t written = 0;
    for (size_t i = 0; i < count; i += 8) {
        const __m512i fixed = _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(planes + i), word[0]));
        const __m512i one = least_of_class(planes + kUnseenFamilyTile + i, word[1]);
        const __m512i two = least_of_class(planes + 2 * kUnseenFamilyTile + i, word[2]);
        const __m512i three = least_of_class(planes + 3 * kUnseenFamilyTile + i, word[3]);
        const __m512i distance = _mm512_add_epi64(_mm512_add_epi64(fixed, one), _mm512_add_epi64(two, three));
        const __mmask8 near_enough = _mm512_cmple_epu64_mask(distance, limit);
        if (__builtin_expect(near_enough == 0, 1)) continue;
        alignas(64) uint64_t distances[8];
        _mm512_store_si512(distances, distance);
        for (unsigned lanes = near_enough; lanes; lanes &= lanes - 1) {
            const size_t lane = static_cast<size_t>(__builtin_ctz(lanes));
            if (i + lane < count) out[written++] = static_cast<uint32_t>(distances[lane] << 16 | (i + lane));
        }
    }
    return written;
}

}  // namespace

const UnseenSearchKernels kUnseenSearchAvx512 = {scan, filter, verify, classes, near};
