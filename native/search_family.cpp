#include "search_family.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "search_index.hpp"
#include "search_sift.hpp"

namespace {

// D of an entry that may still lie within 64 bits of a query, with some room for how far a centre may lie from its
// queries. Unrelated pictures lie some 118 bits from each other by this measure, so few get further.
constexpr unsigned kPassing = 100;
constexpr UnseenCosts kCosts;
// In place of the distance of a query from its centre: none holds it yet.
constexpr uint8_t kNowhere = UINT8_MAX;

// Vector loads run beyond the last of them.
void pad(UnseenMembers &members) {
    for (std::vector<uint64_t> *plane : {&members.heads, &members.tails}) {
        plane->resize(plane->size() + kUnseenPadBytes / sizeof(uint64_t));
    }
}

void append(UnseenMembers &members, const uint64_t code[4], size_t number, unsigned spread) {
    members.heads.insert(members.heads.end(), code, code + 2);
    members.tails.insert(members.tails.end(), code + 2, code + 4);
    members.numbers.push_back(static_cast<uint32_t>(number));
    members.spread.push_back(static_cast<uint8_t>(spread));
}

// A code by its classes.
struct Classes {
    uint64_t word[4];
    explicit Classes(const uint64_t code[4]) {
        for (size_t c = 0; c < 4; ++c) word[c] = unseen_class_word(code, kUnseenClassShift[c]);
    }
};

// How far each of all queries lies from one code.
class Distances {
   public:
    Distances(const UnseenMembers &all, size_t count) : kernels_(unseen_search_kernels()), count_(count) {
        for (size_t first = 0; first < count; first += kernels_.family_tile) {
            tiles_.resize(tiles_.size() + kUnseenClassWordsMax * kernels_.family_tile);
            kernels_.classes(all.heads.data() + 2 * first, all.tails.data() + 2 * first, length(first), tile(first));
        }
    }
    // Calls `visit(number, D)` for each query of which D is at most the bound.
    template <typename Visit>
    void visit(const uint64_t centre[4], unsigned bound, Visit visit) {
        for (size_t first = 0; first < count_; first += kernels_.family_tile) {
            const size_t found = kernels_.near(tile(first), length(first), centre, bound, found_);
            for (size_t i = 0; i < found; ++i) visit(first + (found_[i] & 0xffff), found_[i] >> 16);
        }
    }

   private:
    size_t length(size_t first) const { return std::min(kernels_.family_tile, count_ - first); }
    uint64_t *tile(size_t first) { return tiles_.data() + kUnseenClassWordsMax * first; }

    const UnseenSearchKernels &kernels_;
    size_t count_;
    std::vector<uint64_t> tiles_;
    uint32_t found_[kUnseenFamilyTileMax];
};

// Counts the ones at 256 places at once: one word for each binary digit of 64 counts.
class Votes {
   public:
    // Each class but the first is flipped where that brings it nearer to another code.
    void add(const uint64_t code[4], const uint64_t other[4]) {
        count_ += 1;
        for (size_t c = 0; c < 4; ++c) {
            uint64_t carry = code[c];
            if (c > 0 && __builtin_popcountll(code[c] ^ other[c]) > 32) carry = ~carry;
            for (size_t digit = 0; carry; ++digit) {
                const uint64_t next = digits_[c][digit] & carry;
                digits_[c][digit] ^= carry;
                carry = next;
            }
        }
    }
    // Ones where more than half have one.
    void majority(uint64_t code[4]) const {
        for (size_t c = 0; c < 4; ++c) {
            uint64_t more = 0, equal = ~uint64_t{0};
            for (size_t digit = kDigits; digit-- > 0;) {
                const uint64_t half = count_ / 2 >> digit & 1 ? ~uint64_t{0} : 0;
                more |= equal & digits_[c][digit] & ~half;
                equal &= ~(digits_[c][digit] ^ half);
            }
            code[c] = more;
        }
    }

   private:
    static constexpr size_t kDigits = 26;  // of as many queries as there may be
    uint64_t digits_[4][kDigits] = {};
    uint64_t count_ = 0;
};

}  // namespace

void UnseenNearest::take(uint64_t key, unsigned group_size) {
    if (key >= keys_[kKept - 1]) return;
    const auto group = [group_size](uint64_t one) { return static_cast<uint32_t>(one) / group_size; };
    unsigned place = kKept - 1;
    for (unsigned i = 0; i + 1 < kKept; ++i) {
        if (keys_[i] != kNone && group(keys_[i]) == group(key)) place = i;
    }
    if (key >= keys_[place]) return;
    keys_[place] = key;
    std::sort(keys_, keys_ + kKept);
}

