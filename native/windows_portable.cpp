// Windows without any instruction set beyond the compiler's default: four lanes, as SSE2 and NEON have them.
#include "windows_steps.hpp"

namespace {

struct Lanes128 {
    typedef float Floats __attribute__((vector_size(16)));
    typedef int32_t Ints __attribute__((vector_size(16)));
    static constexpr int WIDTH = 4;

    static Ints bits_of(Floats values) { return reinterpret_cast<Ints>(values); }
    static unsigned above(const float *sixteen, float bound) {
        unsigned bits = 0;
        for (int i = 0; i < 16; ++i) bits |= static_cast<unsigned>(sixteen[i] > bound) << i;
        return bits;
    }
};

}  // namespace

const UnseenWindowsKernel unseen_windows_portable = {columns<Lanes128>, window<Lanes128>, hashes_of<Lanes128>};
