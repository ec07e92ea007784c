// Windows without any instruction set beyond the compiler's default: four lanes, as SSE2 and NEON have them.
#include "windows_steps.hpp"

namespace {

struct Lanes128 {
    typedef float Floats __attribute__((vector_size(16)));
    typedef int32_t Ints __attribute__((vector_size(16)));
    static constexpr int WIDTH = 4;

    static Ints bits_of(Floats values) { return reinterpret_cast<Ints>(values); }
    static Floats floats_of(Ints bits) { return reinterpret_cast<Floats>(bits); }
    static int count_below(const Ints *keys, int32_t bound) {
        Ints below{};
        for (int i = 0; i < UNSEEN_WINDOW_BITS / WIDTH; ++i) below += keys[i] < bound;
        return -(below[0] + below[1] + below[2] + below[3]);
    }
    static unsigned sixteen_from(const Ints *keys, int32_t least) {
        const Ints places = {1, 2, 4, 8};
        unsigned bits = 0;
        for (int i = 0; i < 4; ++i) {
            const Ints four = (keys[i] >= least) & places;
            bits |= static_cast<unsigned>(four[0] | four[1] | four[2] | four[3]) << 4 * i;
        }
        return bits;
    }
};

}  // namespace

const UnseenWindowsKernel unseen_windows_portable = {add_pixels, add_lanes, columns<Lanes128>, window<Lanes128>,
                                                     hashes_of<Lanes128>};
