#include "search_index.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace {

constexpr UnseenCosts kCosts;
// A tile of codes stays in the second-level cache while all queries of a block pass over it.
constexpr size_t kTile = 8192;
constexpr size_t kGroup = 4;
constexpr uint64_t kEntriesMax = 0xffff'fff0;
constexpr uint64_t kKeyWithoutQuery = (uint64_t{1} << kUnseenQueryShift) - 1;
// Additions are scanned; beyond this many, or a quarter of the list, the tables are built anew.
constexpr size_t kDeltaMax = 65536;
constexpr unsigned kUsualRadius = 31;

unsigned query_and_distance(uint64_t key) { return static_cast<unsigned>(key >> kUnseenDistanceShift); }

// Entries already ascend for every query and distance, so one stable counting pass puts the keys in order.
void order_by_query_and_distance(UnseenKeys &keys, size_t from, size_t query_count) {
    const size_t count = keys.size() - from;
    if (std::is_sorted(keys.begin() + from, keys.end())) return;
    std::vector<size_t> start((query_count << (kUnseenQueryShift - kUnseenDistanceShift)) + 1);
    const uint64_t *key = keys.begin() + from;
    for (size_t i = 0; i < count; ++i) start[query_and_distance(key[i]) + 1] += 1;
    for (size_t i = 1; i < start.size(); ++i) start[i] += start[i - 1];
    std::vector<uint64_t> ordered(count);
    for (size_t i = 0; i < count; ++i) ordered[start[query_and_distance(key[i])]++] = key[i];
    std::copy(ordered.begin(), ordered.end(), keys.begin() + from);
}

}  // namespace

std::vector<UnseenChunkShape> unseen_usual_chunks(uint64_t count, unsigned threshold_max) {
    const std::vector<UnseenChunkShape> shapes = unseen_choose_chunks(count, threshold_max, 0, false);
    // An index for a radius that only a scan can answer is mostly asked for the usual one.
    return shapes.empty() ? unseen_choose_chunks(count, std::min(threshold_max, kUsualRadius), 0, false) : shapes;
}

size_t UnseenIndex::append(const uint8_t *rows, size_t count) {
    const std::unique_lock<std::shared_mutex> alone(changing_);
    if (this->count() + count > kEntriesMax) throw std::length_error("an index holds at most 4294967280 codes");
    const size_t first = this->count();
    (is_built_ ? delta_ : base_).append(rows, count);
    if (delta_.count > std::max(kDeltaMax, base_.count / 4)) build_locked(method_, 0);
    return first;
}

void UnseenIndex::build(UnseenMethod method, unsigned chunk_count) {
    const std::unique_lock<std::shared_mutex> alone(changing_);
    build_locked(method, chunk_count);
}

void UnseenIndex::build_locked(UnseenMethod method, unsigned chunk_count) {
    if (tables_.guard) tables_.guard->check_all();
    if (delta_.count) {
        UnseenPlanes all;
        all.append(base_);
        all.append(delta_);
        base_ = std::move(all);
        delta_ = UnseenPlanes();
    }
    std::vector<UnseenChunkShape> shapes;
    if (method != UnseenMethod::scan && base_.count) {
        const bool must_index = method == UnseenMethod::multi_index;
        shapes = chunk_count || must_index
                     ? unseen_choose_chunks(base_.count, threshold_max_, chunk_count, must_index)
                     : unseen_usual_chunks(base_.count, threshold_max_);
    }
    tables_.build(base_, shapes);
    ready(method);
}

void UnseenIndex::ready(UnseenMethod method) {
    method_ = method;
    is_built_ = true;
    removed_count_ = 0;
    for (uint64_t word : removed_) removed_count_ += static_cast<size_t>(__builtin_popcountll(word));
    for (auto &plan : ready_plans_) plan.store(nullptr);
    for (auto &plan : plans_) plan.reset();
}

void UnseenIndex::remove(const std::vector<uint32_t> &entries) {
    const std::unique_lock<std::shared_mutex> alone(changing_);
    for (uint32_t entry : entries) {
        if (entry >= count()) throw std::out_of_range("no such entry");
    }
    removed_.resize((count() + 63) / 64);
    for (uint32_t entry : entries) {
        removed_count_ += !is_removed(entry);
        removed_[entry / 64] |= uint64_t{1} << entry % 64;
    }
}

void UnseenIndex::read_code(size_t entry, uint8_t *row) const {
    const std::shared_lock<std::shared_mutex> together(changing_);
    if (entry >= count()) throw std::out_of_range("no such entry");
    const bool is_added = entry >= base_.count;
    const UnseenPlanes &codes = is_added ? delta_ : base_;
    const size_t at = 2 * (is_added ? entry - base_.count : entry);
    if (const UnseenGuard *guard = is_added ? nullptr : tables_.active_guard()) {
        guard->check(codes.heads + at, 16);
        guard->check(codes.tails + at, 16);
    }
    std::memcpy(row, codes.heads + at, 16);
    std::memcpy(row + 16, codes.tails + at, 16);
}

