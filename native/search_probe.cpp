#include "search_probe.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

UnseenKeys::~UnseenKeys() { std::free(data_); }

uint64_t *UnseenKeys::room_for(size_t more) {
    if (size_ + more > capacity_) {
        const size_t wanted = std::max(size_ + more, 2 * capacity_);
        void *moved = std::realloc(data_, wanted * sizeof(uint64_t));
        if (!moved) throw std::bad_alloc();
        data_ = static_cast<uint64_t *>(moved);
        capacity_ = wanted;
    }
    return data_ + size_;
}

namespace {

constexpr UnseenCosts kCosts;
constexpr size_t kWindow = 64;         // probes whose memory is asked for at once; about what the processor can track
constexpr size_t kPieceMax = 4096;     // entries of one bucket that are filtered at once
constexpr size_t kEntriesMax = 16384;  // entries of one round of buckets
constexpr size_t kBucketsMax = 1024;
constexpr size_t kLinesAhead = 8;  // the processor's own prefetcher takes over behind these
constexpr size_t kPassedMax = 256;

// Buckets found and asked for, but not yet filtered.
struct Round {
    UnseenBucket buckets[kBucketsMax];
    size_t count = 0, entries = 0;
};

struct Scratch {
    const uint32_t *directory[2][kWindow];
    Round rounds[2];
    uint64_t passed[kEntriesMax + kPieceMax];
    // Entries that passed the filter, asked for, but not yet compared.
    const uint32_t *places[kPassedMax];
    uint16_t chunks[kPassedMax];
    size_t waiting = 0;
    uint32_t entries[kPassedMax];
    uint64_t found[kPassedMax];
    uint32_t found_at[kPassedMax];
};

struct Search {
    const UnseenPlanes &codes;
    const UnseenTables &tables;
    const UnseenPlan &plan;
    const uint64_t *query;
    unsigned radius;
    const UnseenSearchKernels &kernels;
    UnseenKeys &keys;
    Scratch &scratch;
    double limit_ns;
    const UnseenGuard *guard;
    uint32_t base[kUnseenChunksMax];
    uint16_t signature[kUnseenChunksMax];
    double spent_ns = 0;

