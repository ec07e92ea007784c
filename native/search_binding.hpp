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
using UnseenChecksums = nb::ndarray<const uint32_t, nb::ndim<1>, nb::c_contig>;
using UnseenElements = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig>;

struct UnseenPythonIndex : UnseenIndex {
    using UnseenIndex::UnseenIndex;
    UnseenMappedFile file;  // keeps the mapping alive
};

nb::list unseen_index_parts(nb::handle self);
void unseen_index_map(UnseenPythonIndex &index, UnseenMappedFile file, size_t count,
                      const std::vector<std::vector<unsigned>> &shapes, const std::vector<double> &mean_lengths,
                      const std::vector<std::pair<std::string, std::pair<size_t, size_t>>> &parts);
void unseen_index_guard(UnseenPythonIndex &index, UnseenMappedFile file, size_t start, UnseenChecksums checksums);
void unseen_index_check(const UnseenPythonIndex &index, size_t offset, size_t element_bytes, UnseenElements elements);
void unseen_index_check_all(const UnseenPythonIndex &index);