const UnseenPlan &UnseenIndex::plan_for(unsigned threshold) const {
    if (const UnseenPlan *ready = ready_plans_[threshold].load(std::memory_order_acquire)) return *ready;
    const std::lock_guard<std::mutex> alone(planning_);
    if (!plans_[threshold]) {
        plans_[threshold] = std::make_unique<UnseenPlan>(
            unseen_make_plan(tables_.shapes(), tables_.mean_lengths(), base_.count, threshold));
        ready_plans_[threshold].store(plans_[threshold].get(), std::memory_order_release);
    }
    return *plans_[threshold];
}

bool UnseenIndex::scans(unsigned threshold) const {
    const UnseenPlan &plan = plan_for(threshold);
    return plan.steps.empty() || (plan.prefer_scan && method_ != UnseenMethod::multi_index);
}

void UnseenIndex::search(const uint8_t *queries, size_t count, unsigned threshold, UnseenMatches &matches) const {
    const std::shared_lock<std::shared_mutex> together(changing_);
    const UnseenPlan &plan = plan_for(threshold);
    for (size_t first = 0; first < count; first += UnseenMatches::kBlock) {
        const size_t block = std::min(count - first, UnseenMatches::kBlock);
        search_block(queries + 32 * first, block, threshold, plan, matches.keys);
        matches.ends.push_back(matches.keys.size());
    }
}

void UnseenIndex::search_block(const uint8_t *queries, size_t count, unsigned threshold, const UnseenPlan &plan,
                               UnseenKeys &keys) const {
    const size_t from = keys.size();
    uint64_t codes[UnseenMatches::kBlock][4];
    std::memcpy(codes, queries, 32 * count);
    uint32_t scanned[UnseenMatches::kBlock] = {};
    size_t scanned_count = 0;
    const double scan_ns = (count >= kGroup ? kCosts.scan_batched : kCosts.scan) * static_cast<double>(base_.count);
    const bool must_probe = method_ == UnseenMethod::multi_index;
    // Half a scan: a query that meets a large cluster then costs at most one and a half.
    const double limit_ns = must_probe ? std::numeric_limits<double>::infinity() : scan_ns / 2;
    const bool probes = !plan.steps.empty() && (must_probe || (!plan.prefer_scan && plan.cost_ns < scan_ns));
    for (size_t q = 0; q < count; ++q) {
        const size_t before = keys.size();
        if (!probes || !unseen_probe(base_, tables_, plan, codes[q], threshold, limit_ns, keys)) {
            scanned[scanned_count++] = static_cast<uint32_t>(q);
            continue;
        }
        std::sort(keys.begin() + before, keys.end());
        for (uint64_t *key = keys.begin() + before; key != keys.end(); ++key) *key |= uint64_t{q} << kUnseenQueryShift;
    }
    scan(codes, scanned, scanned_count, base_, 0, tables_.active_guard(), threshold, keys);
    if (delta_.count) {
        for (size_t q = 0; q < count; ++q) scanned[q] = static_cast<uint32_t>(q);
        scan(codes, scanned, count, delta_, base_.count, nullptr, threshold, keys);
    }
    if (removed_count_) drop_removed(keys, from);
    order_by_query_and_distance(keys, from, count);
}

void UnseenIndex::scan(const uint64_t (*queries)[4], const uint32_t *numbers, size_t count, const UnseenPlanes &codes,
                       size_t first_entry, const UnseenGuard *guard, unsigned threshold, UnseenKeys &keys) const {
    const UnseenSearchKernels &kernels = unseen_search_kernels();
    for (size_t tile = 0; count && tile < codes.count; tile += kTile) {
        const size_t length = std::min(kTile, codes.count - tile);
        if (guard) {
            guard->check(codes.heads + 2 * tile, 16 * length);
            guard->check(codes.tails + 2 * tile, 16 * length);
        }
        for (size_t group = 0; group < count; group += kGroup) {
            const size_t members = std::min(kGroup, count - group);
            uint64_t gathered[kGroup][4];
            for (size_t q = 0; q < members; ++q) std::memcpy(gathered[q], queries[numbers[group + q]], 32);
            uint64_t *out = keys.room_for(length * members);
            const size_t found = kernels.scan(codes.heads + 2 * tile, codes.tails + 2 * tile,
                                              static_cast<uint32_t>(first_entry + tile), length, gathered, members,
                                              threshold, out);
            for (size_t i = 0; i < found; ++i) {
                const uint64_t query = numbers[group + (out[i] >> kUnseenQueryShift)];
                out[i] = (out[i] & kKeyWithoutQuery) | query << kUnseenQueryShift;
            }
            keys.added(found);
        }
    }
}

void UnseenIndex::drop_removed(UnseenKeys &keys, size_t from) const {
    uint64_t *last = std::remove_if(keys.begin() + from, keys.end(),
                                    [this](uint64_t key) { return is_removed(static_cast<uint32_t>(key)); });
    keys.truncate(static_cast<size_t>(last - keys.begin()));
}

size_t UnseenIndex::bytes() const {
    size_t total = (base_.count + delta_.count) * 32 + removed_.size() * 8;
    for (const UnseenChunk &chunk : tables_.chunks) total += chunk.directory_size() * 4 + base_.count * 6;
    return total;
}
