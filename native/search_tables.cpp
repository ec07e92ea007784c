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

// Rounded up to whole lines of cache.
size_t in_lines(size_t bytes) { return (bytes + 63) / 64 * 64; }

inline void load_code(const UnseenPlanes &codes, size_t entry, uint64_t code[4]) {
    std::memcpy(code, codes.heads + 2 * entry, 16);
    std::memcpy(code + 2, codes.tails + 2 * entry, 16);
}

// A counting sort of all entries by their bucket, one chunk at a time so that nothing is ever held twice.
void build_chunk(const UnseenPlanes &codes, UnseenChunk &chunk, uint32_t *offsets, uint16_t *signatures,
                 uint32_t *entries) {
    const UnseenChunkShape shape = chunk.shape;
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
    chunks = std::vector<UnseenChunk>(shapes.size());
    owned = UnseenRegion();
    const size_t signatures_size = in_lines(codes.count * sizeof(uint16_t)) + kUnseenPadBytes;
    const size_t entries_size = in_lines(codes.count * sizeof(uint32_t));
    size_t directories_size = 0;
    for (size_t i = 0; i < shapes.size(); ++i) {
        chunks[i].shape = shapes[i];
        directories_size += in_lines(chunks[i].directory_size() * sizeof(uint32_t));
    }
    if (shapes.empty()) return;
    owned.grow(directories_size + shapes.size() * (signatures_size + entries_size));
    // Directories lie together: every query touches all of them, and few pages should cover them.
    char *directory = owned.as<char>();
    char *signatures = directory + directories_size;
    char *entries = signatures + shapes.size() * signatures_size;
    for (UnseenChunk &chunk : chunks) {
        build_chunk(codes, chunk, reinterpret_cast<uint32_t *>(directory), reinterpret_cast<uint16_t *>(signatures),
                    reinterpret_cast<uint32_t *>(entries));
        chunk.measure(codes.count);
        directory += in_lines(chunk.directory_size() * sizeof(uint32_t));
        signatures += signatures_size;
        entries += entries_size;
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
