"""Examples in docstrings run."""

import doctest
import importlib

import pytest
from tests.house.tree import module_name, source_files

_MODULES = [path for path in source_files() if ">>> " in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", [module_name(path) for path in _MODULES])
def test_docstring_examples_do_what_they_say(name: str) -> None:
    """Every example in a docstring prints what stands below it."""
    module = importlib.import_module(name)
    found = doctest.testmod(module, optionflags=doctest.ELLIPSIS, extraglobs={"np": importlib.import_module("numpy")})
    assert found.attempted > 0
    assert found.failed == 0