void UnseenReached::fold() {
    std::sort(keys_.begin(), keys_.end());
    size_t kept = 0;
    for (size_t i = 0; i < keys_.size();) {
        const uint64_t entry = keys_[i] >> kEntryShift;
        UnseenNearest nearest;
        for (; i < keys_.size() && keys_[i] >> kEntryShift == entry; ++i) {
            nearest.take((keys_[i] >> kDistanceShift & 127) << 32 | (keys_[i] & kQueryMask), group_size_);
        }
        for (unsigned place = 0; place < UnseenNearest::kKept && nearest.key(place) != UnseenNearest::kNone; ++place) {
            const uint64_t distance = nearest.key(place) >> 32, query = static_cast<uint32_t>(nearest.key(place));
            keys_[kept++] = entry << kEntryShift | distance << kDistanceShift | query;
        }
    }
    keys_.resize(kept);
    room_ = std::max(size_t{1} << 20, 2 * kept);
}

UnseenFamily::UnseenFamily(const uint8_t *queries, size_t count, unsigned radius, unsigned group_size)
    : codes_(4 * count), radius_(radius), group_size_(group_size) {
    if (count) std::memcpy(codes_.data(), queries, 32 * count);
    for (size_t q = 0; q < count; ++q) append(all_, codes()[q], q, 0);
    pad(all_);
}

UnseenFamily::UnseenFamily(const UnseenFamily &whole, const std::vector<uint32_t> &numbers)
    : radius_(whole.radius_), group_size_(whole.group_size_) {
    for (uint32_t number : numbers) {
        codes_.insert(codes_.end(), whole.codes()[number], whole.codes()[number] + 4);
        append(all_, whole.codes()[number], number, 0);
    }
    pad(all_);
}

const std::vector<UnseenCluster> &UnseenFamily::clusters() const {
    std::call_once(gathered_, [this] { gather(); });
    return clusters_;
}

// Around each query that no cluster holds yet, what most of those around it say becomes a centre: it lies nearer to
// all of them than they lie to each other. Where the query is too far even from that, it is a centre itself.
void UnseenFamily::gather() const {
    const unsigned reach_max = kPassing > radius_ ? kPassing - radius_ : 0;
    Distances distances(all_, count());
    std::vector<uint32_t> cluster_of(count());
    std::vector<uint8_t> spread(count(), kNowhere);
    for (size_t seed = 0; seed < count(); ++seed) {
        if (spread[seed] != kNowhere) continue;
        const Classes own(codes()[seed]);
        Classes centre = own;
        for (unsigned around : {reach_max * 5 / 3, reach_max * 4 / 3}) {
            Votes votes;
            distances.visit(centre.word, around, [&](size_t query, unsigned) {
                if (spread[query] == kNowhere) votes.add(Classes(codes()[query]).word, centre.word);
            });
            votes.majority(centre.word);
        }
        bool is_near = false;
        distances.visit(centre.word, reach_max, [&](size_t query, unsigned) { is_near |= query == seed; });
        if (!is_near) centre = own;
        const uint32_t number = static_cast<uint32_t>(clusters_.size());
        clusters_.emplace_back();
        std::copy_n(centre.word, 4, clusters_.back().centre);
        distances.visit(centre.word, reach_max, [&](size_t query, unsigned D) {
            if (D >= spread[query]) return;
            spread[query] = static_cast<uint8_t>(D);
            cluster_of[query] = number;
        });
    }
    std::vector<uint32_t> order(count());
    std::iota(order.begin(), order.end(), 0u);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
        if (cluster_of[a] != cluster_of[b]) return cluster_of[a] < cluster_of[b];
        return spread[a] != spread[b] ? spread[a] > spread[b] : a < b;
    });
    for (size_t i = 0; i < order.size(); ++i) {
        UnseenCluster &cluster = clusters_[cluster_of[order[i]]];
        if (cluster.count++ == 0) {
            cluster.first = i;
            cluster.reach = spread[order[i]];
        }
        append(members_, codes()[order[i]], all_.numbers[order[i]], spread[order[i]]);
    }
    // Those whose members all lie nearer to another centre.
    clusters_.erase(std::remove_if(clusters_.begin(), clusters_.end(), [](const UnseenCluster &one) { return !one.count; }),
                    clusters_.end());
    pad(members_);
}

namespace {

// Below so many codes, comparing each with all queries costs less than to find out which queries lie together.
constexpr size_t kShort = 2048;

// One tile of codes: entries of it that lie within the radius of a query, and the nearest queries of each.
struct Tile {
    const UnseenFamily &family;
    const UnseenSearchKernels &kernels = unseen_search_kernels();
    std::vector<uint64_t> planes = std::vector<uint64_t>(kUnseenClassWordsMax * kernels.family_tile);
    std::vector<uint32_t> near = std::vector<uint32_t>(kernels.family_tile);
    std::vector<uint64_t> found = std::vector<uint64_t>(family.count());
    std::vector<UnseenNearest> nearest = std::vector<UnseenNearest>(kernels.family_tile);
    const uint64_t *heads = nullptr, *tails = nullptr;

