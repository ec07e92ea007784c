// Many queries against the bucket tables, one chunk after the other: its tables stay in the second-level cache while all
// queries visit them, and what passes is compared in long runs.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "search_kernels.hpp"
#include "search_plan.hpp"
#include "search_tables.hpp"

// What many queries together may cost before they are answered in another way, in nanoseconds.
struct UnseenBudget {
    double query_ns, all_ns;
};

// Gives `take` every code within `radius` of a query, at least once. Queries whose buckets cost more than the budget are
// named in the answer: of these some codes may not have been given. Tables and codes must have been verified.
std::vector<uint32_t> unseen_sift_all(const UnseenPlanes &codes, const UnseenTables &tables, const UnseenPlan &plan,
                                      const uint64_t (*queries)[4], size_t count, unsigned radius, UnseenBudget budget,
                                      const std::function<void(const UnseenMet *, size_t)> &take);
