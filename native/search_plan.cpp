#include "search_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

constexpr UnseenCosts kCosts;
constexpr unsigned kDirectoryBitsMin = 6;
constexpr unsigned kDirectoryBitsMax = 24;
constexpr double kDirectoryBitsCached = 16;
// A plan with more probes than this loses to a scan at every size this index can hold in memory.
constexpr double kProbesMax = 3e5;
// Each chunk costs six bytes a code beside the code's own 32. From some 78 million codes on, fewer chunks with larger
// radii keep the whole within this; below, memory is no reason to be slower.
constexpr double kBytesMax = 10e9;
constexpr double kChunksMin = 8, kChunksMax = 16;

double choose(unsigned n, unsigned k) {
    double result = 1;
    for (unsigned i = 0; i < k; ++i) result = result * (n - i) / (i + 1);
    return k > n ? 0 : result;
}

// Number of values within distance `radius` of a value of `bits` bits.
double ball(unsigned bits, int radius) {
    double result = 0;
    for (int k = 0; k <= radius; ++k) result += choose(bits, static_cast<unsigned>(k));
    return result;
}

// Chance that `bits` random bits differ in at most `bound`.
double chance(unsigned bits, int bound) { return std::min(1.0, ball(bits, bound) / std::pow(2.0, bits)); }

unsigned own_bits(const UnseenChunkShape &chunk) {
    return std::min<unsigned>(chunk.width - chunk.directory_bits, kUnseenSignatureBits);
}

double lookup_cost(unsigned directory_bits, int radius, double length) {
    const double beyond = directory_bits > kDirectoryBitsCached ? directory_bits - kDirectoryBitsCached : 0;
    return ball(directory_bits, radius) * (kCosts.probe + beyond * kCosts.directory + length * kCosts.entry);
}

// Expected entries of one chunk that pass the signature conditions.
double passes(const UnseenChunkShape &chunk, unsigned next_width, int radius, int next_radius, double length) {
    const unsigned own = own_bits(chunk);
    const unsigned next = std::min(next_width, kUnseenSignatureBits - own);
    double result = 0;
    for (int k = 0; k <= radius; ++k) {
        const double in_ring = next ? chance(next, radius + next_radius + 1 - k) : 1;
        result += choose(chunk.directory_bits, static_cast<unsigned>(k)) * length * chance(own, radius - k) * in_ring;
    }
    return result;
}

// Best number of directory bits for one chunk of a uniform list, and what it costs.
double best_directory(UnseenChunkShape &chunk, double count, int radius, int next_radius) {
    double best = std::numeric_limits<double>::infinity();
    UnseenChunkShape trial = chunk;
    for (unsigned bits = std::min<unsigned>(kDirectoryBitsMin, chunk.width);
         bits <= std::min<unsigned>(kDirectoryBitsMax, chunk.width); ++bits) {
        trial.directory_bits = static_cast<uint16_t>(bits);
        // A directory larger than the list itself wastes memory and cache.
        if (bits > kDirectoryBitsMin && std::pow(2.0, bits) > std::max(65536.0, count / 4)) break;
        const double length = count / std::pow(2.0, bits) + 1;
        if (ball(bits, radius) > kProbesMax) break;
        const double cost = lookup_cost(bits, radius, length) +
                            kCosts.verify * passes(trial, chunk.width, radius, next_radius, length);
        if (cost < best) {
            best = cost;
            chunk.directory_bits = static_cast<uint16_t>(bits);
        }
    }
    return best;
}

double cut_evenly(uint64_t count, unsigned radius, unsigned chunk_count, std::vector<UnseenChunkShape> &chunks) {
    chunks.clear();
    double cost = 0;
    unsigned start = 0;
    const unsigned shares = radius + 1;
    for (unsigned i = 0; i < chunk_count; ++i) {
        // Wider chunks come first and take the larger radii.
        const unsigned width = kUnseenBits / chunk_count + (i < kUnseenBits % chunk_count);
        const int chunk_radius = static_cast<int>(shares / chunk_count + (i < shares % chunk_count)) - 1;
        UnseenChunkShape chunk{static_cast<uint16_t>(start), static_cast<uint16_t>(width), 0};
        cost += best_directory(chunk, static_cast<double>(count), chunk_radius,
                               static_cast<int>(shares / chunk_count) - 1);
        chunks.push_back(chunk);
        start += width;
    }
    return cost;
}

