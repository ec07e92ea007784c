// 32 places at a time. A table of 256 fits no register, two of 16 do: one by the lower half of a byte and one by the
// upper. What passes both need not pass the whole table, and is looked up there.
#include <immintrin.h>

#include "places.hpp"

namespace {

struct Halves {
    __m256i lower, upper;
};

Halves halve(const uint8_t *table) {
    alignas(16) uint8_t lower[16] = {}, upper[16] = {};
    for (size_t value = 0; value < 256; ++value) {
        lower[value & 15] |= table[value];
        upper[value >> 4] |= table[value];
    }
    return {_mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i *>(lower))),
            _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i *>(upper)))};
}

inline __m256i groups_of(const uint8_t *data, const Halves &halves) {
    const __m256i four_bits = _mm256_set1_epi8(15);
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(data));
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), four_bits);
    return _mm256_and_si256(_mm256_shuffle_epi8(halves.lower, _mm256_and_si256(bytes, four_bits)),
                            _mm256_shuffle_epi8(halves.upper, upper));
}

}  // namespace

size_t unseen_places_avx2(const uint8_t *data, size_t bytes, UnseenPlaceTables tables, size_t &start, size_t *places,
                          size_t room) {
    const Halves first = halve(tables[0]), second = halve(tables[1]), third = halve(tables[2]);
    size_t found = 0, at = start;
    for (; at + kUnseenPlacesStep + 2 <= bytes && found + kUnseenPlacesStep <= room; at += kUnseenPlacesStep) {
        const __m256i two = _mm256_and_si256(groups_of(data + at, first), groups_of(data + at + 1, second));
        const __m256i groups = _mm256_and_si256(two, groups_of(data + at + 2, third));
        const __m256i none = _mm256_cmpeq_epi8(groups, _mm256_setzero_si256());
        for (uint32_t left = ~static_cast<uint32_t>(_mm256_movemask_epi8(none)); left; left &= left - 1) {
            const size_t place = at + static_cast<size_t>(__builtin_ctz(left));
            if (unseen_is_place(data + place, tables)) places[found++] = place;
        }
    }
    start = at;
    return found;
}
