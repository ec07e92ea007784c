#include "checksum.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "cpu.hpp"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace {

using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr uint32_t kPolynomial = 0x82f63b78;  // bit-reversed

// tables[k][b]: the remainder of byte b with k zero bytes behind it, so that eight bytes take one step.
Tables make_tables() {
    Tables tables{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t rest = byte;
        for (int bit = 0; bit < 8; ++bit) rest = rest >> 1 ^ (rest & 1 ? kPolynomial : 0);
        tables[0][byte] = rest;
    }
    for (size_t k = 1; k < tables.size(); ++k) {
        for (size_t byte = 0; byte < 256; ++byte) {
            const uint32_t before = tables[k - 1][byte];
            tables[k][byte] = before >> 8 ^ tables[0][before & 0xff];
        }
    }
    return tables;
}

uint32_t crc32c_portable(const uint8_t *data, size_t bytes) {
    static const Tables tables = make_tables();
    uint32_t rest = ~0u;
    size_t i = 0;
    for (; i + 8 <= bytes; i += 8) {
        uint32_t next = 0;
        for (size_t k = 0; k < 8; ++k) {
            const uint8_t folded = static_cast<uint8_t>(data[i + k] ^ (k < 4 ? rest >> 8 * k : 0));
            next ^= tables[7 - k][folded];
        }
        rest = next;
    }
    for (; i < bytes; ++i) rest = rest >> 8 ^ tables[0][(rest ^ data[i]) & 0xff];
    return ~rest;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) uint64_t step(uint64_t rest, const uint8_t *data) {
    uint64_t word;
    std::memcpy(&word, data, 8);
    return _mm_crc32_u64(rest, word);
}

__attribute__((target("sse4.2"))) uint32_t crc32c_sse42(const uint8_t *data, size_t bytes) {
    uint64_t rest = ~0u;
    size_t i = 0;
    for (; i + 8 <= bytes; i += 8) rest = step(rest, data + i);
    for (; i < bytes; ++i) rest = _mm_crc32_u8(static_cast<uint32_t>(rest), data[i]);
    return ~static_cast<uint32_t>(rest);
}

// Each step waits three cycles for the one before, but one may begin in every cycle: four blocks side by side.
__attribute__((target("sse4.2"))) void four_blocks_sse42(const uint8_t *data, uint32_t *checksums) {
    uint64_t a = ~0u, b = ~0u, c = ~0u, d = ~0u;
    for (size_t i = 0; i < kUnseenBlockBytes; i += 8) {
        a = step(a, data + i);
        b = step(b, data + kUnseenBlockBytes + i);
        c = step(c, data + 2 * kUnseenBlockBytes + i);
        d = step(d, data + 3 * kUnseenBlockBytes + i);
    }
    const uint64_t rests[] = {a, b, c, d};
    for (size_t i = 0; i < 4; ++i) checksums[i] = ~static_cast<uint32_t>(rests[i]);
}

#endif

}  // namespace

void unseen_crc32c_blocks(const uint8_t *data, size_t bytes, uint32_t *checksums) {
    size_t at = 0;
    auto one = crc32c_portable;
#if defined(__x86_64__)
    // Every processor with AVX2 has SSE 4.2.
    if (unseen_isa() != UnseenIsa::portable) {
        one = crc32c_sse42;
        for (; at + 4 * kUnseenBlockBytes <= bytes; at += 4 * kUnseenBlockBytes, checksums += 4) {
            four_blocks_sse42(data + at, checksums);
        }
    }
#endif
    for (; at < bytes; at += kUnseenBlockBytes) *checksums++ = one(data + at, std::min(kUnseenBlockBytes, bytes - at));
}
