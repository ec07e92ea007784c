// What the instruction-set variants of exact search have in common: three loops over codes and signatures.
//
// A code is 256 bits in two planes of 16 bytes: its head (bits 0..127) and its tail (128..255). A scan reads
// heads only, since a distance on a part never exceeds the whole; tails settle the few that remain.
#pragma once

#include <cstddef>
#include <cstdint>

// A match packed into one integer, so that ordering the integers orders by (query, distance, entry).
constexpr int kUnseenDistanceShift = 32;
constexpr int kUnseenQueryShift = 39;

// Vector loads may run this far beyond the last element of a plane or of a signature table.
constexpr size_t kUnseenPadBytes = 128;

// PDQ has 16 rows of 16 bits. Of each word every second group of 16 bits is an even row, and every second bit an even
// column: four classes of 64 bits, cut out by these shifts and this mask. A mirrored picture has, but for a few, all bits
// flipped of two of the last three, and never those of the first. Only speed depends on that.
constexpr unsigned kUnseenClassShift[4] = {1, 0, 16, 17};
constexpr uint64_t kUnseenOneClass = 0x0000555500005555;

// Static: each instruction set has its own.
static inline uint64_t unseen_class_word(const uint64_t code[4], unsigned shift) {
    return (code[0] >> shift & kUnseenOneClass) | (code[1] >> shift & kUnseenOneClass) << 1 |
           (code[2] >> shift & kUnseenOneClass) << 16 | (code[3] >> shift & kUnseenOneClass) << 17;
}

// Codes that are sorted by class at once, at most, and the words that each of them then takes at most.
constexpr size_t kUnseenFamilyTileMax = 1024;
constexpr size_t kUnseenClassWordsMax = 8;

// One bucket of one chunk, and the conditions under which an entry of it may lie within the radius.
struct UnseenBucket {
    const uint16_t *signatures;
    uint32_t count;
    uint32_t begin;  // position of the first entry within the chunk
    uint16_t query_signature;
    uint16_t own_mask;
    uint16_t ring_mask;
    int16_t own_bound;   // entries with more differing bits under own_mask are out
    int16_t ring_bound;  // and so are those with more under ring_mask
    uint16_t chunk;
};

// In place of a count: a file was made wrong and leads out of its own mapping.
constexpr size_t kUnseenUnsound = ~size_t{0};

// A bucket that a plan visits: that of a query's own, but for the bits of the mask.
struct UnseenStep {
    uint32_t mask;
    uint16_t chunk;
    uint16_t distance;
};

// The buckets of one chunk that one query has to visit, taken up again where the room for positions ran out.
struct UnseenSift {
    const uint32_t *offsets;
    const uint16_t *signatures;
    uint32_t entry_count, base;
    const UnseenStep *steps;
    size_t step_count;
    uint16_t query_signature, own_mask, ring_mask;
    int16_t own_bound, ring_bound;  // at distance 0 of the bucket
    bool looks_ahead;               // whether memory is asked for the buckets one by one
    size_t step = 0;
    uint32_t from = 0;      // so many entries of that bucket were taken before
    size_t visited = 0;     // entries so far
};

// At least so many positions must fit whenever a sift is taken up.
constexpr size_t kUnseenSiftRoom = 64;

// What passed a sift, to be compared in full.
struct UnseenMeeting {
    const uint32_t *entries;  // of the chunk
    const uint64_t *heads, *tails;
    uint32_t entry_count;
    const uint64_t (*queries)[4];
    unsigned radius;
};

// An entry within the radius of a query.
struct UnseenMet {
    uint32_t entry, query, distance;
};

struct UnseenSearchKernels {
    // Every code of `count` within `radius` of up to 4 queries. Returns how many packed matches were written;
    // `out` holds count * query_count. Per query, entries come out in ascending order.
    size_t (*scan)(const uint64_t *heads, const uint64_t *tails, uint32_t first_entry, size_t count,
                   const uint64_t (*queries)[4], size_t query_count, unsigned radius, uint64_t *out);
    // Entries of the buckets whose signatures meet both conditions, as (bucket << 32 | position within the chunk).
    size_t (*filter)(const UnseenBucket *buckets, size_t count, uint64_t *out);
    // Of `count` entries, those within the radius, packed (query 0), and at which place of `entries` each stood.
    size_t (*verify)(const uint64_t *heads, const uint64_t *tails, const uint32_t *entries, size_t count,
                     const uint64_t *query, unsigned radius, uint64_t *out, uint32_t *out_at);
    // Positions within the chunk of entries whose signatures meet both conditions, until all steps were taken or fewer
    // than kUnseenSiftRoom more would fit; kUnseenUnsound where a bucket reaches beyond the list.
    size_t (*sift)(UnseenSift &sift, uint32_t *out, size_t room);
    // Of `count` positions in one chunk, each with the query that reached it, those within the radius. `entries` and `out`
    // hold `count`.
    size_t (*meet)(const UnseenMeeting &meeting, const uint32_t *positions, const uint32_t *queries, size_t count,
                   uint32_t *entries, UnseenMet *out);
    // What comparing one code with the centre of a cluster costs, in nanoseconds in which a sift costs what UnseenCosts
    // say. Never changes the result.
    double cluster_ns;
    // So many codes, sorted by class, stay in the first-level cache.
    size_t family_tile;
    // Sorts the bits of up to that many codes by class, in whatever order `near` likes best.
    void (*classes)(const uint64_t *heads, const uint64_t *tails, size_t count, uint64_t *planes);
    // Of these codes, those within `bound` of a centre, given in its four classes, when the bits of any class but the
    // first may be flipped; in ascending order as (that distance << 16 | place).
    size_t (*near)(const uint64_t *planes, size_t count, const uint64_t *centre, unsigned bound, uint32_t *out);
};

extern const UnseenSearchKernels kUnseenSearchPortable;
extern const UnseenSearchKernels kUnseenSearchAvx2;
extern const UnseenSearchKernels kUnseenSearchAvx512;

// The variant that unseen_isa() asks for.
const UnseenSearchKernels &unseen_search_kernels();
