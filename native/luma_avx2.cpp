// Small pictures, shrunk and turned with AVX2 (Haswell, Zen and later).
#include "luma_steps.hpp"

const UnseenLumaKernel unseen_luma_avx2 = {sum_rows, warp_row};
