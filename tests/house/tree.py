"""What the house tests read: the project's own files, and the syntax trees of its Python."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["ROOT", "SOURCE", "functions", "module_name", "parse", "project_files", "python_files", "source_files"]

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "unseen"

# What the project consists of. Anything else in the folder (environments, builds, stores) is not ours to judge.
_FOLDERS = ("src", "native", "tests", "benchmarks", "docs", "changelog.d", ".ci", ".github")
_SUFFIXES = frozenset(
    {".py", ".pyi", ".cpp", ".hpp", ".md", ".txt", ".toml", ".json", ".yml", ".yaml", ".in", ".lock", ".svg"}
)


_NAMED = ("LICENSE", "NOTICE", "Makefile", "CMakeLists.txt", "run")


@cache
def project_files() -> tuple[Path, ...]:
    """Every text file of the project, in order."""
    # The root also holds what CMake leaves there; ours are these.
    found = [path for pattern in ("*.md", "*.toml", "*.lock", *_NAMED) for path in ROOT.glob(pattern)]
    for folder in _FOLDERS:
        found += (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return tuple(sorted(path for path in found if path.suffix in _SUFFIXES or path.name in _NAMED))


@cache
def python_files() -> tuple[Path, ...]:
    """Every Python file of the project: source, tests and benchmarks."""
    return tuple(path for path in project_files() if path.suffix == ".py")


@cache
def source_files() -> tuple[Path, ...]:
    """Every Python file of the package."""
    return tuple(path for path in python_files() if path.is_relative_to(SOURCE))


@cache
def parse(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def module_name(path: Path) -> str:
    """The dotted name by which a file of the package is imported."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
