// No byte of a mapped index is used for an answer before the checksum of its block was verified.
//
// Verifying a whole large file takes longer than the first query may; a query touches little of it. So each block is
// verified when it is first touched, and somebody else may verify the rest meanwhile.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

#include "checksum.hpp"

// A search that meets it gives no answer at all.
struct UnseenDamage : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class UnseenGuard {
   public:
    // `checksums` has one number for each block of `data`; both are the caller's, who has verified `checksums`.
    UnseenGuard(const uint8_t *data, size_t bytes, std::vector<uint32_t> checksums)
        : data_(data),
          bytes_(bytes),
          checksums_(std::move(checksums)),
          verified_(new std::atomic<uint64_t>[checksums_.size() / 64 + 1]()) {
        if (checksums_.size() != unseen_block_count(bytes)) throw std::invalid_argument("one checksum for each block");
    }

    // Throws UnseenDamage where a block that holds any of these bytes is not what was written.
    void check(const void *first, size_t size) const {
        if (size == 0) return;
        const size_t offset = static_cast<size_t>(static_cast<const uint8_t *>(first) - data_);
        const size_t last = (offset + size - 1) / kUnseenBlockBytes;
        for (size_t block = offset / kUnseenBlockBytes; block <= last; ++block) {
            if (!(verified_[block / 64].load(std::memory_order_relaxed) >> block % 64 & 1)) {
                verify(block, last);
                return;
            }
        }
    }

    void check_all() const;
    bool is_complete() const { return is_complete_.load(std::memory_order_relaxed); }
    size_t verified_count() const;

   private:
    void verify(size_t block, size_t last) const;

    const uint8_t *data_;
    size_t bytes_;
    std::vector<uint32_t> checksums_;
    std::unique_ptr<std::atomic<uint64_t>[]> verified_;
    mutable std::atomic<bool> is_complete_{false};
};
