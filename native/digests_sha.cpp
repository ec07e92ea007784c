// Three digests in one walk. Each alone waits for its own last step in nearly every cycle (MD5 most of all, whose 64 steps
// a block are one chain), so that most of the processor idles. Interleaved, SHA-1 and SHA-256 run in the gaps of MD5.
#include "digests.hpp"

#include <immintrin.h>

#include <cstring>

namespace {

constexpr uint32_t kMd5[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kMd5Turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

alignas(16) constexpr uint32_t kSha256[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#define ALWAYS_INLINE inline __attribute__((always_inline))

// What is in flight: a..d of MD5; SHA-1 as its instructions want it, a in the highest lane, with the state before the
// last four rounds (of which they make e); SHA-256 as ABEF and CDGH; sixteen words of each message.
struct Flight {
    uint32_t a, b, c, d;
    __m128i abcd, before, e, words1[4];
    __m128i abef, cdgh, words256[4];
};

ALWAYS_INLINE __m128i load(const void *from) { return _mm_loadu_si128(static_cast<const __m128i *>(from)); }
ALWAYS_INLINE void store(void *to, __m128i value) { _mm_storeu_si128(static_cast<__m128i *>(to), value); }

template <int Step>
ALWAYS_INLINE void md5_step(uint32_t &a, uint32_t b, uint32_t c, uint32_t d, const uint8_t *block) {
    constexpr int round = Step / 16;
    constexpr int word = (round == 0 ? Step : round == 1 ? 5 * Step + 1 : round == 2 ? 3 * Step + 5 : 7 * Step) % 16;
    constexpr int turn = kMd5Turns[round][Step % 4];
    uint32_t message;
    std::memcpy(&message, block + 4 * word, 4);
    a += message + kMd5[Step];
    if constexpr (round == 0) {
        a += d ^ (b & (c ^ d));
    } else if constexpr (round == 1) {
        // The two halves share no bit, so they may be added one by one: the first does not wait for b.
        a += ~d & c;
        a += d & b;
    } else if constexpr (round == 2) {
        a += b ^ (c ^ d);
    } else {
        a += c ^ (b | ~d);
    }
    a = (a << turn | a >> (32 - turn)) + b;
}

template <int Group>
ALWAYS_INLINE void md5_steps(Flight &flight, const uint8_t *block) {
    md5_step<4 * Group>(flight.a, flight.b, flight.c, flight.d, block);
    md5_step<4 * Group + 1>(flight.d, flight.a, flight.b, flight.c, block);
    md5_step<4 * Group + 2>(flight.c, flight.d, flight.a, flight.b, block);
    md5_step<4 * Group + 3>(flight.b, flight.c, flight.d, flight.a, block);
}

// Four rounds of SHA-1; Group 0 … 19.
template <int Group>
ALWAYS_INLINE void sha1_rounds(Flight &flight, const uint8_t *block) {
    __m128i *const words = flight.words1, &now = words[Group % 4];
    if constexpr (Group < 4) {
        now = _mm_shuffle_epi8(load(block + 16 * Group), _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f));
    } else {
        const __m128i mixed = _mm_xor_si128(_mm_sha1msg1_epu32(now, words[(Group + 1) % 4]), words[(Group + 2) % 4]);
        now = _mm_sha1msg2_epu32(mixed, words[(Group + 3) % 4]);
    }
    const __m128i added = Group ? _mm_sha1nexte_epu32(flight.before, now) : _mm_add_epi32(flight.e, now);
    flight.before = flight.abcd;
    flight.abcd = _mm_sha1rnds4_epu32(flight.abcd, added, Group / 5);
}

// Four rounds of SHA-256; Group 0 … 15.
template <int Group>
ALWAYS_INLINE void sha256_rounds(Flight &flight, const uint8_t *block) {
    __m128i *const words = flight.words256, &now = words[Group % 4];
    if constexpr (Group < 4) {
        now = _mm_shuffle_epi8(load(block + 16 * Group), _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    } else {
        const __m128i seven_back = _mm_alignr_epi8(words[(Group + 3) % 4], words[(Group + 2) % 4], 4);
        const __m128i mixed = _mm_add_epi32(_mm_sha256msg1_epu32(now, words[(Group + 1) % 4]), seven_back);
        now = _mm_sha256msg2_epu32(mixed, words[(Group + 3) % 4]);
    }
    const __m128i added = _mm_add_epi32(now, _mm_load_si128(reinterpret_cast<const __m128i *>(kSha256 + 4 * Group)));
    flight.cdgh = _mm_sha256rnds2_epu32(flight.cdgh, flight.abef, added);
    flight.abef = _mm_sha256rnds2_epu32(flight.abef, flight.cdgh, _mm_shuffle_epi32(added, 0x0e));
}

// A sixteenth of each; SHA-1, which has 20 groups, takes two in every fourth.
template <int Group>
ALWAYS_INLINE void sixteenth(Flight &flight, const uint8_t *block) {
    sha256_rounds<Group>(flight, block);
    sha1_rounds<Group + Group / 4>(flight, block);
    if constexpr (Group % 4 == 3) sha1_rounds<Group + Group / 4 + 1>(flight, block);
    md5_steps<Group>(flight, block);
}

template <int First>
ALWAYS_INLINE void sixteenths_from(Flight &flight, const uint8_t *block) {
    sixteenth<First>(flight, block);
    if constexpr (First < 15) sixteenths_from<First + 1>(flight, block);
}

Flight take_off(const UnseenDigestState &state) {
    Flight flight;
    flight.a = state.md5[0], flight.b = state.md5[1], flight.c = state.md5[2], flight.d = state.md5[3];
    flight.abcd = _mm_shuffle_epi32(load(state.sha1), 0x1b);
    flight.e = _mm_set_epi32(static_cast<int>(state.sha1[4]), 0, 0, 0);
    const __m128i badc = _mm_shuffle_epi32(load(state.sha256), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(load(state.sha256 + 4), 0x1b);
    flight.abef = _mm_alignr_epi8(badc, hgfe, 8);
    flight.cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
    return flight;
}

void land(const Flight &flight, UnseenDigestState &state) {
    state.md5[0] = flight.a, state.md5[1] = flight.b, state.md5[2] = flight.c, state.md5[3] = flight.d;
    store(state.sha1, _mm_shuffle_epi32(flight.abcd, 0x1b));
    state.sha1[4] = static_cast<uint32_t>(_mm_extract_epi32(flight.e, 3));
    const __m128i feba = _mm_shuffle_epi32(flight.abef, 0x1b), dchg = _mm_shuffle_epi32(flight.cdgh, 0xb1);
    store(state.sha256, _mm_blend_epi16(feba, dchg, 0xf0));
    store(state.sha256 + 4, _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace

void unseen_digest_blocks_sha(UnseenDigestState &state, const uint8_t *data, size_t count) {
    Flight flight = take_off(state);
    for (; count; --count, data += kUnseenDigestBlockBytes) {
        const Flight start = flight;
        sixteenths_from<0>(flight, data);
        flight.a += start.a, flight.b += start.b, flight.c += start.c, flight.d += start.d;
        flight.e = _mm_sha1nexte_epu32(flight.before, start.e);
        flight.abcd = _mm_add_epi32(flight.abcd, start.abcd);
        flight.abef = _mm_add_epi32(flight.abef, start.abef);
        flight.cdgh = _mm_add_epi32(flight.cdgh, start.cdgh);
    }
    land(flight, state);
}
