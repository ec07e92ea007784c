// CRC32C (Castagnoli; RFC 3720 appendix B.4) of the blocks of a file: what tells a damaged page from a true one.
#pragma once

#include <cstddef>
#include <cstdint>

// A page of memory: the unit in which a mapped file is read from disk, and so the unit in which it is checked.
constexpr size_t kUnseenBlockBytes = 4096;

inline size_t unseen_block_count(size_t bytes) { return (bytes + kUnseenBlockBytes - 1) / kUnseenBlockBytes; }

// Writes one checksum for each block of `data`; the last may be shorter.
void unseen_crc32c_blocks(const uint8_t *data, size_t bytes, uint32_t *checksums);
