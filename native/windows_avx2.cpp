// Windows with eight lanes: AVX2 (Haswell, Zen and later).
#include <immintrin.h>

#include "windows_steps.hpp"

namespace {

struct Lanes256 {
    typedef float Floats __attribute__((vector_size(32)));
    typedef int32_t Ints __attribute__((vector_size(32)));
    static constexpr int WIDTH = 8;

    static Ints bits_of(Floats values) { return reinterpret_cast<Ints>(values); }
    static Floats floats_of(Ints bits) { return reinterpret_cast<Floats>(bits); }
    static int bits_below(Ints keys, int32_t bound) {
        return _mm256_movemask_ps(_mm256_castsi256_ps(reinterpret_cast<__m256i>(keys < bound)));
    }
    static int count_below(const Ints *keys, int32_t bound) {
        int count = 0;
        for (int i = 0; i < UNSEEN_WINDOW_BITS / WIDTH; ++i) count += __builtin_popcount(bits_below(keys[i], bound));
        return count;
    }
    static unsigned sixteen_from(const Ints *keys, int32_t least) {
        return static_cast<unsigned>(~(bits_below(keys[0], least) | bits_below(keys[1], least) << 8)) & 0xffff;
    }
};

}  // namespace

const UnseenWindowsKernel unseen_windows_avx2 = {add_pixels, add_lanes, columns<Lanes256>, window<Lanes256>,
                                                 hashes_of<Lanes256>};
