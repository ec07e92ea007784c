// The class that Python sees, shared by the files that bind it.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <string>
#include <utility>
#include <vector>

#include "search_index.hpp"

namespace nb = nanobind;

using UnseenMappedFile = nb::ndarray<const uint8_t, nb::ndim<1>, nb::c_contig>;

struct UnseenPythonIndex : UnseenIndex {
    using UnseenIndex::UnseenIndex;
    UnseenMappedFile file;  // keeps the mapping alive
};

nb::list unseen_index_parts(nb::handle self);
void unseen_index_map(UnseenPythonIndex &index, UnseenMappedFile file, size_t count,
                      const std::vector<std::vector<unsigned>> &shapes,
                      const std::vector<std::pair<std::string, std::pair<size_t, size_t>>> &parts);
