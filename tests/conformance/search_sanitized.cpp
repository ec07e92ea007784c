// Exact search as a plain program, to be built with sanitizers: every variant, method, odd size and radius against
// comparing all with all. Exits 1 with a message where an answer differs.
#include <cstdio>
#include <cstring>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "cpu.hpp"
#include "search_family.hpp"
#include "search_index.hpp"

static UnseenIsa chosen = UnseenIsa::portable;

// In place of native/cpu.cpp, which belongs to Python.
UnseenIsa unseen_isa() { return chosen; }

using Bytes = std::vector<uint8_t>;

static std::mt19937_64 random_bits(1);

static Bytes uniform(size_t count) {
    Bytes codes(32 * count);
    for (uint8_t &byte : codes) byte = static_cast<uint8_t>(random_bits());
    return codes;
}

// Every third code lies near the first, so that buckets are long and searches give up.
static Bytes clustered(size_t count) {
    Bytes codes = uniform(count);
    for (size_t i = 3; i < count; i += 3) {
        std::memcpy(&codes[32 * i], &codes[0], 32);
        for (int flip = 0; flip < 9; ++flip) codes[32 * i + random_bits() % 32] ^= static_cast<uint8_t>(1 << random_bits() % 8);
    }
    return codes;
}

static std::vector<uint64_t> all_with_all(const Bytes &codes, const Bytes &queries, unsigned radius, uint32_t removed) {
    std::vector<uint64_t> keys;
    for (size_t q = 0; q < queries.size() / 32; ++q) {
        for (unsigned wanted = 0; wanted <= radius; ++wanted) {
            for (size_t i = 0; i < codes.size() / 32; ++i) {
                unsigned distance = 0;
                for (int b = 0; b < 32; ++b) {
                    distance += static_cast<unsigned>(__builtin_popcount(codes[32 * i + b] ^ queries[32 * q + b]));
                }
                if (distance != wanted || i == removed) continue;
                keys.push_back(uint64_t{q} << kUnseenQueryShift | uint64_t{distance} << kUnseenDistanceShift | i);
            }
        }
    }
    return keys;
}

// Of each entry within the radius, the nearest query and the nearest but for it.
static std::vector<uint64_t> two_nearest(const std::vector<uint64_t> &all) {
    std::map<uint64_t, std::set<std::pair<uint64_t, uint64_t>>> of_entry;
    for (uint64_t key : all) {
        of_entry[key & 0xffffffff].insert({key >> kUnseenDistanceShift & 127, key >> kUnseenQueryShift});
    }
    std::vector<uint64_t> keys;
    for (const auto &[entry, near] : of_entry) {
        size_t kept = 0;
        for (const auto &[distance, query] : near) {
            if (kept++ < 2) keys.push_back(query << kUnseenQueryShift | distance << kUnseenDistanceShift | entry);
        }
    }
    return keys;
}

static bool agrees(size_t count, unsigned radius, UnseenMethod method, unsigned chunks) {
    const Bytes codes = clustered(count), more = uniform(5);
    Bytes queries = uniform(2), all = codes;
    queries.insert(queries.end(), codes.begin(), codes.begin() + 32 * (count < 3 ? count : 3));
    all.insert(all.end(), more.begin(), more.end());
    UnseenIndex index(radius);
    index.append(codes.data(), count);
    index.build(method, chunks);
    index.append(more.data(), 5);
    index.remove({static_cast<uint32_t>(count)});
    UnseenMatches matches;
    index.search(queries.data(), queries.size() / 32, radius, matches);
    const std::vector<uint64_t> expected = all_with_all(all, queries, radius, static_cast<uint32_t>(count));
    if (expected != std::vector<uint64_t>(matches.keys.begin(), matches.keys.begin() + matches.keys.size())) return false;
    UnseenKeys near;
    index.search_family(UnseenFamily(queries.data(), queries.size() / 32, radius, 1), near);
    return two_nearest(expected) == std::vector<uint64_t>(near.begin(), near.begin() + near.size());
}

int main() {
    std::vector<UnseenIsa> variants = {UnseenIsa::portable};
    if (__builtin_cpu_supports("avx2")) variants.push_back(UnseenIsa::avx2);
    if (__builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("avx512bitalg")) variants.push_back(UnseenIsa::avx512);
    for (UnseenIsa variant : variants) {
        chosen = variant;
        for (size_t count : {0, 1, 2, 3, 7, 8, 9, 33, 1000, 8193}) {
            for (unsigned radius : {0u, 1u, 15u, 31u, 32u, 50u, 64u}) {
                for (unsigned chunks : {0u, 1u, 4u, 11u, 16u, 32u}) {
                    if (agrees(count, radius, UnseenMethod::multi_index, chunks)) continue;
                    std::printf("variant %d, %zu codes, radius %u, %u chunks: wrong\n", static_cast<int>(variant), count,
                                radius, chunks);
                    return 1;
                }
                if (agrees(count, radius, UnseenMethod::scan, 0) && agrees(count, radius, UnseenMethod::automatic, 0)) continue;
                std::printf("variant %d, %zu codes, radius %u: wrong\n", static_cast<int>(variant), count, radius);
                return 1;
            }
        }
    }
    return 0;
}
