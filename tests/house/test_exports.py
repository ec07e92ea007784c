"""What a module offers is what it says it offers."""

import ast
import importlib
from pathlib import Path

import pytest
from tests.house.tree import SOURCE, module_name, parse, source_files

# Alembic calls these files itself and fixes what they define; `__main__` is run, never imported.
_FOREIGN = ("versions", "migrations", "__main__.py")


def modules() -> list[Path]:
    """Files of the package whose names are ours to choose and that hold more than a docstring."""
    ours = (path for path in source_files() if not set(_FOREIGN) & set(path.relative_to(SOURCE).parts))
    return [path for path in ours if len(parse(path).body) > 1]


def exported(path: Path) -> list[str]:
    """The literal value of `__all__`."""
    for node in parse(path).body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets):
            return list(ast.literal_eval(node.value))
    pytest.fail(f"{module_name(path)} has no __all__")


def rank(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, each by name: the order that ruff keeps."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2), name


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_all_is_sorted_and_true(path: Path) -> None:
    """`__all__` is sorted, names nothing twice and nothing that does not exist."""
    names = exported(path)
    assert names == sorted(set(names), key=rank)
    module = importlib.import_module(module_name(path))
    assert [name for name in names if not hasattr(module, name)] == []


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_public_definitions_are_exported(path: Path) -> None:
    """A function or class without a leading underscore is in `__all__`."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    defined = {node.name for node in parse(path).body if isinstance(node, kinds)}
    assert {name for name in defined if not name.startswith("_")} - set(exported(path)) == set()


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_modules_import_only_what_is_offered(path: Path) -> None:
    """What one module takes from another is in the other's `__all__`, or is a module itself."""
    taken = []
    for node in ast.walk(parse(path)):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("unseen"):
            continue
        base = SOURCE.parent / (node.module or "").replace(".", "/")
        file = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
        for alias in node.names:
            if (base / alias.name).is_dir() or (base / f"{alias.name}.py").is_file() or alias.name == "_native":
                continue
            if not file.is_file() or alias.name not in exported(file):
                taken.append(f"{node.module}.{alias.name}")
    assert taken == []


def test_public_names_have_docstrings() -> None:
    """Every exported function and class, and every public method of one, says what it is."""
    silent = []
    for path in modules():
        names = set(exported(path))
        for node in parse(path).body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name not in names:
                continue
            members = node.body if isinstance(node, ast.ClassDef) else []
            public = [m for m in members if isinstance(m, ast.FunctionDef) and not m.name.startswith("_")]
            silent += [f"{module_name(path)}.{node.name}"] if not ast.get_docstring(node) else []
            silent += [f"{module_name(path)}.{node.name}.{m.name}" for m in public if not ast.get_docstring(m)]
    assert silent == []


def test_every_module_says_what_lives_in_it() -> None:
    """Every file of the package begins with a docstring."""
    assert [module_name(path) for path in source_files() if not ast.get_docstring(parse(path))] == []
