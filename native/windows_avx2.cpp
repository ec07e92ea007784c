// Windows with eight lanes: AVX2 (Haswell, Zen and later).
#include <immintrin.h>

#include "windows_steps.hpp"

namespace {

struct Lanes256 {
    typedef float Floats __attribute__((vector_size(32)));
    typedef int32_t Ints __attribute__((vector_size(32)));
    static constexpr int WIDTH = 8;

    static Ints bits_of(Floats values) { return reinterpret_cast<Ints>(values); }
    static unsigned above(const float *sixteen, float bound) {
        const __m256 bounds = _mm256_set1_ps(bound);
        const int low = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(sixteen), bounds, _CMP_GT_OQ));
        const int high = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_loadu_ps(sixteen + 8), bounds, _CMP_GT_OQ));
        return static_cast<unsigned>(low | high << 8);
    }
};

}  // namespace

const UnseenWindowsKernel unseen_windows_avx2 = {columns<Lanes256>, window<Lanes256>, hashes_of<Lanes256>};
