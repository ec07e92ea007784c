#include "bindings.hpp"

void bind_search(nanobind::module_ &) {}
