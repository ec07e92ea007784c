// Exact search with AVX2: bits are counted by looking up nibbles with a byte shuffle (Mula's method).
#include <immintrin.h>

#include <cstring>

#include "search_kernels.hpp"

namespace {

#include "search_verify.inc"

inline __m256i bits_per_byte(__m256i value) {
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                           0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i nibble = _mm256_set1_epi8(0x0f);
    const __m256i low = _mm256_shuffle_epi8(table, _mm256_and_si256(value, nibble));
    const __m256i high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(value, 4), nibble));
    return _mm256_add_epi8(low, high);
}

// Distances on one plane of four codes, in the order 0, 2, 1, 3.
inline __m256i distances(const uint64_t *plane, __m256i query) {
    const __m256i *rows = reinterpret_cast<const __m256i *>(plane);
    const __m256i zero = _mm256_setzero_si256();
    const __m256i first = bits_per_byte(_mm256_xor_si256(_mm256_loadu_si256(rows), query));
    const __m256i second = bits_per_byte(_mm256_xor_si256(_mm256_loadu_si256(rows + 1), query));
    const __m256i words_a = _mm256_sad_epu8(first, zero);
    const __m256i words_b = _mm256_sad_epu8(second, zero);
    return _mm256_add_epi64(_mm256_unpacklo_epi64(words_a, words_b), _mm256_unpackhi_epi64(words_a, words_b));
}

inline __m256i twice(const uint64_t *half) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i *>(half)));
}

constexpr size_t kPlace[4] = {0, 2, 1, 3};

size_t scan(const uint64_t *heads, const uint64_t *tails, uint32_t first_entry, size_t count,
            const uint64_t (*queries)[4], size_t query_count, unsigned radius, uint64_t *out) {
    const __m256i limit = _mm256_set1_epi64x(static_cast<long long>(radius));
    size_t written = 0;
    for (size_t q = 0; q < query_count; ++q) {
        const __m256i query_head = twice(queries[q]), query_tail = twice(queries[q] + 2);
        for (size_t i = 0; i < count; i += 4) {
            const __m256i part = distances(heads + 2 * i, query_head);
            unsigned far = static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(part, limit))));
            if (far == 15) continue;
            const __m256i whole = _mm256_add_epi64(part, distances(tails + 2 * i, query_tail));
            far = static_cast<unsigned>(_mm256_movemask_pd(_mm256_castsi256_pd(_mm256_cmpgt_epi64(whole, limit))));
            if (far == 15) continue;
            alignas(32) uint64_t distance[4];
            _mm256_store_si256(reinterpret_cast<__m256i *>(distance), whole);
            for (size_t place = 0; place < 4 && i + place < count; ++place) {
                const size_t lane = kPlace[place];
                if (far >> lane & 1) continue;
                out[written++] = static_cast<uint64_t>(q) << kUnseenQueryShift |
                                 distance[lane] << kUnseenDistanceShift | (first_entry + i + place);
            }
        }
    }
    return written;
}

inline __m256i bits_per_word(__m256i value) { return _mm256_maddubs_epi16(bits_per_byte(value), _mm256_set1_epi8(1)); }

size_t filter(const UnseenBucket *buckets, size_t count, uint64_t *out) {
    size_t written = 0;
    for (size_t b = 0; b < count; ++b) {
        const UnseenBucket &bucket = buckets[b];
        const __m256i query = _mm256_set1_epi16(static_cast<short>(bucket.query_signature));
        const __m256i own_mask = _mm256_set1_epi16(static_cast<short>(bucket.own_mask));
        const __m256i ring_mask = _mm256_set1_epi16(static_cast<short>(bucket.ring_mask));
        const __m256i own_bound = _mm256_set1_epi16(bucket.own_bound);
        const __m256i ring_bound = _mm256_set1_epi16(bucket.ring_bound);
        for (uint32_t i = 0; i < bucket.count; i += 16) {
            const __m256i row = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(bucket.signatures + i));
            const __m256i difference = _mm256_xor_si256(row, query);
            __m256i out_of_reach = _mm256_cmpgt_epi16(bits_per_word(_mm256_and_si256(difference, ring_mask)), ring_bound);
            if (bucket.own_mask) {
                const __m256i own = bits_per_word(_mm256_and_si256(difference, own_mask));
                out_of_reach = _mm256_or_si256(out_of_reach, _mm256_cmpgt_epi16(own, own_bound));
            }
            // Two mask bits stand for each entry; keep the lower one.
            unsigned keep = ~static_cast<unsigned>(_mm256_movemask_epi8(out_of_reach)) & 0x55555555u;
            const uint32_t left = bucket.count - i;
            if (left < 16) keep &= (1u << (2 * left)) - 1;
            for (; keep; keep &= keep - 1) {
                const uint32_t lane = static_cast<uint32_t>(__builtin_ctz(keep)) / 2;
                out[written++] = static_cast<uint64_t>(b) << 32 | (bucket.begin + i + lane);
            }
        }
    }
    return written;
}

