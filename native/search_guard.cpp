#include "search_guard.hpp"

#include <algorithm>
#include <string>

namespace {

// As many blocks as fit the first-level cache twice over: long runs go side by side through the processor.
constexpr size_t kRun = 16;

}  // namespace

void UnseenGuard::verify(size_t block, size_t last) const {
    uint32_t found[kRun];
    for (; block <= last; block += kRun) {
        const size_t run = std::min(kRun, last + 1 - block);
        const size_t offset = block * kUnseenBlockBytes;
        unseen_crc32c_blocks(data_ + offset, std::min(run * kUnseenBlockBytes, bytes_ - offset), found);
        for (size_t i = 0; i < run; ++i) {
            if (found[i] != checksums_[block + i]) {
                throw UnseenDamage("block " + std::to_string(block + i) + " is damaged");
            }
            verified_[(block + i) / 64].fetch_or(uint64_t{1} << (block + i) % 64, std::memory_order_relaxed);
        }
    }
}

void UnseenGuard::check_all() const {
    if (is_complete() || checksums_.empty()) return;
    verify(0, checksums_.size() - 1);
    is_complete_.store(true, std::memory_order_relaxed);
}

size_t UnseenGuard::verified_count() const {
    size_t count = 0;
    for (size_t word = 0; word <= checksums_.size() / 64; ++word) {
        count += static_cast<size_t>(__builtin_popcountll(verified_[word].load(std::memory_order_relaxed)));
    }
    return count;
}
