// How multi-index hashing cuts the codes into chunks, and which buckets a query of some radius has to visit.
//
// Pigeonhole: give chunk i a radius t_i with sum(t_i + 1) >= r + 1. A code within r of the query is then within
// t_i in some chunk i. Ring form: read the chunks as a ring; there is even a chunk i such that for every l the
// chunks i, i+1 .. i+l-1 together differ in at most (t_i + 1) + .. + (t_{i+l-1} + 1) - 1 bits. (The numbers
// (t_i + 1) - d_i add up to at least 1; start behind the place where their running sum is least for the last
// time, and every partial sum is positive.) See docs/explanation/exact-search.md.
#pragma once

#include <cstdint>
#include <vector>

#include "search_kernels.hpp"

constexpr unsigned kUnseenBits = 256;
constexpr unsigned kUnseenRadiusMax = 64;
constexpr unsigned kUnseenSignatureBits = 16;
constexpr unsigned kUnseenChunksMax = 32;
constexpr int kUnseenChunkUnused = -1;

// Bits [start, start + width) belong to the chunk; its first `directory_bits` name the bucket, and the 16 bits
// behind those (wrapping around) are the signature that each entry carries.
struct UnseenChunkShape {
    uint16_t start, width, directory_bits;
};

// The conditions on a signature, given the distance k that the bucket already has: bits <= bound - k.
struct UnseenRule {
    uint16_t own_mask = 0, ring_mask = 0;
    int16_t own_bound = 0, ring_bound = 0;
};

struct UnseenPlan {
    double cost_ns = 0;  // for a query whose buckets are as long as those of a uniform list
    double visited = 0, met = 0;  // entries of its buckets on such a list, and of these those that pass their signatures
    bool prefer_scan = true;
    int radius[kUnseenChunksMax] = {};
    UnseenRule rule[kUnseenChunksMax];
    std::vector<UnseenStep> steps;
};

// What things cost, in nanoseconds of one core; only their ratios matter, and never the result.
struct UnseenCosts {
    double probe = 20.0;        // find one bucket and the first line of its signatures
    double directory = 7.0;     // more per probe for each bit of directory beyond what the caches hold
    double entry = 0.5;         // test one signature, its memory traffic included
    double entry_streamed = 0.15;  // the same within a long bucket
    double verify = 40.0;       // fetch one entry and the head of its code
    double scan = 0.5;          // compare one code while streaming
    double scan_batched = 0.2;  // the same for a tile of codes that serves many queries
    // Many queries of one picture at once, chunk by chunk; cluster by cluster as the kernel says.
    double sift_probe = 2.5;    // find one bucket
    double sift_entry = 0.6;    // test one signature
    double sift_verify = 18.0;  // fetch one entry and compare its code
};

// Chunks for `count` codes and the largest radius; empty where a scan is cheaper. `chunk_count` 0: choose.
std::vector<UnseenChunkShape> unseen_choose_chunks(uint64_t count, unsigned radius, unsigned chunk_count, bool must_index);

// Cheapest radii for one threshold, given the mean bucket length that entries of each chunk see.
UnseenPlan unseen_make_plan(const std::vector<UnseenChunkShape> &chunks, const std::vector<double> &lengths,
                            uint64_t count, unsigned threshold);
