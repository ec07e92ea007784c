// The door between Python and the kernel: one function per room of native code, nothing else.
#include <nanobind/nanobind.h>

#include "bindings.hpp"

NB_MODULE(_native, module) {
    module.doc() = "Native kernel of unseen: PDQ, digests, Hamming scan and exact index. Imported by unseen.kernel only.";
    // A program that ends leaves its memory to the system and does not take apart what is in it first.
    nanobind::set_leak_warnings(false);
    bind_cpu(module);
    bind_digests(module);
    bind_luma(module);
    bind_pdq(module);
    bind_places(module);
    bind_search(module);
    bind_windows(module);
}
