#include "digests.hpp"

#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstring>

#include "bindings.hpp"
#include "cpu.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace nb = nanobind;

namespace {

using Bytes = nb::ndarray<const uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

void put_big_endian(uint8_t *to, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) to[i] = static_cast<uint8_t>(value >> 8 * (bytes - 1 - i));
}

void put_little_endian(uint8_t *to, uint64_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i) to[i] = static_cast<uint8_t>(value >> 8 * i);
}

// Takes bytes in pieces of any size; what fills no block waits for the next.
class TripleDigest {
  public:
    TripleDigest() {
        if (!unseen_sha_is_available()) throw nb::value_error("this processor has no instructions for digests");
    }

    void update(Bytes data) {
        const nb::gil_scoped_release others_may_run;
        take(data.data(), data.size());
    }

    nb::tuple digests() const {
        const UnseenDigestState big = finished(put_big_endian), little = finished(put_little_endian);
        uint8_t sha256[32], sha1[20], md5[16];
        for (size_t i = 0; i < 8; ++i) put_big_endian(sha256 + 4 * i, big.sha256[i], 4);
        for (size_t i = 0; i < 5; ++i) put_big_endian(sha1 + 4 * i, big.sha1[i], 4);
        for (size_t i = 0; i < 4; ++i) put_little_endian(md5 + 4 * i, little.md5[i], 4);
        return nb::make_tuple(nb::bytes(sha256, 32), nb::bytes(sha1, 20), nb::bytes(md5, 16));
    }

  private:
    void take(const uint8_t *data, size_t bytes) {
        const size_t waiting = size_bytes_ % kUnseenDigestBlockBytes;
        size_bytes_ += bytes;
        if (waiting) {
            const size_t wanted = std::min(bytes, kUnseenDigestBlockBytes - waiting);
            std::memcpy(rest_ + waiting, data, wanted);
            if (waiting + wanted < kUnseenDigestBlockBytes) return;
            digest_blocks(state_, rest_, 1);
            data += wanted, bytes -= wanted;
        }
        const size_t blocks = bytes / kUnseenDigestBlockBytes, taken = blocks * kUnseenDigestBlockBytes;
        digest_blocks(state_, data, blocks);
        if (bytes > taken) std::memcpy(rest_, data + taken, bytes - taken);
    }

    // The end of each message: one bit, zeros, and its length in bits; SHA writes that big-endian, MD5 little-endian.
    UnseenDigestState finished(void (*put)(uint8_t *, uint64_t, size_t)) const {
        UnseenDigestState state = state_;
        const size_t waiting = size_bytes_ % kUnseenDigestBlockBytes;
        uint8_t end[2 * kUnseenDigestBlockBytes] = {};
        std::memcpy(end, rest_, waiting);
        end[waiting] = 0x80;
        const size_t blocks = waiting + 9 > kUnseenDigestBlockBytes ? 2 : 1;
        put(end + blocks * kUnseenDigestBlockBytes - 8, size_bytes_ * 8, 8);
        digest_blocks(state, end, blocks);
        return state;
    }

    static void digest_blocks(UnseenDigestState &state, const uint8_t *data, size_t count) {
#if defined(__x86_64__)
        unseen_digest_blocks_sha(state, data, count);
#else
        (void)state, (void)data, (void)count;
#endif
    }

    UnseenDigestState state_;
    uint64_t size_bytes_ = 0;
    uint8_t rest_[kUnseenDigestBlockBytes];
};

}  // namespace

bool unseen_sha_is_available() {
#if defined(__x86_64__)
    unsigned eax, ebx, ecx, edx;
    constexpr unsigned kSha = 1u << 29;
    return unseen_isa_is_available(UnseenIsa::avx2) && __builtin_cpu_supports("bmi") &&
           __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ebx & kSha);
#else
    return false;
#endif
}

void bind_digests(nb::module_ &module) {
    module.def("sha_is_available", &unseen_sha_is_available, "Whether TripleDigest can be had here.");
    nb::class_<TripleDigest>(module, "TripleDigest", "SHA-256, SHA-1 and MD5 side by side. Wrapped by unseen.hashing.")
        .def(nb::init<>())
        .def("update", &TripleDigest::update, nb::arg("data"), "Take the next bytes.")
        .def("digests", &TripleDigest::digests, "SHA-256, SHA-1 and MD5 of all bytes so far.");
}
