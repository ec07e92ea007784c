#include "cpu.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <string>
#include <vector>

#include "bindings.hpp"

namespace {

constexpr UnseenIsa kAll[] = {UnseenIsa::portable, UnseenIsa::avx2, UnseenIsa::avx512, UnseenIsa::neon};

const char *isa_name(UnseenIsa isa) {
    switch (isa) {
        case UnseenIsa::portable: return "portable";
        case UnseenIsa::avx2: return "avx2";
        case UnseenIsa::avx512: return "avx512";
        case UnseenIsa::neon: return "neon";
    }
    return "portable";
}

UnseenIsa best_available() {
    UnseenIsa best = UnseenIsa::portable;
    for (UnseenIsa isa : kAll) {
        if (unseen_isa_is_available(isa)) best = isa;
    }
    return best;
}

std::atomic<UnseenIsa> &chosen() {
    static std::atomic<UnseenIsa> isa{best_available()};
    return isa;
}

}  // namespace

bool unseen_isa_is_available(UnseenIsa isa) {
#if defined(__x86_64__)
    switch (isa) {
        case UnseenIsa::portable: return true;
        case UnseenIsa::avx2:
            return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                   __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");
        case UnseenIsa::avx512:
            return unseen_isa_is_available(UnseenIsa::avx2) && __builtin_cpu_supports("avx512f") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") &&
                   __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vpopcntdq") &&
                   __builtin_cpu_supports("avx512bitalg");
        case UnseenIsa::neon: return false;
    }
    return false;
#else
    return isa == UnseenIsa::portable;
#endif
}

UnseenIsa unseen_isa() { return chosen().load(std::memory_order_relaxed); }

bool unseen_isa_set(UnseenIsa isa) {
    if (!unseen_isa_is_available(isa)) return false;
    chosen().store(isa, std::memory_order_relaxed);
    return true;
}

void bind_cpu(nanobind::module_ &module) {
    module.def(
        "available_isas",
        [] {
            std::vector<std::string> names;
            for (UnseenIsa isa : kAll) {
                if (unseen_isa_is_available(isa)) names.emplace_back(isa_name(isa));
            }
            return names;
        },
        "Names of the variants that this build holds and this processor can run, slowest first.");
    module.def("isa", [] { return std::string(isa_name(unseen_isa())); }, "Name of the variant in use.");
    module.def(
        "set_isa",
        [](const std::string &name) {
            for (UnseenIsa isa : kAll) {
                if (name == isa_name(isa) && unseen_isa_set(isa)) return;
            }
            throw nanobind::value_error(("no such kernel variant here: " + name).c_str());
        },
        "Use this variant from now on, in every thread. Raises ValueError where it is not available.");
}
