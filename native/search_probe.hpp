// One query against the bucket tables: probe, filter by signature, verify against the codes.
#pragma once

#include <cstdint>

#include "search_kernels.hpp"
#include "search_plan.hpp"
#include "search_tables.hpp"

// Packed matches, grown without initialising.
class UnseenKeys {
   public:
    UnseenKeys() = default;
    UnseenKeys(const UnseenKeys &) = delete;
    UnseenKeys &operator=(const UnseenKeys &) = delete;
    ~UnseenKeys();
    uint64_t *room_for(size_t more);
    void added(size_t more) { size_ += more; }
    void push(uint64_t key) {
        *room_for(1) = key;
        ++size_;
    }
    void truncate(size_t size) { size_ = size; }
    size_t size() const { return size_; }
    uint64_t *begin() { return data_; }
    uint64_t *end() { return data_ + size_; }
    const uint64_t *begin() const { return data_; }

   private:
    uint64_t *data_ = nullptr;
    size_t size_ = 0, capacity_ = 0;
};

// Appends every code within `radius` of the query to `keys`, in no order, each once, as query number 0.
// Returns false, having appended nothing, as soon as the buckets of this query have cost more than `limit_ns`.
bool unseen_probe(const UnseenPlanes &codes, const UnseenTables &tables, const UnseenPlan &plan, const uint64_t query[4],
                  unsigned radius, double limit_ns, UnseenKeys &keys);
