// The parts of an index as byte arrays: how it gets into a file, and back out of a mapped one.
//
// The file's checksum is verified before this code sees it. What is checked here is that no part, however it came
// about, can send a search outside the mapping.
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <stdexcept>

#include "search_binding.hpp"

namespace {

using Bytes = nb::ndarray<nb::numpy, const uint8_t, nb::ndim<1>>;
using Part = std::pair<size_t, size_t>;  // offset, size

template <typename Visit>
void visit_chunk(const std::string &prefix, UnseenChunk &chunk, size_t count, Visit visit) {
    visit(prefix + "offsets", chunk.offsets, chunk.directory_size());
    visit(prefix + "signatures", chunk.signatures, count);
    visit(prefix + "entries", chunk.entries, count);
}

// Calls `visit(name, pointer, element count)` for everything that is mapped in place.
template <typename Visit>
void visit_parts(UnseenIndex &index, Visit visit) {
    visit(std::string("heads"), index.base_.heads, 2 * index.base_.count);
    visit(std::string("tails"), index.base_.tails, 2 * index.base_.count);
    for (size_t i = 0; i < index.tables_.chunks.size(); ++i) {
        visit_chunk("chunk " + std::to_string(i) + " ", index.tables_.chunks[i], index.base_.count, visit);
    }
}

void check(bool holds, const std::string &what) {
    if (!holds) throw nb::value_error(what.c_str());
}

void check_chunk(const UnseenChunk &chunk, size_t count) {
    const size_t last = chunk.directory_size() - 1;
    check(chunk.offsets[0] == 0 && chunk.offsets[last] == count, "a directory does not span its entries");
    check(std::is_sorted(chunk.offsets, chunk.offsets + last + 1), "a directory does not ascend");
    const uint32_t *entries = chunk.entries;
    check(std::all_of(entries, entries + count, [count](uint32_t entry) { return entry < count; }),
          "a bucket names an entry that does not exist");
}

void set_shapes(UnseenTables &tables, const std::vector<std::vector<unsigned>> &shapes) {
    unsigned start = 0;
    check(shapes.size() <= kUnseenChunksMax, "too many chunks");
    for (const std::vector<unsigned> &shape : shapes) {
        check(shape.size() == 3 && shape[0] == start && shape[1] >= 1 && shape[1] <= kUnseenBits && shape[2] >= 1 &&
                  shape[2] <= std::min(shape[1], 24u),
              "chunks do not divide a code");
        tables.chunks.emplace_back();
        tables.chunks.back().shape = {static_cast<uint16_t>(shape[0]), static_cast<uint16_t>(shape[1]),
                                      static_cast<uint16_t>(shape[2])};
        start += shape[1];
    }
    check(shapes.empty() || start == kUnseenBits, "chunks do not divide a code");
}

}  // namespace

nb::list unseen_index_parts(nb::handle self) {
    UnseenPythonIndex &index = nb::cast<UnseenPythonIndex &>(self);
    nb::list parts;
    const auto add = [&](const std::string &name, const auto *data, size_t count) {
        const size_t size = count * sizeof(*data);
        parts.append(nb::make_tuple(name, Bytes(reinterpret_cast<const uint8_t *>(data), {size}, self)));
    };
    visit_parts(index, add);
    add("added heads", index.delta_.heads, 2 * index.delta_.count);
    add("added tails", index.delta_.tails, 2 * index.delta_.count);
    add("removed", index.removed_.data(), index.removed_.size());
    return parts;
}

// Takes parts[name] = (offset, size) of the mapped file, which stays alive as long as the index.
void unseen_index_map(UnseenPythonIndex &index, UnseenMappedFile file, size_t count,
                      const std::vector<std::vector<unsigned>> &shapes,
                      const std::vector<std::pair<std::string, Part>> &parts) {
    const std::map<std::string, Part> by_name(parts.begin(), parts.end());
    const auto find = [&](const std::string &name, size_t alignment) {
        const auto found = by_name.find(name);
        check(found != by_name.end(), "part missing: " + name);
        const auto [offset, size] = found->second;
        check(offset <= file.size() && size <= file.size() - offset && file.size() - offset - size >= kUnseenPadBytes &&
                  offset % alignment == 0 && size % alignment == 0,
              "part outside the file: " + name);
        return found->second;
    };
    const auto map = [&](const std::string &name, auto *&data, size_t elements) {
        const auto [offset, size] = find(name, sizeof(*data));
        check(size == elements * sizeof(*data), "part of another size: " + name);
        data = reinterpret_cast<std::remove_reference_t<decltype(data)>>(file.data() + offset);
    };
    index.base_.count = count;
    set_shapes(index.tables_, shapes);
    visit_parts(index, map);
    for (UnseenChunk &chunk : index.tables_.chunks) {
        check_chunk(chunk, count);
        chunk.measure(count);
    }
    UnseenPlanes added;
    added.count = find("added heads", 16).second / 16;
    map("added heads", added.heads, 2 * added.count);
    map("added tails", added.tails, 2 * added.count);
    index.delta_.append(added);
    const auto [offset, size] = find("removed", 8);
    check(size / 8 <= (index.count() + 63) / 64, "more removals than entries");
    index.removed_.resize(size / 8);
    if (size) std::memcpy(index.removed_.data(), file.data() + offset, size);
    const size_t used = index.count() % 64;
    check(used == 0 || index.removed_.size() < (index.count() + 63) / 64 || index.removed_.back() >> used == 0,
          "more removals than entries");
    index.file = file;
    index.ready(UnseenMethod::automatic);
}
