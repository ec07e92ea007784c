// What a picture is continued by beyond its frame.
#pragma once

#include <cstdint>
#include <vector>

// What is left, by distance from the frame in pixels, of what tells the pixel there from the mean. Ends with 0, soon:
// what is smaller than this would change nothing, and products of it would be slow.
inline std::vector<float> unseen_fading(float keep) {
    constexpr float LEAST = 1.0f / (1 << 20);
    std::vector<float> kept = {1.0f};
    while (kept.back() >= LEAST) kept.push_back(kept.back() * keep);
    kept.back() = 0.0f;
    return kept;
}
