// What each room of native code exports to Python.
#pragma once

#include <nanobind/nanobind.h>

void bind_cpu(nanobind::module_ &module);
void bind_digests(nanobind::module_ &module);
void bind_luma(nanobind::module_ &module);
void bind_pdq(nanobind::module_ &module);
void bind_places(nanobind::module_ &module);
void bind_search(nanobind::module_ &module);
void bind_windows(nanobind::module_ &module);
