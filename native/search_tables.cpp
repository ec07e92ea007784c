#include "search_tables.hpp"

#include <algorithm>
#include <cstring>

void UnseenPlanes::make_room(size_t row_count) {
    // Doubling keeps many small additions linear; mremap moves pages, not bytes.
    const size_t bytes = (count + row_count) * 16;
    if (bytes + kUnseenPadBytes > owned_heads.capacity()) {
        const size_t doubled = count ? std::max(bytes, std::min(2 * count * 16, bytes + (size_t{1} << 28))) : bytes;
        owned_heads.grow(doubled);
        owned_tails.grow(doubled);
    }
    heads = owned_heads.as<uint64_t>();
    tails = owned_tails.as<uint64_t>();
}

void UnseenPlanes::append(const uint8_t *rows, size_t row_count) {
    make_room(row_count);
    uint8_t *head = owned_heads.as<uint8_t>() + count * 16, *tail = owned_tails.as<uint8_t>() + count * 16;
    for (size_t i = 0; i < row_count; ++i) {
        std::memcpy(head + 16 * i, rows + 32 * i, 16);
        std::memcpy(tail + 16 * i, rows + 32 * i + 16, 16);
    }
    count += row_count;
}

void UnseenPlanes::append(const UnseenPlanes &other) {
    if (other.count == 0) return;
    make_room(other.count);
    std::memcpy(owned_heads.as<uint8_t>() + count * 16, other.heads, other.count * 16);
    std::memcpy(owned_tails.as<uint8_t>() + count * 16, other.tails, other.count * 16);
    count += other.count;
}

void UnseenChunk::measure(size_t count) {
    double squares = 0;
    for (size_t b = 0; b + 1 < directory_size(); ++b) {
        const double length = offsets[b + 1] - offsets[b];
        squares += length * length;
    }
    mean_length = count ? squares / static_cast<double>(count) : 1;
}

namespace {

inline void load_code(const UnseenPlanes &codes, size_t entry, uint64_t code[4]) {
    std::memcpy(code, codes.heads + 2 * entry, 16);
    std::memcpy(code + 2, codes.tails + 2 * entry, 16);
}

// A counting sort of all entries by their bucket, one chunk at a time so that nothing is ever held twice.
void build_chunk(const UnseenPlanes &codes, UnseenChunk &chunk) {
    const UnseenChunkShape shape = chunk.shape;
    chunk.owned_offsets = UnseenRegion(chunk.directory_size() * sizeof(uint32_t));
    chunk.owned_signatures = UnseenRegion(codes.count * sizeof(uint16_t));
    chunk.owned_entries = UnseenRegion(codes.count * sizeof(uint32_t));
    uint32_t *offsets = chunk.owned_offsets.as<uint32_t>();
    uint16_t *signatures = chunk.owned_signatures.as<uint16_t>();
    uint32_t *entries = chunk.owned_entries.as<uint32_t>();
    uint64_t code[4];
    for (size_t i = 0; i < codes.count; ++i) {
        load_code(codes, i, code);
        offsets[unseen_extract(code, shape.start, shape.directory_bits) + 1] += 1;
    }
    for (size_t b = 1; b < chunk.directory_size(); ++b) offsets[b] += offsets[b - 1];
    std::vector<uint32_t> next(offsets, offsets + chunk.directory_size() - 1);
    for (size_t i = 0; i < codes.count; ++i) {
        load_code(codes, i, code);
        const uint32_t at = next[unseen_extract(code, shape.start, shape.directory_bits)]++;
        entries[at] = static_cast<uint32_t>(i);
        signatures[at] = static_cast<uint16_t>(
            unseen_extract(code, (shape.start + shape.directory_bits) % kUnseenBits, kUnseenSignatureBits));
    }
    chunk.offsets = offsets;
    chunk.signatures = signatures;
    chunk.entries = entries;
}

}  // namespace

void UnseenTables::build(const UnseenPlanes &codes, const std::vector<UnseenChunkShape> &shapes) {
    chunks.clear();
    chunks.reserve(shapes.size());
    for (const UnseenChunkShape &shape : shapes) {
        chunks.emplace_back();
        chunks.back().shape = shape;
        build_chunk(codes, chunks.back());
        chunks.back().measure(codes.count);
    }
}

std::vector<UnseenChunkShape> UnseenTables::shapes() const {
    std::vector<UnseenChunkShape> result;
    for (const UnseenChunk &chunk : chunks) result.push_back(chunk.shape);
    return result;
}

std::vector<double> UnseenTables::mean_lengths() const {
    std::vector<double> result;
    for (const UnseenChunk &chunk : chunks) result.push_back(chunk.mean_length);
    return result;
}
