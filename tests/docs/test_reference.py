"""What the program knows is in the reference, and what the reference says exists."""

import re
import tomllib
from dataclasses import fields

import pytest
from tests.house.tree import ROOT, SOURCE, project_files

from unseen import errors, model
from unseen.decoding import LIMITS

REFERENCE = ROOT / "docs" / "reference"
# Read by tests and benchmarks only, and documented beside the program's own.
_OF_THE_PROJECT = {"UNSEEN_VECTORS"}


def page(name: str) -> str:
    """The text of one page of the reference."""
    return (REFERENCE / name).read_text(encoding="utf-8")


def code_words(text: str) -> set[str]:
    """Every word that a page sets in code."""
    return {word for span in re.findall(r"`([^`]+)`", text) for word in re.findall(r"[A-Za-z0-9_.-]+", span)}


def settings_read() -> set[str]:
    """Every environment variable of ours that Python code names."""
    texts = (
        path.read_text(encoding="utf-8")
        for path in project_files()
        if path.is_relative_to(SOURCE) and path.suffix == ".py"
    )
    return {name for text in texts for name in re.findall(r"\bUNSEEN_[A-Z_]*[A-Z]\b", text)}


def test_every_setting_is_documented() -> None:
    """Each environment variable that the program reads is on the page of settings, and no other is."""
    on_page = set(re.findall(r"\bUNSEEN_[A-Z_]*[A-Z]\b", page("settings.md")))
    assert on_page == settings_read() | _OF_THE_PROJECT


@pytest.mark.parametrize("name", errors.__all__)
def test_every_error_is_documented(name: str) -> None:
    """Each error class has a row that names its base and its exit code."""
    error = getattr(errors, name)
    row = re.search(rf"^\| `{name}` \| `(\w+)` \| .* \| (\d+) \|$", page("errors.md"), re.MULTILINE)
    assert row is not None
    assert (row[1], int(row[2])) == (error.__base__.__name__, error.exit_code)


def test_every_exit_code_is_documented() -> None:
    """The page of exit codes lists all of them, and those of the errors are among them."""
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page("exit-codes.md"), re.MULTILINE)}
    assert codes == {0, 1, 2, 3, 4, 5, 130}
    assert {getattr(errors, name).exit_code for name in errors.__all__} <= codes


@pytest.mark.parametrize("closed", [model.Outcome, model.Reason, model.State], ids=lambda closed: closed.__name__)
def test_every_outcome_and_reason_is_documented(closed: type[model.Outcome | model.Reason | model.State]) -> None:
    """Every value of a closed list is explained."""
    assert {member.value for member in closed} <= code_words(page("outcomes-and-reasons.md"))


@pytest.mark.parametrize("closed", [model.Decision, model.Status], ids=lambda closed: closed.__name__)
def test_every_decision_and_status_is_documented(closed: type[model.Decision | model.Status]) -> None:
    """Every value of a closed list is in the glossary and on the page of JSON output."""
    values = {member.value for member in closed}
    assert values <= code_words(page("glossary.md"))
    assert values <= code_words(page("json-output.md"))


def test_every_limit_is_documented() -> None:
    """Each limit of decoding stands in the reference with its value."""
    text = page("outcomes-and-reasons.md")
    for field in fields(LIMITS):
        assert f"| `{field.name}` | {getattr(LIMITS, field.name):,} " in text


def test_the_drawing_shows_every_floor() -> None:
    """The drawing of the house has the floors that imports are checked against, in their order."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["name"] == "floors")
    text = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    drawn = re.findall(r"^\d  (.*?)(?:  {4,}.*)?$", text, re.MULTILINE)
    assert [set(floor.split()) for floor in drawn] == [set(layer.split(" | ")) for layer in layers]


def test_every_class_and_signal_is_in_the_glossary() -> None:
    """Classes of lists and kinds of hashes are words of their own."""
    words = code_words(page("glossary.md"))
    assert {member.value for member in (*model.ListClass, *model.Signal)} <= words


@pytest.mark.parametrize(
    "value",
    [model.How, model.Variant, model.Frame, model.Match, model.Summary, model.Verdict],
    ids=lambda value: value.__name__,
)
def test_every_field_of_a_printed_value_is_documented(value: type) -> None:
    """What is printed as JSON is described field by field."""
    assert {field.name for field in fields(value)} <= code_words(page("json-output.md"))
