#include "search_sift.hpp"

#include <algorithm>

namespace {

// Positions that are compared in one run.
constexpr size_t kRoom = 8192;
constexpr UnseenCosts kCosts;

// A region of the signatures of a chunk stays in the second-level cache while all queries visit it.
constexpr size_t kRegionBytes = size_t{1} << 18;
constexpr size_t kLine = 64;

// Buckets whose numbers begin with the same bits. Steps of a plan ascend by mask, so those that lead a query into one
// region stand together.
struct Regions {
    unsigned shift;
    size_t count;
    std::vector<size_t> ends;  // of the steps whose masks begin with each value

    Regions(const UnseenChunkShape &shape, size_t entry_count, const UnseenStep *steps, size_t step_count)
        : shift(shape.directory_bits), count(1) {
        while (shift > 0 && entry_count * sizeof(uint16_t) / count > kRegionBytes) {
            shift -= 1;
            count *= 2;
        }
        ends.resize(count);
        for (size_t i = 0; i < step_count; ++i) ends[steps[i].mask >> shift] = i + 1;
        for (size_t i = 1; i < count; ++i) ends[i] = std::max(ends[i], ends[i - 1]);
    }
    size_t begin(size_t prefix) const { return prefix ? ends[prefix - 1] : 0; }
    size_t end(size_t prefix) const { return ends[prefix]; }
};

// Asks memory for the signatures of a region, bit by bit while the one before it is visited.
class Stream {
   public:
    Stream(const UnseenChunk &chunk, const Regions &regions, size_t region, size_t parts) {
        if (region >= regions.count) return;
        at_ = reinterpret_cast<const char *>(chunk.signatures + chunk.offsets[region << regions.shift]);
        end_ = reinterpret_cast<const char *>(chunk.signatures + chunk.offsets[(region + 1) << regions.shift]);
        lines_ = static_cast<size_t>(end_ - at_) / kLine / parts + 1;
    }
    void next() {
        for (size_t i = 0; i < lines_ && at_ < end_; ++i, at_ += kLine) __builtin_prefetch(at_, 0, 2);
    }

   private:
    const char *at_ = nullptr, *end_ = nullptr;
    size_t lines_ = 0;
};

struct Run {
    const UnseenSearchKernels &kernels;
    const std::function<void(const UnseenMet *, size_t)> &take;
    UnseenMeeting meeting{};
    std::vector<double> left_ns;
    double all_left_ns = 0;
    size_t waiting = 0;
    std::vector<uint32_t> positions = std::vector<uint32_t>(kRoom);
    std::vector<uint32_t> queries = std::vector<uint32_t>(kRoom);
    std::vector<uint32_t> entries = std::vector<uint32_t>(kRoom);
    std::vector<UnseenMet> near = std::vector<UnseenMet>(kRoom);

    void meet() {
        const size_t found =
            kernels.meet(meeting, positions.data(), queries.data(), waiting, entries.data(), near.data());
        if (found == kUnseenUnsound) throw UnseenDamage("a bucket names an entry that does not exist");
        if (found) take(near.data(), found);
        waiting = 0;
    }

    bool gives_up(size_t query) const { return left_ns[query] < 0 || all_left_ns < 0; }

    void visit(UnseenSift sift, size_t query) {
        size_t visited = 0;
        while (sift.step < sift.step_count && !gives_up(query)) {
            if (kRoom - waiting < 2 * kUnseenSiftRoom) meet();
            const size_t found = kernels.sift(sift, positions.data() + waiting, kRoom - waiting);
            if (found == kUnseenUnsound) throw UnseenDamage("a directory does not ascend");
            std::fill_n(queries.data() + waiting, found, static_cast<uint32_t>(query));
            waiting += found;
            const double spent_ns = kCosts.sift_entry * static_cast<double>(sift.visited - visited) +
                                    kCosts.sift_verify * static_cast<double>(found);
            visited = sift.visited;
            left_ns[query] -= spent_ns;
            all_left_ns -= spent_ns;
        }
    }

    void visit_chunk(const UnseenChunk &chunk, const UnseenRule &rule, const UnseenStep *steps, size_t step_count) {
        const UnseenChunkShape &shape = chunk.shape;
        const size_t count = left_ns.size();
        const Regions regions(shape, meeting.entry_count, steps, step_count);
        // Where queries visit most of the buckets, all are asked for in a row.
        const bool streams = regions.count > 1 && 2 * count * step_count > chunk.directory_size();
        for (size_t region = 0; region < regions.count; ++region) {
            Stream stream(chunk, regions, streams ? region + 1 : regions.count, count);
            for (size_t q = 0; q < count; ++q) {
                stream.next();
                const uint64_t *query = meeting.queries[q];
                const uint32_t base = unseen_extract(query, shape.start, shape.directory_bits);
                const size_t prefix = region ^ base >> regions.shift;
                const size_t begin = regions.begin(prefix), end = regions.end(prefix);
                if (begin == end || gives_up(q)) continue;
                const uint16_t signature = static_cast<uint16_t>(
                    unseen_extract(query, (shape.start + shape.directory_bits) % kUnseenBits, kUnseenSignatureBits));
                visit({chunk.offsets, chunk.signatures, meeting.entry_count, base, steps + begin, end - begin, signature,
                       rule.own_mask, rule.ring_mask, rule.own_bound, rule.ring_bound, !streams},
                      q);
            }
        }
    }
};

}  // namespace

std::vector<uint32_t> unseen_sift_all(const UnseenPlanes &codes, const UnseenTables &tables, const UnseenPlan &plan,
                                      const uint64_t (*queries)[4], size_t count, unsigned radius, UnseenBudget budget,
                                      const std::function<void(const UnseenMet *, size_t)> &take) {
    Run run{unseen_search_kernels(), take};
    run.left_ns.assign(count, budget.query_ns);
    run.all_left_ns = budget.all_ns;
    for (size_t begin = 0, end = 0; begin < plan.steps.size(); begin = end) {
        const size_t number = plan.steps[begin].chunk;
        while (end < plan.steps.size() && plan.steps[end].chunk == number) ++end;
        const UnseenChunk &chunk = tables.chunks[number];
        run.meeting = {chunk.entries, codes.heads, codes.tails, static_cast<uint32_t>(codes.count), queries, radius};
        run.visit_chunk(chunk, plan.rule[number], plan.steps.data() + begin, end - begin);
        run.meet();
    }
    std::vector<uint32_t> gave_up;
    for (size_t q = 0; q < count; ++q) {
        if (run.left_ns[q] < 0 || run.all_left_ns < 0) gave_up.push_back(static_cast<uint32_t>(q));
    }
    return gave_up;
}
