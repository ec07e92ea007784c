#include "places.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/vector.h>

#include <iterator>
#include <vector>

#include "bindings.hpp"
#include "cpu.hpp"

namespace nb = nanobind;

namespace {

using Bytes = nb::ndarray<const uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Tables = nb::ndarray<const uint8_t, nb::shape<3, 256>, nb::c_contig, nb::device::cpu>;

std::vector<size_t> likely_places(Bytes data, Tables tables) {
    const nb::gil_scoped_release others_may_run;
    const uint8_t *bytes = data.data();
    const auto rows = reinterpret_cast<UnseenPlaceTables>(tables.data());
    std::vector<size_t> places;
    size_t at = 0;
#if defined(__x86_64__)
    if (unseen_isa() != UnseenIsa::portable) {
        size_t some[8 * kUnseenPlacesStep];
        while (at + kUnseenPlacesStep + 2 <= data.size()) {
            const size_t found = unseen_places_avx2(bytes, data.size(), rows, at, some, std::size(some));
            places.insert(places.end(), some, some + found);
        }
    }
#endif
    // At the last two bytes there is none.
    for (; at + 3 <= data.size(); ++at) {
        if (unseen_is_place(bytes + at, rows)) places.push_back(at);
    }
    return places;
}

}  // namespace

void bind_places(nb::module_ &module) {
    module.def("likely_places", &likely_places, nb::arg("data"), nb::arg("tables").noconvert(),
               "Every place at which three bytes have a group in common, ascending.");
}
