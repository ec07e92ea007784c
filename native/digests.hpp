// SHA-256, SHA-1 (FIPS 180-4) and MD5 (RFC 1321) of the same bytes, side by side.
#pragma once

#include <cstddef>
#include <cstdint>

constexpr size_t kUnseenDigestBlockBytes = 64;

struct UnseenDigestState {
    uint32_t sha256[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint32_t sha1[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint32_t md5[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
};

// True where this build and this processor have what digests side by side need.
bool unseen_sha_is_available();

// Takes `count` whole blocks into all three. Only where unseen_sha_is_available().
void unseen_digest_blocks_sha(UnseenDigestState &state, const uint8_t *data, size_t count);