    void compare(size_t at, const UnseenMembers &members, size_t first, size_t count) {
        const uint64_t entry[1][4] = {{heads[2 * at], heads[2 * at + 1], tails[2 * at], tails[2 * at + 1]}};
        const size_t within = kernels.scan(members.heads.data() + 2 * first, members.tails.data() + 2 * first,
                                           static_cast<uint32_t>(first), count, entry, 1, family.radius(), found.data());
        for (size_t i = 0; i < within; ++i) {
            const uint64_t distance = found[i] >> kUnseenDistanceShift;
            nearest[at].take(distance << 32 | members.numbers[static_cast<uint32_t>(found[i])], family.group_size());
        }
    }

    void compare_all(size_t length) {
        for (size_t at = 0; at < length; ++at) compare(at, family.all(), 0, family.count());
    }

    void compare_clusters(size_t length) {
        const UnseenMembers &members = family.members();
        kernels.classes(heads, tails, length, planes.data());
        for (const UnseenCluster &cluster : family.clusters()) {
            const size_t passed =
                kernels.near(planes.data(), length, cluster.centre, family.radius() + cluster.reach, near.data());
            for (size_t i = 0; i < passed; ++i) {
                // A member nearer to the centre than this is too far from the entry.
                const unsigned D = near[i] >> 16, least = D > family.radius() ? D - family.radius() : 0;
                const uint8_t *spread = members.spread.data() + cluster.first;
                const uint8_t *end = std::partition_point(spread, spread + cluster.count,
                                                          [least](uint8_t one) { return one >= least; });
                compare(near[i] & 0xffff, members, cluster.first, static_cast<size_t>(end - spread));
            }
        }
    }

    void empty_into(size_t length, size_t first_entry, UnseenReached &reached) {
        for (size_t at = 0; at < length; ++at) {
            for (unsigned place = 0; place < UnseenNearest::kKept && nearest[at].key(place) != UnseenNearest::kNone; ++place) {
                reached.add(first_entry + at, nearest[at].key(place) >> 32, static_cast<uint32_t>(nearest[at].key(place)));
            }
            nearest[at] = UnseenNearest();
        }
    }
};

void scan_family(const UnseenFamily &family, const UnseenPlanes &codes, size_t first_entry, const UnseenGuard *guard,
                 UnseenReached &reached) {
    if (!family.count()) return;
    Tile tile{family};
    const bool is_short = codes.count < kShort;
    for (size_t at = 0; at < codes.count; at += tile.kernels.family_tile) {
        const size_t length = std::min(tile.kernels.family_tile, codes.count - at);
        tile.heads = codes.heads + 2 * at;
        tile.tails = codes.tails + 2 * at;
        if (guard) {
            guard->check(tile.heads, 16 * length);
            guard->check(tile.tails, 16 * length);
        }
        is_short ? tile.compare_all(length) : tile.compare_clusters(length);
        tile.empty_into(length, first_entry + at, reached);
    }
}

// What probing costs for each query of a family on a list whose buckets are equally long.
double sift_ns(const UnseenPlan &plan) {
    return kCosts.sift_probe * static_cast<double>(plan.steps.size()) + kCosts.sift_entry * plan.visited +
           kCosts.sift_verify * plan.met;
}

}  // namespace

void UnseenIndex::search_family(const UnseenFamily &family, UnseenKeys &keys) const {
    const std::shared_lock<std::shared_mutex> together(changing_);
    if (!family.count()) return;
    UnseenReached reached(family.group_size());
    const UnseenPlan &plan = plan_for(family.radius());
    const double count = static_cast<double>(family.count()), length = static_cast<double>(base_.count);
    const double cluster_ns = unseen_search_kernels().cluster_ns * length;
    // Which queries lie together is found out only where somebody needs it: on a short list nobody does.
    const bool may_probe = !plan.steps.empty() && method_ != UnseenMethod::scan;
    const double scan_ns = may_probe ? cluster_ns * static_cast<double>(family.clusters().size()) : 0;
    if (may_probe && (method_ == UnseenMethod::multi_index || count * sift_ns(plan) < scan_ns)) {
        // Most blocks are needed at once, so all are verified.
        if (const UnseenGuard *guard = tables_.active_guard()) guard->check_all();
        // A query among many near-duplicates gives up when it has cost as much as comparing its cluster with all codes.
        const UnseenBudget budget{cluster_ns, scan_ns};
        const auto take = [&](const UnseenMet *near, size_t near_count) {
            for (size_t i = 0; i < near_count; ++i) reached.add(near[i].entry, near[i].distance, near[i].query);
        };
        const std::vector<uint32_t> left = unseen_sift_all(
            base_, tables_, plan, family.codes(), family.count(), family.radius(), budget, take);
        scan_family(UnseenFamily(family, left), base_, 0, nullptr, reached);
    } else {
        scan_family(family, base_, 0, tables_.active_guard(), reached);
    }
    scan_family(family, delta_, base_.count, nullptr, reached);
    reached.visit([&](uint64_t entry, uint64_t distance, uint64_t query) {
        if (is_removed(entry)) return;
        keys.push(query << kUnseenQueryShift | distance << kUnseenDistanceShift | entry);
    });
}
