// Windows with sixteen lanes: AVX-512 (Skylake-X, Zen 4 and later).
#include <immintrin.h>

#include "windows_steps.hpp"

namespace {

struct Lanes512 {
    typedef float Floats __attribute__((vector_size(64)));
    typedef int32_t Ints __attribute__((vector_size(64)));
    static constexpr int WIDTH = 16;

    static Ints bits_of(Floats values) { return reinterpret_cast<Ints>(values); }
    static Floats floats_of(Ints bits) { return reinterpret_cast<Floats>(bits); }
    static unsigned bits_below(Ints keys, int32_t bound) {
        return _mm512_cmplt_epi32_mask(reinterpret_cast<__m512i>(keys), _mm512_set1_epi32(bound));
    }
    static int count_below(const Ints *keys, int32_t bound) {
        int count = 0;
        for (int i = 0; i < UNSEEN_WINDOW_BITS / WIDTH; ++i) count += __builtin_popcount(bits_below(keys[i], bound));
        return count;
    }
    static unsigned sixteen_from(const Ints *keys, int32_t least) { return ~bits_below(keys[0], least) & 0xffff; }
};

}  // namespace

const UnseenWindowsKernel unseen_windows_avx512 = {add_pixels, add_lanes, columns<Lanes512>, window<Lanes512>,
                                                   hashes_of<Lanes512>};