    bool gives_up() const { return spent_ns > limit_ns; }
};

// Whether the entry also comes out of this chunk: then, if the chunk is an earlier one, it was reported there.
bool admits(const UnseenChunkShape &shape, const UnseenRule &rule, int chunk_radius, const uint64_t difference[4]) {
    if (chunk_radius == kUnseenChunkUnused) return false;
    const int k = __builtin_popcount(unseen_extract(difference, shape.start, shape.directory_bits));
    if (k > chunk_radius) return false;
    const uint32_t signature =
        unseen_extract(difference, (shape.start + shape.directory_bits) % kUnseenBits, kUnseenSignatureBits);
    return __builtin_popcount(signature & rule.own_mask) <= rule.own_bound - k &&
           __builtin_popcount(signature & rule.ring_mask) <= rule.ring_bound - k;
}

bool was_reported(const Search &search, uint32_t entry, unsigned chunk) {
    const uint64_t *head = search.codes.heads + 2 * static_cast<size_t>(entry);
    const uint64_t *tail = search.codes.tails + 2 * static_cast<size_t>(entry);
    const uint64_t difference[4] = {head[0] ^ search.query[0], head[1] ^ search.query[1], tail[0] ^ search.query[2],
                                    tail[1] ^ search.query[3]};
    for (unsigned earlier = 0; earlier < chunk; ++earlier) {
        if (admits(search.tables.chunks[earlier].shape, search.plan.rule[earlier], search.plan.radius[earlier], difference)) {
            return true;
        }
    }
    return false;
}

void check_code(const Search &search, size_t entry) {
    search.guard->check(search.codes.heads + 2 * entry, 16);
    search.guard->check(search.codes.tails + 2 * entry, 16);
}

void compare_waiting(Search &search) {
    Scratch &scratch = search.scratch;
    for (size_t i = 0; i < scratch.waiting; ++i) {
        if (search.guard) search.guard->check(scratch.places[i], sizeof(uint32_t));
        scratch.entries[i] = *scratch.places[i];
        // A file that was made wrong cannot lead a search out of its mapping.
        if (scratch.entries[i] >= search.codes.count) throw UnseenDamage("a bucket names an entry that does not exist");
        if (search.guard) check_code(search, scratch.entries[i]);
        __builtin_prefetch(search.codes.heads + 2 * static_cast<size_t>(scratch.entries[i]));
    }
    const size_t found =
        search.kernels.verify(search.codes.heads, search.codes.tails, scratch.entries, scratch.waiting, search.query,
                              search.radius, scratch.found, scratch.found_at);
    for (size_t i = 0; i < found; ++i) {
        const uint64_t key = scratch.found[i];
        if (!was_reported(search, static_cast<uint32_t>(key), scratch.chunks[scratch.found_at[i]])) search.keys.push(key);
    }
    scratch.waiting = 0;
}

void filter(Search &search, Round &round) {
    Scratch &scratch = search.scratch;
    const size_t passed = search.kernels.filter(round.buckets, round.count, scratch.passed);
    search.spent_ns += kCosts.verify * static_cast<double>(passed) + kCosts.entry_streamed * static_cast<double>(round.entries);
    if (search.gives_up()) return;
    for (size_t i = 0; i < passed; ++i) {
        const unsigned chunk = round.buckets[scratch.passed[i] >> 32].chunk;
        const uint32_t *place = search.tables.chunks[chunk].entries + static_cast<uint32_t>(scratch.passed[i]);
        __builtin_prefetch(place);
        scratch.places[scratch.waiting] = place;
        scratch.chunks[scratch.waiting++] = static_cast<uint16_t>(chunk);
        if (scratch.waiting == kPassedMax) compare_waiting(search);
    }
    round.count = round.entries = 0;
}

void take_bucket(Search &search, Round &round, const UnseenStep &step, uint32_t begin, uint32_t end) {
    const UnseenChunk &chunk = search.tables.chunks[step.chunk];
    const UnseenRule &rule = search.plan.rule[step.chunk];
    if (begin > end || end > search.codes.count) throw UnseenDamage("a directory does not ascend");
    if (search.guard) search.guard->check(chunk.signatures + begin, (end - begin) * sizeof(uint16_t));
    const char *line = reinterpret_cast<const char *>(chunk.signatures + begin);
    const char *behind = reinterpret_cast<const char *>(chunk.signatures + end);
    for (size_t ahead = 0; ahead < kLinesAhead && line < behind; ++ahead, line += 64) __builtin_prefetch(line);
    __builtin_prefetch(behind - 1);
    while (begin < end && !search.gives_up()) {
        const uint32_t piece = std::min<uint32_t>(end - begin, kPieceMax);
        round.buckets[round.count++] = {
            chunk.signatures + begin, piece, begin, search.signature[step.chunk], rule.own_mask, rule.ring_mask,
            static_cast<int16_t>(rule.own_bound - step.distance), static_cast<int16_t>(rule.ring_bound - step.distance),
            step.chunk};
        begin += piece;
        round.entries += piece;
        if (round.entries >= kEntriesMax || round.count == kBucketsMax) filter(search, round);
    }
}

// Names the directory lines of one window and asks memory for them.
size_t look_ahead(const Search &search, size_t first, const uint32_t **places) {
    const size_t last = std::min(first + kWindow, search.plan.steps.size());
    for (size_t i = first; i < last; ++i) {
        const UnseenStep &step = search.plan.steps[i];
        const uint32_t *place = search.tables.chunks[step.chunk].offsets + (search.base[step.chunk] ^ step.mask);
        places[i - first] = place;
        __builtin_prefetch(place);
    }
    return first < last ? last - first : 0;
}

}  // namespace

bool unseen_probe(const UnseenPlanes &codes, const UnseenTables &tables, const UnseenPlan &plan, const uint64_t query[4],
                  unsigned radius, double limit_ns, UnseenKeys &keys) {
    thread_local const std::unique_ptr<Scratch> scratch(new Scratch);
    Search search{codes, tables, plan, query, radius, unseen_search_kernels(), keys, *scratch, limit_ns, tables.active_guard(), {}, {}};
    for (size_t i = 0; i < tables.chunks.size(); ++i) {
        const UnseenChunkShape &shape = tables.chunks[i].shape;
        search.base[i] = unseen_extract(query, shape.start, shape.directory_bits);
        search.signature[i] = static_cast<uint16_t>(
            unseen_extract(query, (shape.start + shape.directory_bits) % kUnseenBits, kUnseenSignatureBits));
    }
    scratch->waiting = 0;  // whatever a search left behind that gave up or ended in an exception
    for (Round &round : scratch->rounds) round.count = round.entries = 0;
    const size_t keys_before = keys.size();
    // Three stages in step: directory lines of the next window, signatures of this one, filtering of the last.
    size_t ready = look_ahead(search, 0, scratch->directory[0]);
    for (size_t first = 0, turn = 0; first < plan.steps.size(); first += kWindow, turn ^= 1) {
        const size_t next_ready = look_ahead(search, first + kWindow, scratch->directory[turn ^ 1]);
        for (size_t i = 0; i < ready; ++i) {
            const uint32_t *place = scratch->directory[turn][i];
            if (search.guard) search.guard->check(place, 2 * sizeof(uint32_t));
            if (place[0] != place[1]) take_bucket(search, scratch->rounds[turn], plan.steps[first + i], place[0], place[1]);
        }
        filter(search, scratch->rounds[turn ^ 1]);
        ready = next_ready;
        if (search.gives_up()) break;
    }
    for (Round &round : scratch->rounds) {
        if (!search.gives_up()) filter(search, round);
    }
    if (search.gives_up()) {
        keys.truncate(keys_before);
        return false;
    }
    compare_waiting(search);
    return true;
}
