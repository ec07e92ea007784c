// Exact search with AVX-512: bits are counted by VPOPCNTQ in words of codes, by VPOPCNTW in signatures.
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
                present, _mm512_popcnt_epi16(_mm512_and_si512(difference, ring_mask)), ring_bound);
            if (bucket.own_mask) {
                keep = _mm512_mask_cmple_epi16_mask(keep, _mm512_popcnt_epi16(_mm512_and_si512(difference, own_mask)), own_bound);
            }
            for (unsigned lanes = keep; lanes; lanes &= lanes - 1) {
                const uint32_t lane = static_cast<uint32_t>(__builtin_ctz(lanes));
                out[written++] = static_cast<uint64_t>(b) << 32 | (bucket.begin + i + lane);
            }
        }
    }
    return written;
}

constexpr size_t kTile = kUnseenFamilyTileMax;

// Of four words of eight codes each, those bits that belong to one class.
inline __m512i one_class(const __m512i word[4], unsigned shift) {
    const __m512i mask = _mm512_set1_epi64(kUnseenOneClass);
    __m512i part[4];
    for (int w = 0; w < 4; ++w) part[w] = _mm512_and_si512(_mm512_srli_epi64(word[w], shift), mask);
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
        for (int c = 0; c < 4; ++c) {
            _mm512_storeu_si512(planes + c * kTile + i, one_class(word, kUnseenClassShift[c]));
        }
    }
}

// Differing bits of eight words of a class.
inline __m512i class_bits(const uint64_t *words, __m512i centre) {
    return _mm512_popcnt_epi64(_mm512_xor_si512(_mm512_loadu_si512(words), centre));
}

size_t near(const uint64_t *planes, size_t count, const uint64_t *centre, unsigned bound, uint32_t *out) {
    const __m512i limit = _mm512_set1_epi64(static_cast<long long>(bound) - 96);
    const __m512i middle = _mm512_set1_epi64(0x202020);
    __m512i word[4];
    for (int c = 0; c < 4; ++c) word[c] = _mm512_set1_epi64(static_cast<long long>(centre[c]));
    size_t written = 0;
    for (size_t i = 0; i < count; i += 8) {
        const __m512i fixed = class_bits(planes + i, word[0]);
        const __m512i one = class_bits(planes + kTile + i, word[1]);
        const __m512i two = class_bits(planes + 2 * kTile + i, word[2]);
        const __m512i three = class_bits(planes + 3 * kTile + i, word[3]);
        // min(x, 64 - x) = 32 - |x - 32|, and one instruction sums the absolute differences of bytes.
        const __m512i together = _mm512_or_si512(_mm512_or_si512(one, _mm512_slli_epi64(two, 8)), _mm512_slli_epi64(three, 16));
        const __m512i distance = _mm512_sub_epi64(fixed, _mm512_sad_epu8(together, middle));
        const __mmask8 near_enough = _mm512_cmple_epi64_mask(distance, limit);
        if (__builtin_expect(near_enough == 0, 1)) continue;
        alignas(64) uint64_t distances[8];
        _mm512_store_si512(distances, distance);
        for (unsigned lanes = near_enough; lanes; lanes &= lanes - 1) {
            const size_t lane = static_cast<size_t>(__builtin_ctz(lanes));
            if (i + lane < count) out[written++] = static_cast<uint32_t>((distances[lane] + 96) << 16 | (i + lane));
        }
    }
    return written;
}

constexpr uint32_t kLanes = 32;

struct Conditions {
    __m512i query, own_mask, ring_mask;
    __m512i lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    int own_bound, ring_bound;
    bool has_own;

    explicit Conditions(const UnseenSift &sift)
        : query(_mm512_set1_epi16(static_cast<short>(sift.query_signature))),
          own_mask(_mm512_set1_epi16(static_cast<short>(sift.own_mask))),
          ring_mask(_mm512_set1_epi16(static_cast<short>(sift.ring_mask))),
          own_bound(sift.own_bound),
          ring_bound(sift.ring_bound),
          has_own(sift.own_mask != 0) {}
    size_t take(const uint16_t *signatures, uint32_t begin, uint32_t count, int distance, uint32_t *out) const {
        const __mmask32 present = count < kLanes ? (1u << count) - 1 : ~0u;
        const __m512i difference = _mm512_xor_si512(_mm512_maskz_loadu_epi16(present, signatures), query);
        __mmask32 near =
            _mm512_mask_cmple_epi16_mask(present, _mm512_popcnt_epi16(_mm512_and_si512(difference, ring_mask)),
                                         _mm512_set1_epi16(static_cast<short>(ring_bound - distance)));
        if (has_own) {
            near = _mm512_mask_cmple_epi16_mask(near, _mm512_popcnt_epi16(_mm512_and_si512(difference, own_mask)),
                                                _mm512_set1_epi16(static_cast<short>(own_bound - distance)));
        }
        // Without a branch: one bucket in six has an entry that passes, and nobody could foretell which.
        const __m512i low = _mm512_add_epi32(_mm512_set1_epi32(static_cast<int>(begin)), lanes);
        const __m512i high = _mm512_add_epi32(low, _mm512_set1_epi32(16));
        const unsigned first = near & 0xffff, second = near >> 16;
        _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(static_cast<__mmask16>(first), low));
        const size_t written = static_cast<size_t>(__builtin_popcount(first));
        _mm512_storeu_si512(out + written, _mm512_maskz_compress_epi32(static_cast<__mmask16>(second), high));
        return written + static_cast<size_t>(__builtin_popcount(second));
    }
};

#include "search_sift.inc"

}  // namespace

const UnseenSearchKernels kUnseenSearchAvx512 = {scan, filter, verify, sift, meet, 0.3, kTile, classes, near};
