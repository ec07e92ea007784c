#include "places.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/vector.h>

#include "bindings.hpp"
#include "cpu.hpp"

namespace nb = nanobind;

namespace {

using Bytes = nb::ndarray<const uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Tables = nb::ndarray<const uint8_t, nb::shape<3, 256>, nb::c_contig, nb::device::cpu>;

std::vector<size_t> likely_places(Bytes data, Tables tables) {
    const nb::gil_scoped_release others_may_run;
    const auto rows = reinterpret_cast<UnseenPlaceTables>(tables.data());
    std::vector<size_t> places;
#if defined(__x86_64__)
    if (unseen_isa() != UnseenIsa::portable) {
        unseen_places_avx2(data.data(), data.size(), rows, places);
        return places;
    }
#endif
    unseen_places_portable(data.data(), data.size(), 0, rows, places);
    return places;
}

}  // namespace

void unseen_places_portable(const uint8_t *data, size_t bytes, size_t start, UnseenPlaceTables tables,
                            std::vector<size_t> &places) {
    for (size_t at = start; at + 3 <= bytes; ++at) {
        if (unseen_is_place(data + at, tables)) places.push_back(at);
    }
}

void bind_places(nb::module_ &module) {
    module.def("likely_places", &likely_places, nb::arg("data"), nb::arg("tables").noconvert(),
               "Every place at which three bytes have a group in common, ascending.");
}