void set_rules(const std::vector<UnseenChunkShape> &chunks, UnseenPlan &plan) {
    for (size_t i = 0; i < chunks.size(); ++i) {
        const size_t next = (i + 1) % chunks.size();
        const unsigned own = own_bits(chunks[i]);
        unsigned ring = own;
        if (next != i && chunks[i].directory_bits + own == chunks[i].width) {
            ring += std::min<unsigned>(chunks[next].width, kUnseenSignatureBits - own);
        }
        UnseenRule &rule = plan.rule[i];
        rule.own_mask = static_cast<uint16_t>((1u << own) - 1);
        rule.ring_mask = static_cast<uint16_t>((1u << ring) - 1);
        rule.own_bound = static_cast<int16_t>(plan.radius[i]);
        rule.ring_bound = static_cast<int16_t>(plan.radius[i] + (next != i ? plan.radius[next] + 1 : 0));
    }
}

void add_steps(const UnseenChunkShape &chunk, unsigned number, int radius, std::vector<UnseenStep> &steps) {
    const size_t first = steps.size();
    for (int k = 0; k <= std::min<int>(radius, chunk.directory_bits); ++k) {
        uint32_t mask = (1u << k) - 1;
        while (mask < (1u << chunk.directory_bits)) {
            steps.push_back({mask, static_cast<uint16_t>(number), static_cast<uint16_t>(k)});
            if (mask == 0) break;
            // The next larger number with as many bits set (Gosper).
            const uint32_t lowest = mask & (0 - mask), ripple = mask + lowest;
            mask = (((ripple ^ mask) >> 2) / lowest) | ripple;
        }
    }
    // Ordered by their high bits, neighbouring probes share lines of the directory.
    std::sort(steps.begin() + static_cast<std::ptrdiff_t>(first), steps.end(),
              [](const UnseenStep &a, const UnseenStep &b) { return a.mask < b.mask; });
}

}  // namespace

std::vector<UnseenChunkShape> unseen_choose_chunks(uint64_t count, unsigned radius, unsigned chunk_count,
                                                   bool must_index) {
    std::vector<UnseenChunkShape> best, trial;
    double best_cost = must_index ? std::numeric_limits<double>::infinity() : kCosts.scan * static_cast<double>(count);
    const double affordable = (kBytesMax / static_cast<double>(std::max<uint64_t>(count, 1)) - 32) / 6;
    const unsigned most = std::min(radius + 1, static_cast<unsigned>(std::clamp(affordable, kChunksMin, kChunksMax)));
    const unsigned first = chunk_count ? std::min(chunk_count, radius + 1) : 1;
    const unsigned last = chunk_count ? first : most;
    for (unsigned chunks = first; chunks <= std::min(last, kUnseenChunksMax); ++chunks) {
        const double cost = cut_evenly(count, radius, chunks, trial);
        if (cost < best_cost) {
            best_cost = cost;
            best = trial;
        }
    }
    return best;
}

UnseenPlan unseen_make_plan(const std::vector<UnseenChunkShape> &chunks, const std::vector<double> &lengths,
                            uint64_t count, unsigned threshold) {
    UnseenPlan plan;
    if (chunks.empty()) return plan;
    std::fill(std::begin(plan.radius), std::end(plan.radius), kUnseenChunkUnused);
    // Give out threshold + 1 shares, each to the chunk where one more bit of radius costs least.
    for (unsigned share = 0; share <= threshold; ++share) {
        size_t cheapest = 0;
        double least = std::numeric_limits<double>::infinity();
        for (size_t i = 0; i < chunks.size(); ++i) {
            const int larger = plan.radius[i] + 1;
            const double more = lookup_cost(chunks[i].directory_bits, larger, lengths[i]) -
                                lookup_cost(chunks[i].directory_bits, plan.radius[i], lengths[i]);
            if (larger <= chunks[i].directory_bits && more < least) {
                least = more;
                cheapest = i;
            }
        }
        plan.radius[cheapest] += 1;
    }
    double probes = 0;
    for (size_t i = 0; i < chunks.size(); ++i) {
        const size_t next = (i + 1) % chunks.size();
        probes += ball(chunks[i].directory_bits, plan.radius[i]);
        // A query that meets longer buckets than these gives up in time, so hope costs little and despair much.
        const double length = static_cast<double>(count) / std::pow(2.0, chunks[i].directory_bits);
        const double met = passes(chunks[i], chunks[next].width, plan.radius[i], plan.radius[next], length);
        plan.cost_ns += lookup_cost(chunks[i].directory_bits, plan.radius[i], length) + kCosts.verify * met;
        plan.visited += ball(chunks[i].directory_bits, plan.radius[i]) * length;
        plan.met += met;
    }
    plan.prefer_scan = probes > kProbesMax || plan.cost_ns > kCosts.scan * static_cast<double>(count);
    if (probes > kProbesMax) return plan;
    set_rules(chunks, plan);
    for (size_t i = 0; i < chunks.size(); ++i) add_steps(chunks[i], static_cast<unsigned>(i), plan.radius[i], plan.steps);
    return plan;
}
