// Exact search without special instructions: the plainest form of the loops.
#include <cstring>

#include "cpu.hpp"
#include "search_kernels.hpp"

namespace {

#include "search_verify.inc"

// Codes lie in planes of bytes, sixteen beside each other: as many as SSE2 and NEON take, and every compiler has.
typedef uint8_t Bytes __attribute__((vector_size(16)));
constexpr size_t kTile = 512, kTogether = sizeof(Bytes), kBytesOfClass = 8;

void classes(const uint64_t *heads, const uint64_t *tails, size_t count, uint64_t *planes) {
    uint8_t *const bytes = reinterpret_cast<uint8_t *>(planes);
    for (size_t i = 0; i < count; ++i) {
        const uint64_t code[4] = {heads[2 * i], heads[2 * i + 1], tails[2 * i], tails[2 * i + 1]};
        for (size_t c = 0; c < 4; ++c) {
            const uint64_t word = unseen_class_word(code, kUnseenClassShift[c]);
            for (size_t k = 0; k < kBytesOfClass; ++k) {
                bytes[(c * kBytesOfClass + k) * kTile + i] = static_cast<uint8_t>(word >> 8 * k);
            }
        }
    }
}

// The lowest byte, sixteen times.
inline Bytes all(uint64_t value) {
    Bytes bytes;
    memset(&bytes, static_cast<uint8_t>(value), sizeof bytes);
    return bytes;
}

// Of each half of each byte.
inline Bytes bits_of_halves(Bytes value) {
    value = value - (value >> 1 & 0x55);
    return (value & 0x33) + (value >> 2 & 0x33);
}

inline Bytes least_of(Bytes a, Bytes b) {
    const Bytes is_less = static_cast<Bytes>(a < b);
    return (a & is_less) | (b & ~is_less);
}

size_t near(const uint64_t *planes, size_t count, const uint64_t *centre, unsigned bound, uint32_t *out) {
    const uint8_t *const bytes = reinterpret_cast<const uint8_t *>(planes);
    const Bytes limit = all(bound < UINT8_MAX ? bound : UINT8_MAX);
    size_t written = 0;
    for (size_t first = 0; first < count; first += kTogether) {
        Bytes distance = {};
        for (size_t c = 0; c < 4; ++c) {
            Bytes bits = {};
            for (size_t k = 0; k < kBytesOfClass; k += 2) {
                Bytes rows[2], halves = {};
                for (size_t i = 0; i < 2; ++i) {
                    memcpy(rows + i, bytes + (c * kBytesOfClass + k + i) * kTile + first, sizeof rows[i]);
                    halves += bits_of_halves(rows[i] ^ all(centre[c] >> 8 * (k + i)));
                }
                bits += (halves & 0x0f) + (halves >> 4);
            }
            distance += c == 0 ? bits : least_of(bits, all(64) - bits);
        }
        uint64_t is_near[2];
        const Bytes within = static_cast<Bytes>(distance <= limit);
        memcpy(is_near, &within, sizeof within);
        if ((is_near[0] | is_near[1]) == 0) continue;
        uint8_t distances[kTogether];
        memcpy(distances, &distance, sizeof distance);
        for (size_t i = 0; i < kTogether && first + i < count; ++i) {
            if (distances[i] <= bound) out[written++] = static_cast<uint32_t>(distances[i] << 16 | (first + i));
        }
    }
    return written;
}

size_t scan(const uint64_t *heads, const uint64_t *tails, uint32_t first_entry, size_t count,
            const uint64_t (*queries)[4], size_t query_count, unsigned radius, uint64_t *out) {
    size_t written = 0;
    for (size_t q = 0; q < query_count; ++q) {
        const uint64_t *query = queries[q];
        for (size_t i = 0; i < count; ++i) {
            unsigned distance = bits_of(heads[2 * i] ^ query[0]) + bits_of(heads[2 * i + 1] ^ query[1]);
            if (distance > radius) continue;
            distance += bits_of(tails[2 * i] ^ query[2]) + bits_of(tails[2 * i + 1] ^ query[3]);
            if (distance > radius) continue;
            out[written++] = static_cast<uint64_t>(q) << kUnseenQueryShift |
                             static_cast<uint64_t>(distance) << kUnseenDistanceShift | (first_entry + i);
        }
    }
    return written;
}

size_t filter(const UnseenBucket *buckets, size_t count, uint64_t *out) {
    size_t written = 0;
    for (size_t b = 0; b < count; ++b) {
        const UnseenBucket &bucket = buckets[b];
        for (uint32_t i = 0; i < bucket.count; ++i) {
            const unsigned difference = bucket.signatures[i] ^ bucket.query_signature;
            const bool keep = static_cast<int>(bits_of(difference & bucket.own_mask)) <= bucket.own_bound &&
                              static_cast<int>(bits_of(difference & bucket.ring_mask)) <= bucket.ring_bound;
            out[written] = static_cast<uint64_t>(b) << 32 | (bucket.begin + i);
            written += keep;
        }
    }
    return written;
}

constexpr uint32_t kLanes = 1;

struct Conditions {
    const UnseenSift &sift;

    explicit Conditions(const UnseenSift &one) : sift(one) {}
    size_t take(const uint16_t *signature, uint32_t begin, uint32_t, int distance, uint32_t *out) const {
        const unsigned difference = *signature ^ sift.query_signature;
        *out = begin;
        return static_cast<int>(bits_of(difference & sift.ring_mask)) + distance <= sift.ring_bound &&
               static_cast<int>(bits_of(difference & sift.own_mask)) + distance <= sift.own_bound;
    }
};

#include "search_sift.inc"

}  // namespace

const UnseenSearchKernels kUnseenSearchPortable = {scan, filter, verify, sift, meet, 0.62, kTile, classes, near};

const UnseenSearchKernels &unseen_search_kernels() {
#if defined(__x86_64__)
    switch (unseen_isa()) {
        case UnseenIsa::avx2: return kUnseenSearchAvx2;
        case UnseenIsa::avx512: return kUnseenSearchAvx512;
        default: break;
    }
#endif
    return kUnseenSearchPortable;
}
