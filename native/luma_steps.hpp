// Rows of a picture that shrinks or turns, in plain loops whose turns do not depend on each other: the compiler makes
// vectors of them. Included by one file for each instruction set.
#pragma once

#include "luma.hpp"

namespace {

constexpr size_t SAMPLES_TOGETHER = 64;

// So many samples side by side, from `begin` on; `Whole` holds the sum of all rows between.
template <class Whole, size_t TOGETHER>
void sum_samples(const uint8_t *first, size_t samples, size_t between, const uint32_t *weights, size_t begin,
                 uint32_t *__restrict__ sums) {
    const uint8_t *const above = first + begin;
    const uint8_t *const below = weights[2] == 0 ? above : above + (between + 1) * samples;
    const uint32_t above_weight = weights[0], weight = weights[1], below_weight = weights[2];
    Whole whole[TOGETHER] = {};
    for (size_t row = 1; row <= between; ++row) {
        const uint8_t *const from = above + row * samples;
        for (size_t i = 0; i < TOGETHER; ++i) whole[i] = static_cast<Whole>(whole[i] + from[i]);
    }
    for (size_t i = 0; i < TOGETHER; ++i) {
        sums[begin + i] = above[i] * above_weight + whole[i] * weight + below[i] * below_weight;
    }
}

void sum_rows(const uint8_t *first, size_t samples, size_t between, const uint32_t *weights, uint32_t *sums) {
    // Most parts are so few rows high that sums of them fit into 16 bits.
    const auto sum_many = between <= UINT16_MAX / UINT8_MAX ? sum_samples<uint16_t, SAMPLES_TOGETHER>
                                                            : sum_samples<uint32_t, SAMPLES_TOGETHER>;
    size_t begin = 0;
    for (; begin + SAMPLES_TOGETHER <= samples; begin += SAMPLES_TOGETHER) {
        sum_many(first, samples, between, weights, begin, sums);
    }
    for (; begin < samples; ++begin) sum_samples<uint32_t, 1>(first, samples, between, weights, begin, sums);
}

void luma_of_rgb(const uint32_t *sums, size_t width, uint64_t *__restrict__ luma) {
    for (size_t x = 0; x < width; ++x) {
        luma[x] = uint64_t{299} * sums[3 * x] + uint64_t{587} * sums[3 * x + 1] + uint64_t{114} * sums[3 * x + 2];
    }
}

void luma_of_grey(const uint32_t *sums, size_t width, uint64_t *__restrict__ luma) {
    for (size_t x = 0; x < width; ++x) luma[x] = uint64_t{1000} * sums[x];
}

inline float within(float value, float most) {
    const float positive = value > 0.0f ? value : 0.0f;
    return positive < most ? positive : most;
}

inline int32_t steps_within(float place, float length) {
    const int32_t steps = static_cast<int32_t>(place * UNSEEN_STEPS) - UNSEEN_STEPS / 2;
    const int32_t most = (static_cast<int32_t>(length) - 1) * UNSEEN_STEPS, positive = steps > 0 ? steps : 0;
    return positive < most ? positive : most;
}

void warp_row(const UnseenWarp &warp, float v, float y_beyond, uint8_t *__restrict__ out) {
    const float *const us = warp.u, *const beyonds = warp.x_beyond, *const kepts = warp.kept;
    const uint32_t *const quads = warp.quads;
    const float width = warp.width, height = warp.height, cosine = warp.cosine, sine = warp.sine, mean = warp.mean;
    const float by_u = warp.by_u, row_depth = 1.0f + warp.by_v * v;
    const int32_t stride = static_cast<int32_t>(width), kept_last = warp.kept_last,
                  cols = static_cast<int32_t>(warp.cols);
    for (int32_t i = 0; i < cols; ++i) {
        const float depth = row_depth + by_u * us[i], across = us[i] / depth, down = v / depth;
        const float x = (across * cosine + down * sine) + 0.5f * width;
        const float y = (down * cosine - across * sine) + 0.5f * height;
        const float x_inside = within(x, width), y_inside = within(y, height);
        const float beyond = (y_beyond + beyonds[i]) + (__builtin_fabsf(x - x_inside) + __builtin_fabsf(y - y_inside));
        const int32_t distance = static_cast<int32_t>(beyond + 0.5f);
        const float kept = kepts[distance < kept_last ? distance : kept_last];
        const int32_t x_steps = steps_within(x_inside, width), y_steps = steps_within(y_inside, height);
        const int32_t quad = static_cast<int32_t>(quads[(y_steps >> 8) * stride + (x_steps >> 8)]);
        const int32_t x_part = x_steps & 255, y_part = y_steps & 255;
        const int32_t above = (quad & 255) * (256 - x_part) + (quad >> 8 & 255) * x_part;
        const int32_t below = (quad >> 16 & 255) * (256 - x_part) + (quad >> 24 & 255) * x_part;
        const float value = static_cast<float>(above * (256 - y_part) + below * y_part) * (1.0f / 65536);
        out[i] = static_cast<uint8_t>(static_cast<int32_t>((mean + (value - mean) * kept) + 0.5f));
    }
}

}  // namespace
