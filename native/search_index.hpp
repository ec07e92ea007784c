// An exact index over 256-bit codes: chooses between scan and multi-index hashing, takes additions and removals.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "search_probe.hpp"
#include "search_tables.hpp"

enum class UnseenMethod : int { automatic = 0, scan = 1, multi_index = 2 };

// Matches of a batch: keys of block b are those before ends[b], and number queries from b * kBlock.
struct UnseenMatches {
    static constexpr size_t kBlock = 1024;
    UnseenKeys keys;
    std::vector<size_t> ends;
};

// Chunks for a list that nobody has an opinion about; empty where only a scan will do.
std::vector<UnseenChunkShape> unseen_usual_chunks(uint64_t count, unsigned threshold_max);

class UnseenFamily;

class UnseenIndex {
   public:
    explicit UnseenIndex(unsigned threshold_max) : threshold_max_(threshold_max) {}

    // All of these may be called from many threads: searches run side by side, changes alone.
    size_t append(const uint8_t *rows, size_t count);  // returns the number of the first new entry
    void build(UnseenMethod method, unsigned chunk_count);
    void remove(const std::vector<uint32_t> &entries);
    void search(const uint8_t *queries, size_t count, unsigned threshold, UnseenMatches &matches) const;
    // Every entry within the radius of any query of the family, with its nearest ones (UnseenNearest), ordered by
    // (entry, distance, query). The radius may be larger than that for which the index was made.
    void search_family(const UnseenFamily &family, UnseenKeys &keys) const;

    // The 32 bytes of an entry; throws std::out_of_range where there is none.
    void read_code(size_t entry, uint8_t *row) const;

    unsigned threshold_max() const { return threshold_max_; }
    size_t count() const { return base_.count + delta_.count; }
    size_t removed_count() const { return removed_count_; }
    bool is_removed(size_t entry) const { return entry / 64 < removed_.size() && removed_[entry / 64] >> entry % 64 & 1; }
    bool scans(unsigned threshold) const;
    size_t bytes() const;

    // What a file holds; whoever reads or sets these sees to it that nothing else changes the index meanwhile.
    UnseenPlanes base_, delta_;
    UnseenTables tables_;
    std::vector<uint64_t> removed_;
    void ready(UnseenMethod method);

   private:
    void build_locked(UnseenMethod method, unsigned chunk_count);
    const UnseenPlan &plan_for(unsigned threshold) const;
    void search_block(const uint8_t *queries, size_t count, unsigned threshold, const UnseenPlan &plan,
                      UnseenKeys &keys) const;
    void scan(const uint64_t (*queries)[4], const uint32_t *numbers, size_t count, const UnseenPlanes &codes,
              size_t first_entry, const UnseenGuard *guard, unsigned threshold, UnseenKeys &keys) const;
    void drop_removed(UnseenKeys &keys, size_t from) const;

    unsigned threshold_max_;
    UnseenMethod method_ = UnseenMethod::automatic;
    bool is_built_ = false;
    size_t removed_count_ = 0;
    mutable std::shared_mutex changing_;
    mutable std::mutex planning_;
    mutable std::array<std::unique_ptr<UnseenPlan>, kUnseenRadiusMax + 1> plans_;
    mutable std::array<std::atomic<const UnseenPlan *>, kUnseenRadiusMax + 1> ready_plans_{};
};
