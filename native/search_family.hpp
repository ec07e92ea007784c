// Exact search for many hashes of one picture at once, which lie near each other.
//
// Mirroring a picture changes the signs of those coefficients whose row or whose column is odd, and with them, but for a
// few, all bits of two of four classes. Let D(x, y) be the least number of differing bits between x and y when all bits
// of any of three classes may be flipped: never more than their plain distance d, and a metric, since flips change no
// distance. So where d(entry, query) <= radius, D(entry, centre) <= radius + D(centre, query): one comparison with a
// centre stands for all queries near it and their mirror images. See docs/explanation/exact-search.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "search_kernels.hpp"

// Queries near a centre.
struct UnseenCluster {
    uint64_t centre[4];  // in classes
    unsigned reach = 0;  // the largest D between the centre and a member
    size_t first = 0, count = 0;  // among the members of all clusters
};

// Queries in the order of clusters; of one cluster, the furthest from its centre first.
struct UnseenMembers {
    std::vector<uint64_t> heads, tails;
    std::vector<uint32_t> numbers;
    std::vector<uint8_t> spread;  // D between each and its centre
};

class UnseenFamily {
   public:
    // At most 2^25 queries, of which `group_size` in a row belong to one placing.
    UnseenFamily(const uint8_t *queries, size_t count, unsigned radius, unsigned group_size);
    // Some of them, under the numbers that they have here.
    UnseenFamily(const UnseenFamily &whole, const std::vector<uint32_t> &numbers);

    const uint64_t (*codes() const)[4] { return reinterpret_cast<const uint64_t (*)[4]>(codes_.data()); }
    size_t count() const { return codes_.size() / 4; }
    unsigned radius() const { return radius_; }
    unsigned group_size() const { return group_size_; }
    // One cluster without a centre: for lists so short that clusters do not pay.
    const UnseenMembers &all() const { return all_; }
    // Made when first asked for.
    const std::vector<UnseenCluster> &clusters() const;
    const UnseenMembers &members() const { return members_; }

   private:
    void gather() const;

    std::vector<uint64_t> codes_;
    unsigned radius_, group_size_;
    UnseenMembers all_;
    mutable std::once_flag gathered_;
    mutable std::vector<UnseenCluster> clusters_;
    mutable UnseenMembers members_;
};

// Every entry that a query came near, with its nearest queries: memory for these alone, however many came near it.
class UnseenReached {
   public:
    explicit UnseenReached(unsigned group_size) : group_size_(group_size) {}

    void add(uint64_t entry, uint64_t distance, uint64_t query) {
        keys_.push_back(entry << kEntryShift | distance << kDistanceShift | query);
        if (keys_.size() >= room_) fold();
    }
    // Calls `visit(entry, distance, query)` by ascending (entry, distance, query).
    template <typename Visit>
    void visit(Visit visit) {
        fold();
        for (uint64_t key : keys_) visit(key >> kEntryShift, key >> kDistanceShift & 127, key & kQueryMask);
    }

   private:
    static constexpr int kEntryShift = 32, kDistanceShift = 25;
    static constexpr uint64_t kQueryMask = (uint64_t{1} << kDistanceShift) - 1;
    void fold();

    unsigned group_size_;
    size_t room_ = size_t{1} << 20;
    std::vector<uint64_t> keys_;
};

// The two nearest queries of different groups to one entry.
class UnseenNearest {
   public:
    static constexpr unsigned kKept = 2;
    // `key` orders by (distance, query).
    void take(uint64_t key, unsigned group_size);
    uint64_t key(unsigned place) const { return keys_[place]; }
    static constexpr uint64_t kNone = ~uint64_t{0};

   private:
    uint64_t keys_[kKept] = {kNone, kNone};
};