constexpr uint32_t kLanes = 16;

struct Conditions {
    __m256i query, own_mask, ring_mask;
    int own_bound, ring_bound;

    explicit Conditions(const UnseenSift &sift)
        : query(_mm256_set1_epi16(static_cast<short>(sift.query_signature))),
          own_mask(_mm256_set1_epi16(static_cast<short>(sift.own_mask))),
          ring_mask(_mm256_set1_epi16(static_cast<short>(sift.ring_mask))),
          own_bound(sift.own_bound),
          ring_bound(sift.ring_bound) {}
    size_t take(const uint16_t *signatures, uint32_t begin, uint32_t count, int distance, uint32_t *out) const {
        const __m256i row = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(signatures));
        const __m256i difference = _mm256_xor_si256(row, query);
        const __m256i far_in_ring = _mm256_cmpgt_epi16(bits_per_word(_mm256_and_si256(difference, ring_mask)),
                                                       _mm256_set1_epi16(static_cast<short>(ring_bound - distance)));
        const __m256i far_itself = _mm256_cmpgt_epi16(bits_per_word(_mm256_and_si256(difference, own_mask)),
                                                      _mm256_set1_epi16(static_cast<short>(own_bound - distance)));
        // Two mask bits stand for each entry; the lower one is kept.
        unsigned near = ~static_cast<unsigned>(_mm256_movemask_epi8(_mm256_or_si256(far_in_ring, far_itself))) & 0x55555555u;
        if (count < kLanes) near &= (1u << (2 * count)) - 1;
        size_t written = 0;
        for (; near; near &= near - 1) out[written++] = begin + static_cast<uint32_t>(__builtin_ctz(near)) / 2;
        return written;
    }
};

#include "search_sift.inc"

// Codes lie in planes of nibbles, a byte for each, so that one shuffle counts the differing bits of 32 of them.
constexpr size_t kTile = 256, kTogether = 32, kVectors = kTile / kTogether, kNibblesOfClass = 16;

// Of four words of four codes each, those bits that belong to one class.
inline __m256i one_class(const __m256i word[4], unsigned shift) {
    const __m256i mask = _mm256_set1_epi64x(kUnseenOneClass);
    __m256i part[4];
    for (int w = 0; w < 4; ++w) {
        part[w] = _mm256_and_si256(_mm256_srl_epi64(word[w], _mm_cvtsi32_si128(static_cast<int>(shift))), mask);
    }
    const __m256i low = _mm256_or_si256(part[0], _mm256_slli_epi64(part[1], 1));
    const __m256i high = _mm256_or_si256(part[2], _mm256_slli_epi64(part[3], 1));
    return _mm256_or_si256(low, _mm256_slli_epi64(high, 16));
}

// Words of four classes of 32 codes, as [class][code].
void words_of(const uint64_t *heads, const uint64_t *tails, uint64_t (*words)[kTogether]) {
    for (size_t i = 0; i < kTogether; i += 4) {
        __m256i word[4];
        for (int half = 0; half < 2; ++half) {
            const __m256i *rows = reinterpret_cast<const __m256i *>((half ? tails : heads) + 2 * i);
            const __m256i first = _mm256_loadu_si256(rows), second = _mm256_loadu_si256(rows + 1);
            // Codes 0, 2, 1, 3, put in order.
            word[2 * half] = _mm256_permute4x64_epi64(_mm256_unpacklo_epi64(first, second), 0xd8);
            word[2 * half + 1] = _mm256_permute4x64_epi64(_mm256_unpackhi_epi64(first, second), 0xd8);
        }
        for (int c = 0; c < 4; ++c) {
            _mm256_storeu_si256(reinterpret_cast<__m256i *>(words[c] + i), one_class(word, kUnseenClassShift[c]));
        }
    }
}

