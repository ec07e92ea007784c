// Where three bytes in a row may be the beginning of something: a filter in front of an exact comparison.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

// Three rows of 256: for each value of the first, second and third byte a bit for each of eight groups.
using UnseenPlaceTables = const uint8_t (*)[256];

inline bool unseen_is_place(const uint8_t *data, UnseenPlaceTables tables) {
    return tables[0][data[0]] & tables[1][data[1]] & tables[2][data[2]];
}

// Appends every place from `start` on, ascending, at which the three bytes have a group in common; at the last two bytes
// there is none.
void unseen_places_portable(const uint8_t *data, size_t bytes, size_t start, UnseenPlaceTables tables,
                            std::vector<size_t> &places);
void unseen_places_avx2(const uint8_t *data, size_t bytes, UnseenPlaceTables tables, std::vector<size_t> &places);
