// Small pictures, shrunk and turned with AVX-512 (Skylake-X, Zen 4 and later).
#include "luma_steps.hpp"

const UnseenLumaKernel unseen_luma_avx512 = {sum_rows, warp_row};
