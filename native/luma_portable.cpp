// Small pictures, shrunk and turned without any instruction set beyond the compiler's default.
#include "luma_steps.hpp"

const UnseenLumaKernel unseen_luma_portable = {sum_rows, luma_of_rgb, luma_of_grey, make_quads, warp_row};
