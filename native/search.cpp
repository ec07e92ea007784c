// What Python sees of exact search: one class, `HammingIndex`, wrapped by `unseen.matching.Index`.
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "bindings.hpp"
#include "search_binding.hpp"
#include "search_family.hpp"

namespace {

using Rows = nb::ndarray<const uint8_t, nb::shape<-1, 32>, nb::c_contig, nb::device::cpu>;
template <typename T>
using Column = nb::ndarray<nb::numpy, T, nb::ndim<1>>;

using Index = UnseenPythonIndex;

nb::tuple make_columns(const UnseenMatches &matches) {
    const size_t count = matches.keys.size();
    // One block for the three columns: most searches find little, and an allocation costs more than its bytes.
    void *block = std::malloc(count * 18 + 1);
    if (!block) throw std::bad_alloc();
    const nb::capsule owner(block, [](void *memory) noexcept { std::free(memory); });
    int64_t *query_at = static_cast<int64_t *>(block), *entry_at = query_at + count;
    uint16_t *distance_bits = reinterpret_cast<uint16_t *>(entry_at + count);
    for (size_t b = 0, i = 0; b < matches.ends.size(); ++b) {
        for (; i < matches.ends[b]; ++i) {
            const uint64_t key = matches.keys.begin()[i];
            query_at[i] = static_cast<int64_t>(b * UnseenMatches::kBlock + (key >> kUnseenQueryShift));
            entry_at[i] = static_cast<int64_t>(key & 0xffffffff);
            distance_bits[i] = static_cast<uint16_t>(key >> kUnseenDistanceShift & 127);
        }
    }
    return nb::make_tuple(Column<int64_t>(query_at, {count}, owner), Column<int64_t>(entry_at, {count}, owner),
                          Column<uint16_t>(distance_bits, {count}, owner));
}

nb::object columns(const UnseenMatches &matches) {
    // Most searches find nothing, and then three new arrays cost as much as a third of the search.
    static const nb::handle nothing = make_columns(UnseenMatches()).release();
    return matches.keys.size() ? nb::object(make_columns(matches)) : nb::borrow(nothing);
}

nb::object search(const Index &index, Rows queries, int threshold_bits) {
    const unsigned threshold = threshold_bits < 0 ? index.threshold_max() : static_cast<unsigned>(threshold_bits);
    if (threshold > index.threshold_max()) throw nb::value_error("threshold");
    UnseenMatches matches;
    {
        const nb::gil_scoped_release others_may_run;
        index.search(queries.data(), queries.shape(0), threshold, matches);
    }
    return columns(matches);
}

nb::object search_family(const Index &index, const UnseenFamily &family) {
    UnseenMatches matches;
    {
        const nb::gil_scoped_release others_may_run;
        index.search_family(family, matches.keys);
    }
    matches.ends.push_back(matches.keys.size());
    return columns(matches);
}

void make_family(UnseenFamily *place, Rows queries, unsigned threshold_bits, unsigned group_size) {
    if (threshold_bits > kUnseenRadiusMax || group_size == 0) throw nb::value_error("threshold");
    if (queries.shape(0) >> (64 - kUnseenQueryShift)) throw nb::value_error("queries");
    new (place) UnseenFamily(queries.data(), queries.shape(0), threshold_bits, group_size);
}

nb::ndarray<nb::numpy, uint8_t, nb::shape<-1, 32>> codes(const Index &index, UnseenElements entries) {
    uint8_t *rows = static_cast<uint8_t *>(std::malloc(entries.size() * 32 + 1));
    if (!rows) throw std::bad_alloc();
    const nb::capsule owner(rows, [](void *memory) noexcept { std::free(memory); });
    for (size_t i = 0; i < entries.size(); ++i) {
        if (entries.data()[i] < 0) throw nb::index_error("no such entry");
        index.read_code(static_cast<size_t>(entries.data()[i]), rows + 32 * i);
    }
    return {rows, {entries.size(), 32}, owner};
}

size_t append(Index &index, Rows codes) {
    const nb::gil_scoped_release others_may_run;
    return index.append(codes.data(), codes.shape(0));
}

void build(Index &index, int method, unsigned chunk_count) {
    const nb::gil_scoped_release others_may_run;
    index.build(static_cast<UnseenMethod>(method), chunk_count);
}

void remove_entries(Index &index, const std::vector<uint32_t> &entries) {
    const nb::gil_scoped_release others_may_run;
    index.remove(entries);
}

std::vector<std::vector<unsigned>> shapes(const Index &index) {
    std::vector<std::vector<unsigned>> rows;
    for (const UnseenChunkShape &shape : index.tables_.shapes()) rows.push_back({shape.start, shape.width, shape.directory_bits});
    return rows;
}

Column<uint32_t> block_checksums(UnseenMappedFile data) {
    const size_t count = unseen_block_count(data.size());
    uint32_t *checksums = static_cast<uint32_t *>(std::malloc(count * 4 + 1));
    if (!checksums) throw std::bad_alloc();
    const nb::capsule owner(checksums, [](void *memory) noexcept { std::free(memory); });
    {
        const nb::gil_scoped_release others_may_run;
        unseen_crc32c_blocks(data.data(), data.size(), checksums);
    }
    return Column<uint32_t>(checksums, {count}, owner);
}

// Of an index over `count` codes, while it is being built.
size_t index_bytes(size_t count, unsigned threshold_bits) {
    size_t bytes = count * 32, next_max = 0;
    for (const UnseenChunkShape &shape : unseen_usual_chunks(count, threshold_bits)) {
        const size_t directory = size_t{4} << shape.directory_bits;
        bytes += count * 6 + directory;
        next_max = std::max(next_max, directory);
    }
    return bytes + next_max;
}

}  // namespace

