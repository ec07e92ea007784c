// Memory that exact search owns: anonymous pages, large ones where the kernel grants them, grown without copying.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "search_kernels.hpp"

class UnseenRegion {
   public:
    UnseenRegion() = default;
    explicit UnseenRegion(size_t bytes) { grow(bytes); }
    UnseenRegion(UnseenRegion &&other) noexcept
        : data_(std::exchange(other.data_, nullptr)), capacity_(std::exchange(other.capacity_, 0)) {}
    UnseenRegion &operator=(UnseenRegion &&other) noexcept {
        std::swap(data_, other.data_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~UnseenRegion() {
        if (data_) munmap(data_, capacity_);
    }

    // Makes room for `bytes` and the padding that vector loads need. New bytes are zero.
    void grow(size_t bytes) {
        const size_t page = bytes >= kLargePage ? kLargePage : kSmallPage;
        const size_t wanted = (bytes + kUnseenPadBytes + page - 1) / page * page;
        if (wanted <= capacity_) return;
        void *place = reserve(wanted, page);
        if (data_ && mremap(data_, capacity_, wanted, MREMAP_MAYMOVE | MREMAP_FIXED, place) == MAP_FAILED) {
            munmap(place, wanted);
            throw std::bad_alloc();
        }
        data_ = place;
        capacity_ = wanted;
        // Buckets lie at random addresses: with small pages most of a probe would be spent on address translation.
        if (page == kLargePage) madvise(data_, capacity_, MADV_HUGEPAGE);
    }

    template <typename T>
    T *as() const {
        return static_cast<T *>(data_);
    }
    size_t capacity() const { return capacity_; }

   private:
    static constexpr size_t kSmallPage = size_t{1} << 12, kLargePage = size_t{1} << 21;

    // Fresh pages that begin at a multiple of `alignment`; a large page needs that.
    static void *reserve(size_t bytes, size_t alignment) {
        const size_t slack = alignment - kSmallPage;
        void *found = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (found == MAP_FAILED) throw std::bad_alloc();
        char *first = static_cast<char *>(found);
        const size_t before = (alignment - reinterpret_cast<uintptr_t>(first) % alignment) % alignment;
        if (before) munmap(first, before);
        if (slack - before) munmap(first + before + bytes, slack - before);
        return first + before;
    }

    void *data_ = nullptr;
    size_t capacity_ = 0;
};
