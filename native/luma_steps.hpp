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

void make_quads(const uint8_t *here, const uint8_t *below, size_t width, uint32_t *__restrict__ quads) {
    for (size_t x = 0; x + 1 < width; ++x) {
        quads[x] = here[x] | uint32_t{here[x + 1]} << 8 | uint32_t{below[x]} << 16 | uint32_t{below[x + 1]} << 24;
    }
    quads[width - 1] = here[width - 1] * 0x101u | below[width - 1] * 0x1010000u;
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

// So many pixels of a row side by side: where each lies, what is looked up there, and what is left of it, each in a loop of
// its own, since looking up is no work for vectors. A picture that is only turned has a depth of 1 everywhere.
template <bool HAS_DEPTH>
void warp_samples(const UnseenWarp &warp, const float *us, const float *beyonds, float v, float y_beyond,
                  uint8_t *__restrict__ out) {
    constexpr int COUNT = UNSEEN_WARPED_TOGETHER;
    const float width = warp.width, height = warp.height, cosine = warp.cosine, sine = warp.sine, mean = warp.mean;
    const float by_u = warp.by_u, row_depth = 1.0f + warp.by_v * v;
    const int32_t stride = static_cast<int32_t>(width), kept_last = warp.kept_last;
    int32_t places[COUNT], x_parts[COUNT], y_parts[COUNT], distances[COUNT], furthest = 0;
    for (int i = 0; i < COUNT; ++i) {
        const float depth = HAS_DEPTH ? row_depth + by_u * us[i] : 1.0f;
        const float across = HAS_DEPTH ? us[i] / depth : us[i], down = HAS_DEPTH ? v / depth : v;
        const float x = (across * cosine + down * sine) + 0.5f * width;
        const float y = (down * cosine - across * sine) + 0.5f * height;
        const float x_inside = within(x, width), y_inside = within(y, height);
        const float beyond = (y_beyond + beyonds[i]) + (__builtin_fabsf(x - x_inside) + __builtin_fabsf(y - y_inside));
        distances[i] = static_cast<int32_t>(beyond + 0.5f);
        furthest |= distances[i];
        const int32_t x_steps = steps_within(x_inside, width), y_steps = steps_within(y_inside, height);
        places[i] = (y_steps >> 8) * stride + (x_steps >> 8);
        x_parts[i] = x_steps & 255;
        y_parts[i] = y_steps & 255;
    }
    uint32_t quads[COUNT];
    // Volatile: a compiler that looks up in vectors takes twice the time.
    const volatile uint32_t *const all = warp.quads;
    for (int i = 0; i < COUNT; ++i) quads[i] = all[places[i]];
    float values[COUNT];
    for (int i = 0; i < COUNT; ++i) {
        // The pixels above and below beside each other in one number: neither sum reaches 2^16.
        const uint32_t x_part = static_cast<uint32_t>(x_parts[i]), y_part = static_cast<uint32_t>(y_parts[i]);
        const uint32_t both = (quads[i] & 0xff00ff) * (256 - x_part) + (quads[i] >> 8 & 0xff00ff) * x_part;
        const uint32_t sum = (both & 0xffff) * (256 - y_part) + (both >> 16) * y_part;
        values[i] = static_cast<float>(static_cast<int32_t>(sum)) * (1.0f / 65536);
    }
    if (furthest == 0) {
        for (int i = 0; i < COUNT; ++i) values[i] = mean + (values[i] - mean);
    } else {
        for (int i = 0; i < COUNT; ++i) {
            const float kept = warp.kept[distances[i] < kept_last ? distances[i] : kept_last];
            values[i] = mean + (values[i] - mean) * kept;
        }
    }
    for (int i = 0; i < COUNT; ++i) out[i] = static_cast<uint8_t>(static_cast<int32_t>(values[i] + 0.5f));
}

void warp_row(const UnseenWarp &warp, float v, float y_beyond, uint8_t *out) {
    const auto some = warp.by_u == 0.0f && warp.by_v == 0.0f ? warp_samples<false> : warp_samples<true>;
    for (size_t at = 0; at < warp.cols; at += UNSEEN_WARPED_TOGETHER) {
        some(warp, warp.u + at, warp.x_beyond + at, v, y_beyond, out + at);
    }
}

}  // namespace