// Eight planes of bytes from 32 words. Of sixteen codes in one half of the vectors a place is a number of 7 bits, those
// of the code before those of the byte; each round moves the highest to the end.
void bytes_of(const uint64_t *words, __m256i *bytes) {
    for (size_t i = 0; i < 8; ++i) {
        bytes[i] = _mm256_loadu2_m128i(reinterpret_cast<const __m128i *>(words + 16 + 2 * i),
                                       reinterpret_cast<const __m128i *>(words + 2 * i));
    }
    for (int round = 0; round < 4; ++round) {
        __m256i mixed[8];
        for (size_t i = 0; i < 4; ++i) {
            mixed[2 * i] = _mm256_unpacklo_epi8(bytes[i], bytes[i + 4]);
            mixed[2 * i + 1] = _mm256_unpackhi_epi8(bytes[i], bytes[i + 4]);
        }
        for (size_t i = 0; i < 8; ++i) bytes[i] = mixed[i];
    }
}

void classes(const uint64_t *heads, const uint64_t *tails, size_t count, uint64_t *planes) {
    const __m256i nibble = _mm256_set1_epi8(0x0f);
    __m256i *const out = reinterpret_cast<__m256i *>(planes);
    for (size_t i = 0; i < count; i += kTogether) {
        uint64_t words[4][kTogether], rest[2][2 * kTogether] = {};
        if (count - i < kTogether) {
            memcpy(rest[0], heads + 2 * i, 16 * (count - i));
            memcpy(rest[1], tails + 2 * i, 16 * (count - i));
            words_of(rest[0], rest[1], words);
        } else {
            words_of(heads + 2 * i, tails + 2 * i, words);
        }
        for (size_t c = 0; c < 4; ++c) {
            __m256i bytes[8];
            bytes_of(words[c], bytes);
            __m256i *const to = out + c * kNibblesOfClass * kVectors + i / kTogether;
            for (size_t k = 0; k < 8; ++k) {
                _mm256_storeu_si256(to + 2 * k * kVectors, _mm256_and_si256(bytes[k], nibble));
                _mm256_storeu_si256(to + (2 * k + 1) * kVectors,
                                    _mm256_and_si256(_mm256_srli_epi16(bytes[k], 4), nibble));
            }
        }
    }
}

// Of each nibble by how many bits it differs from another.
struct Differences {
    alignas(16) uint8_t bits[16][16];
    Differences() {
        for (unsigned a = 0; a < 16; ++a) {
            for (unsigned b = 0; b < 16; ++b) bits[a][b] = static_cast<uint8_t>(bits_of(a ^ b));
        }
    }
};

size_t near(const uint64_t *planes, size_t count, const uint64_t *centre, unsigned bound, uint32_t *out) {
    static const Differences differences;
    const __m256i *plane = reinterpret_cast<const __m256i *>(planes);
    __m256i distance[kVectors];
    for (size_t c = 0; c < 4; ++c) {
        __m256i bits[kVectors] = {};
        for (unsigned shift = 0; shift < 64; shift += 4, plane += kVectors) {
            const uint8_t *const row = differences.bits[centre[c] >> shift & 15];
            const __m256i table = _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i *>(row)));
            for (size_t v = 0; v < kVectors; ++v) {
                bits[v] = _mm256_add_epi8(bits[v], _mm256_shuffle_epi8(table, _mm256_loadu_si256(plane + v)));
            }
        }
        for (size_t v = 0; v < kVectors; ++v) {
            const __m256i flipped = _mm256_sub_epi8(_mm256_set1_epi8(64), bits[v]);
            distance[v] = c == 0 ? bits[v] : _mm256_add_epi8(distance[v], _mm256_min_epu8(bits[v], flipped));
        }
    }
    const __m256i limit = _mm256_set1_epi8(static_cast<char>(bound < UINT8_MAX ? bound : UINT8_MAX));
    size_t written = 0;
    for (size_t v = 0; v < kVectors; ++v) {
        const __m256i is_near = _mm256_cmpeq_epi8(_mm256_max_epu8(distance[v], limit), limit);
        unsigned lanes = static_cast<unsigned>(_mm256_movemask_epi8(is_near));
        if (lanes == 0) continue;
        alignas(32) uint8_t distances[kTogether];
        _mm256_store_si256(reinterpret_cast<__m256i *>(distances), distance[v]);
        for (; lanes; lanes &= lanes - 1) {
            const size_t lane = static_cast<size_t>(__builtin_ctz(lanes)), at = v * kTogether + lane;
            if (at < count) out[written++] = static_cast<uint32_t>(distances[lane] << 16 | at);
        }
    }
    return written;
}

}  // namespace

const UnseenSearchKernels kUnseenSearchAvx2 = {scan, filter, verify, sift, meet, 0.43, kTile, classes, near};
