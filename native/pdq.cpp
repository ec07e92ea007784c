#include "bindings.hpp"

void bind_pdq(nanobind::module_ &) {}