void bind_search(nb::module_ &module) {
    module.def("block_checksums", &block_checksums, nb::arg("data").noconvert(), "CRC32C of each block of 4,096 bytes.");
    module.def("index_bytes", &index_bytes, nb::arg("count"), nb::arg("threshold_bits"),
               "Memory that building an index over so many codes takes, beside the codes that it is given.");
    nb::class_<UnseenFamily>(module, "HammingFamily", "Hashes of one picture, to be searched together.")
        .def("__init__", &make_family, nb::arg("queries").noconvert(), nb::arg("threshold_bits"), nb::arg("group_size"));
    nb::class_<Index>(module, "HammingIndex", "Exact Hamming search over 256-bit codes. Wrapped by unseen.Index.")
        .def(nb::init<unsigned>(), nb::arg("threshold_bits"))
        .def("append", &append, nb::arg("codes").noconvert(), "Add codes and return the number of the first; before the first build they form the list itself.")
        .def("build", &build, nb::arg("method") = 0, nb::arg("chunk_count") = 0,
             "Make the tables. method: 0 choose, 1 scan, 2 multi-index hashing with chunk_count chunks (0: choose).")
        .def("remove", &remove_entries, nb::arg("entry_at"), "Leave these entries out of every later answer.")
        .def("search", &search, nb::arg("queries").noconvert(), nb::arg("threshold_bits") = -1,
             "Every (query, entry, distance) within the threshold, ordered.")
        .def("search_family", &search_family, nb::arg("family"),
             "Every entry within the threshold of a query, each with its two nearest queries of different groups.")
        .def("codes", &codes, nb::arg("entry_at").noconvert(), "The codes of these entries.")
        .def("parts", [](nb::handle self) { return unseen_index_parts(self); },
             "What a file holds, as (name, bytes); valid until the index changes.")
        .def("map", &unseen_index_map, nb::arg("file").noconvert(), nb::arg("count"), nb::arg("shapes"),
             nb::arg("mean_lengths"), nb::arg("parts"),
             "Fill an empty index from a mapped file: parts are (name, (offset, size)). ValueError if they do not fit.")
        .def("guard", &unseen_index_guard, nb::arg("file").noconvert(), nb::arg("start"), nb::arg("checksums").noconvert(),
             "Before map: check each block of the file from `start` on before it is first used. RuntimeError then.")
        .def("check", &unseen_index_check, nb::arg("offset"), nb::arg("element_bytes"), nb::arg("elements").noconvert(),
             "RuntimeError where elements of a part at this offset lie in a damaged block.")
        .def("check_all", &unseen_index_check_all, "RuntimeError where any block is damaged; later searches ask no more.")
        .def_prop_ro("base_count", [](const Index &index) { return index.base_.count; },
                     "How many entries the tables hold; later additions are scanned.")
        .def("scans", &UnseenIndex::scans, nb::arg("threshold_bits"), "Whether a single query is answered by a scan.")
        .def_prop_ro("shapes", &shapes, "Chunks as (first bit, width, directory bits); none where the list is scanned.")
        .def_prop_ro("mean_lengths", [](const Index &index) { return index.tables_.mean_lengths(); })
        .def_prop_ro("count", &UnseenIndex::count)
        .def_prop_ro("removed_count", &UnseenIndex::removed_count)
        .def_prop_ro("bytes", &UnseenIndex::bytes);
}
