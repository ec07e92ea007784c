"""Rooms stay small enough to be read: files, functions, parameters, packages."""

import ast
import tokenize
from pathlib import Path

import pytest
from tests.house.tree import ROOT, SOURCE, functions, parse, project_files, python_files, source_files

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 50
POSITIONAL_MAX = 5
PACKAGE_FILES_MAX = 12

# One file per command, however many commands there are; and one per revision of the schema, which all stay.
PACKAGES_EXEMPT = {SOURCE / "cli", SOURCE / "store" / "migrations" / "versions"}
# Names that say nothing about what lives behind them.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
# Which statements an `__init__` may hold: what it says, what it re-exports, and how it does so lazily.
FACE_FUNCTIONS = {"__getattr__", "__dir__"}


def count_code_lines(path: Path, node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function that hold code: neither blank, nor comment, nor docstring."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    with path.open("rb") as stream:
        code = {
            line
            for token in tokenize.tokenize(stream.readline)
            if token.type not in silent
            for line in range(token.start[0], token.end[0] + 1)
        }
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None and first.end_lineno is not None:
        code -= set(range(first.lineno, first.end_lineno + 1))
    return len(code & set(range(node.lineno, (node.end_lineno or node.lineno) + 1)))


def test_no_file_is_longer_than_the_house_allows() -> None:
    """Python and C++ files have at most 400 lines."""
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in project_files()
        if path.suffix in {".py", ".cpp", ".hpp"}
    }
    assert {name: length for name, length in lengths.items() if length > FILE_LINES_MAX} == {}


def test_no_function_is_longer_than_the_house_allows() -> None:
    """Functions have at most 50 lines of code, docstring and comments not counted."""
    long = {}
    for path in python_files():
        for node in functions(parse(path)):
            if (node.end_lineno or 0) - node.lineno < FUNCTION_LINES_MAX:
                continue
            lines = count_code_lines(path, node)
            if lines > FUNCTION_LINES_MAX:
                long[f"{path.relative_to(ROOT)}:{node.name}"] = lines
    assert long == {}


def test_no_function_takes_many_positional_parameters() -> None:
    """At most five parameters are positional, `self` and `cls` not counted."""
    crowded = []
    for path in source_files():
        for node in functions(parse(path)):
            names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
            if len(names[1:] if names[:1] in (["self"], ["cls"]) else names) > POSITIONAL_MAX:
                crowded.append(f"{path.relative_to(ROOT)}:{node.name}")
    assert crowded == []


def test_no_package_holds_many_files() -> None:
    """A package has at most twelve Python files; one file per command or revision is exempt."""
    folders = {path.parent for path in source_files()} - PACKAGES_EXEMPT
    counts = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in folders}
    assert {name: count for name, count in counts.items() if count > PACKAGE_FILES_MAX} == {}


def test_no_name_is_empty() -> None:
    """No file or folder is called by a name that says nothing."""
    named = [path for path in project_files() if EMPTY_NAMES & {path.stem, *path.relative_to(ROOT).parts}]
    assert named == []


@pytest.mark.parametrize("path", [path for path in source_files() if path.name == "__init__.py"], ids=str)
def test_init_only_re_exports(path: Path) -> None:
    """An `__init__` holds a docstring, imports, `__all__` and at most a lazy lookup of what it re-exports."""
    for node in parse(path).body:
        match node:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Import() | ast.ImportFrom():
                continue
            case ast.Assign(targets=[ast.Name(id=name)]) if name.startswith("_"):
                continue
            case ast.AnnAssign(target=ast.Name(id=name)) if name.startswith("_"):
                continue
            case ast.FunctionDef(name=name) if name in FACE_FUNCTIONS:
                continue
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                continue
            case _:
                pytest.fail(f"{path.relative_to(ROOT)} line {node.lineno} does more than re-export")


def test_docstring_and_comments_are_not_code(tmp_path: Path) -> None:
    """Explaining a function at length never makes it too long."""
    path = tmp_path / "long.py"
    path.write_text('def f():\n    """One.\n\n    Two.\n    """\n    # Three.\n\n    return """\nfour\n"""\n')
    (node,) = functions(parse(path))
    assert count_code_lines(path, node) == 4
