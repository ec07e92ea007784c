// Small pictures, shrunk and turned with AVX2 (Haswell, Zen and later).
#include "luma_steps.hpp"

const UnseenLumaKernel unseen_luma_avx2 = {sum_rows, luma_of_rgb, luma_of_grey, make_quads, warp_row};
