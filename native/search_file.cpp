// The parts of an index as byte arrays: how it gets into a file, and back out of a mapped one.
//
// What is checked here is that no part, however it came about, can send a search outside the mapping; what the parts
// hold is checked block by block when a search first touches it (search_guard.hpp).
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

// A damaged file never gets here; one that was made wrong should be told from a good one all the same.
void check_chunk(const UnseenChunk &chunk, size_t count) {
    const size_t last = chunk.directory_size() - 1;
    if (chunk.offsets[0] != 0 || chunk.offsets[last] != count) throw UnseenDamage("a directory does not span its entries");
    if (!std::is_sorted(chunk.offsets, chunk.offsets + last + 1)) throw UnseenDamage("a directory does not ascend");
    const uint32_t *entries = chunk.entries;
    if (!std::all_of(entries, entries + count, [count](uint32_t entry) { return entry < count; })) {
        throw UnseenDamage("a bucket names an entry that does not exist");
    }
}

void set_shapes(UnseenTables &tables, const std::vector<std::vector<unsigned>> &shapes,
                const std::vector<double> &mean_lengths) {
    unsigned start = 0;
    check(shapes.size() <= kUnseenChunksMax && shapes.size() == mean_lengths.size(), "too many chunks");
    for (const std::vector<unsigned> &shape : shapes) {
        check(shape.size() == 3 && shape[0] == start && shape[1] >= 1 && shape[1] <= kUnseenBits && shape[2] >= 1 &&
                  shape[2] <= std::min(shape[1], 24u),
              "chunks do not divide a code");
        tables.chunks.emplace_back();
        tables.chunks.back().mean_length = mean_lengths[tables.chunks.size() - 1];
        tables.chunks.back().shape = {static_cast<uint16_t>(shape[0]), static_cast<uint16_t>(shape[1]),
                                      static_cast<uint16_t>(shape[2])};
        start += shape[1];
    }
    check(shapes.empty() || start == kUnseenBits, "chunks do not divide a code");
}

}  // namespace

nb::list unseen_index_parts(nb::handle self) {
    UnseenPythonIndex &index = nb::cast<UnseenPythonIndex &>(self);
    if (index.tables_.guard) index.tables_.guard->check_all();
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
                      const std::vector<std::vector<unsigned>> &shapes, const std::vector<double> &mean_lengths,
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
    set_shapes(index.tables_, shapes, mean_lengths);
    visit_parts(index, map);
    UnseenPlanes added;
    added.count = find("added heads", 16).second / 16;
    map("added heads", added.heads, 2 * added.count);
    map("added tails", added.tails, 2 * added.count);
    const UnseenGuard *guard = index.tables_.active_guard();
    if (guard) {
        guard->check(added.heads, 16 * added.count);
        guard->check(added.tails, 16 * added.count);
    }
    index.delta_.append(added);
    const auto [offset, size] = find("removed", 8);
    check(size / 8 <= (index.count() + 63) / 64, "more removals than entries");
    if (guard) guard->check(file.data() + offset, size);
    index.removed_.resize(size / 8);
    if (size) std::memcpy(index.removed_.data(), file.data() + offset, size);
    const size_t used = index.count() % 64;
    check(used == 0 || index.removed_.size() < (index.count() + 63) / 64 || index.removed_.back() >> used == 0,
          "more removals than entries");
    index.file = file;
    index.ready(UnseenMethod::automatic);
}

// `checksums` are those of the file from `start` on; `map` and every search heed them from now on.
void unseen_index_guard(UnseenPythonIndex &index, UnseenMappedFile file, size_t start, UnseenChecksums checksums) {
    check(start <= file.size() && start % kUnseenBlockBytes == 0 &&
              checksums.size() == unseen_block_count(file.size() - start),
          "one checksum for each block");
    index.file = file;
    index.tables_.guard = std::make_unique<UnseenGuard>(
        file.data() + start, file.size() - start,
        std::vector<uint32_t>(checksums.data(), checksums.data() + checksums.size()));
}

// Checks elements of a part that the kernel itself does not read.
void unseen_index_check(const UnseenPythonIndex &index, size_t offset, size_t element_bytes, UnseenElements elements) {
    if (!index.tables_.guard) return;
    for (size_t i = 0; i < elements.size(); ++i) {
        const size_t at = offset + static_cast<size_t>(elements.data()[i]) * element_bytes;
        check(at <= index.file.size() && index.file.size() - at >= element_bytes, "an element outside the file");
        index.tables_.guard->check(index.file.data() + at, element_bytes);
    }
}

void unseen_index_check_all(const UnseenPythonIndex &index) {
    if (!index.tables_.guard) return;
    const nb::gil_scoped_release others_may_run;
    if (index.tables_.guard->is_complete()) return;
    index.tables_.guard->check_all();
    for (const UnseenChunk &chunk : index.tables_.chunks) check_chunk(chunk, index.base_.count);
}
