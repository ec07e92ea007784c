// Small pictures, shrunk and turned with AVX-512 (Skylake-X, Zen 4 and later).
#include "luma_steps.hpp"

const UnseenLumaKernel unseen_luma_avx512 = {sum_rows, luma_of_rgb, luma_of_grey, make_quads, warp_row};
