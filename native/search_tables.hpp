// The codes of an index in two planes, and the bucket tables of its chunks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "search_guard.hpp"
#include "search_plan.hpp"
#include "search_region.hpp"

// Codes as the kernels read them. Entries are numbered from 0 in the order in which they were added.
struct UnseenPlanes {
    const uint64_t *heads = nullptr;
    const uint64_t *tails = nullptr;
    size_t count = 0;
    UnseenRegion owned_heads, owned_tails;  // empty where the planes lie in a mapped file

    // Appends rows of 32 bytes. Only for planes that own their memory.
    void append(const uint8_t *rows, size_t row_count);
    void append(const UnseenPlanes &other);

   private:
    void make_room(size_t row_count);
};

struct UnseenChunk {
    UnseenChunkShape shape{};
    const uint32_t *offsets = nullptr;  // 2^directory_bits + 1 starts into the two arrays below
    const uint16_t *signatures = nullptr;
    const uint32_t *entries = nullptr;
    double mean_length = 1;  // of the bucket in which an entry finds itself

    size_t directory_size() const { return (size_t{1} << shape.directory_bits) + 1; }
    void measure(size_t count);
};

struct UnseenTables {
    std::vector<UnseenChunk> chunks;
    UnseenRegion owned;  // of all chunks; empty where the tables lie in a mapped file
    std::unique_ptr<UnseenGuard> guard;  // of the mapped file in which codes and tables lie

    // What must be asked before anything mapped is read; none where nothing is mapped, or all of it is verified.
    const UnseenGuard *active_guard() const { return guard && !guard->is_complete() ? guard.get() : nullptr; }

    void build(const UnseenPlanes &codes, const std::vector<UnseenChunkShape> &shapes);
    std::vector<UnseenChunkShape> shapes() const;
    std::vector<double> mean_lengths() const;
};

// `width` (up to 24) bits of a code from bit `start` on, around the end and on from bit 0.
inline uint32_t unseen_extract(const uint64_t code[4], unsigned start, unsigned width) {
    const unsigned word = start / 64 % 4, shift = start % 64;
    uint64_t bits = code[word] >> shift;
    if (shift) bits |= code[(word + 1) % 4] << (64 - shift);
    return static_cast<uint32_t>(bits & ((uint64_t{1} << width) - 1));
}
