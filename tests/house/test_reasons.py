"""Whoever breaks a rule says why, on the same line."""

import ast
import re
from pathlib import Path

import pytest
from tests.house.tree import ROOT, functions, parse, project_files, python_files

# Spelled in parts, so that this file does not find itself.
_SILENCED = re.compile(r"#\s*(?:ruff:\s*)?(?:no" + r"qa|type:\s*ig" + r"nore|pragma:\s*no)\b[:\s]*(?P<rest>.*)")
_CODES = re.compile(r"^(?:cover\b)?[\s,]*(?:\[[^\]]*\]|(?:[A-Z]+[0-9]+[,\s]*)+)?")
# Folders of one machine: no file of the project may lean on them.
_MACHINE_PATHS = re.compile(
    r"(?<![\w.$}/-])/(?:wo" + r"rk|ho" + r"me|ro" + r"ot|tm" + r"p|Us" + r"ers|opt/wh" + r"eels)(?:/|\b(?!\w))"
)
# (path): why it names such a folder.
_PATHS_ALLOWED: dict[str, str] = {
    "tests/unit/darkroom/attacks.py": "an attack must aim at a folder that is there and can be written to",
}


def reason_after(line: str) -> str | None:
    """The reason given behind a silenced rule, empty where there is none; None where nothing is silenced."""
    found = _SILENCED.search(line)
    return None if found is None else _CODES.sub("", found["rest"]).strip(" #-:()")


def test_every_silenced_rule_carries_its_reason() -> None:
    """Whatever quietens a checker is followed by a reason on its line."""
    bare = []
    for path in python_files():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            reason = reason_after(line)
            if reason is not None and len(reason.split()) < 2:
                bare.append(f"{path.relative_to(ROOT)}:{number}")
    assert bare == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x = 1", None),
        ("x = 1  # no" + "qa: S301", ""),
        ("x = 1  # no" + "qa: S301, E501", ""),
        ("x = 1  # no" + "qa: S301  # our own file, written above", "our own file, written above"),
        ("x = 1  # type: ig" + "nore[arg-type]", ""),
        ("x = 1  # type: ig" + "nore[arg-type]  # buffer protocol", "buffer protocol"),
        ("x = 1  # pragma: no" + " cover", ""),
    ],
)
def test_a_reason_is_told_from_a_code(line: str, reason: str | None) -> None:
    """Codes of rules are not reasons."""
    assert reason_after(line) == reason


def test_every_rule_switched_off_for_all_carries_its_reason() -> None:
    """Each line of the linter's ignore lists in pyproject.toml ends in a comment."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^ignore = \[\n(.*?)^\]", text, re.DOTALL | re.MULTILINE)
    per_file = re.search(r"^\[tool\.ruff\.lint\.per-file-ignores\]\n(.*?)(?=^\[|\Z)", text, re.DOTALL | re.MULTILINE)
    assert listed is not None
    assert per_file is not None
    lines = [*listed[1].splitlines(), *per_file[1].splitlines()]
    assert [line for line in lines if '"' in line and not re.search(r"\S\s+#\s+\S+ \S+", line)] == []


@pytest.mark.parametrize(
    "path",
    [path for path in python_files() if path.name.startswith("test_")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_test_states_its_law_in_one_sentence(path: Path) -> None:
    """Each test has a docstring of one paragraph that ends in a full stop."""
    tests = [node for node in functions(parse(path)) if node.name.startswith("test_")]
    docstrings = {node.name: ast.get_docstring(node) or "" for node in tests}
    assert {name for name, text in docstrings.items() if not text.endswith(".") or "\n\n" in text} == set()


def test_no_file_leans_on_one_machine() -> None:
    """No file of the project names a folder that exists on one machine only."""
    leaning = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in project_files()
        if str(path.relative_to(ROOT)) not in _PATHS_ALLOWED
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1)
        if _MACHINE_PATHS.search(line)
    ]
    assert leaning == []
