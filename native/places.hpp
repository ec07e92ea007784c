// Where three bytes in a row may be the beginning of something: a filter in front of an exact comparison.
#pragma once

#include <cstddef>
#include <cstdint>

// Three rows of 256: for each value of the first, second and third byte a bit for each of eight groups.
using UnseenPlaceTables = const uint8_t (*)[256];

// Static: each file that is compiled for an instruction set has a copy of its own.
static inline bool unseen_is_place(const uint8_t *data, UnseenPlaceTables tables) {
    return tables[0][data[0]] & tables[1][data[1]] & tables[2][data[2]];
}

// One step looks at so many places, and reads two bytes more.
constexpr size_t kUnseenPlacesStep = 32;

// Writes the places from `start` on, ascending, at which the three bytes have a group in common, until a step would not
// fit into `bytes`, or what it may find into `room`. Returns how many, and moves `start` to where it stopped.
size_t unseen_places_avx2(const uint8_t *data, size_t bytes, UnseenPlaceTables tables, size_t &start, size_t *places,
                          size_t room);
