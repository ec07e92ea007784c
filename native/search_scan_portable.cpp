// Exact search without special instructions: the plainest form of the three loops.
#include "cpu.hpp"
#include "search_kernels.hpp"

namespace {

#include "search_verify.inc"
constexpr size_t kTile = kUnseenFamilyTileMax;

void classes(const uint64_t *heads, const uint64_t *tails, size_t count, uint64_t *planes) {
    for (size_t i = 0; i < count; ++i) {
        const uint64_t code[4] = {heads[2 * i], heads[2 * i + 1], tails[2 * i], tails[2 * i + 1]};
        for (unsigned c = 0; c < 4; ++c) planes[c * kTile + i] = unseen_class_word(code, kUnseenClassShift[c]);
    }
}

inline unsigned least_of_class(uint64_t difference) {
    const unsigned bits = bits_of(difference);
    return bits < 32 ? bits : 64 - bits;
}

size_t near(const uint64_t *planes, size_t count, const uint64_t *centre, unsigned bound, uint32_t *out) {
    size_t written = 0;
    for (size_t i = 0; i < count; ++i) {
        unsigned distance = bits_of(planes[i] ^ centre[0]);
        for (unsigned c = 1; c < 4; ++c) distance += least_of_class(planes[c * kTile + i] ^ centre[c]);
        out[written] = static_cast<uint32_t>(distance << 16 | i);
        written += distance <= bound;
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

const UnseenSearchKernels kUnseenSearchPortable = {scan, filter, verify, sift, meet, kTile, classes, near};

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
