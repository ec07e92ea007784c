// Windows with sixteen lanes: AVX-512 (Skylake-X, Zen 4 and later).
#include <immintrin.h>

#include "windows_steps.hpp"

namespace {

struct Lanes512 {
    typedef float Floats __attribute__((vector_size(64)));
    typedef int32_t Ints __attribute__((vector_size(64)));
    static constexpr int WIDTH = 16;

    static Ints bits_of(Floats values) { return reinterpret_cast<Ints>(values); }
    static unsigned above(const float *sixteen, float bound) {
        return _mm512_cmp_ps_mask(_mm512_loadu_ps(sixteen), _mm512_set1_ps(bound), _CMP_GT_OQ);
    }
};

}  // namespace

const UnseenWindowsKernel unseen_windows_avx512 = {columns<Lanes512>, window<Lanes512>, hashes_of<Lanes512>};
