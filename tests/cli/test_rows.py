"""What is printed as JSON is what docs/reference/json-output.md promises, field by field."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, get_args

import pytest
from tests.cli.script import environment
from tests.house.tree import ROOT

from unseen.cli import list as lists
from unseen.model import ListClass

PAGE = (ROOT / "docs" / "reference" / "json-output.md").read_text(encoding="utf-8")


def promised(heading: str, *, at: int = 0) -> set[str]:
    """The fields in the first column of a section's table."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    tables = re.findall(r"(?:^\|.*\|\n)+", section, re.MULTILINE)
    first_cells = [row.split("|")[1] for row in tables[at].splitlines()[2:]]
    return {field for cell in first_cells for field in re.findall(r"`(\w+)`", cell)}


def printed(command: str, folder: Path) -> list[dict[str, Any]]:
    """Every line of stdout, parsed."""
    ended = subprocess.run(
        ["/bin/sh", "-c", command], cwd=folder, env=environment(), capture_output=True, timeout=120, check=False
    )
    # ASCII alone: bytes of names that are no text are escaped.
    return [json.loads(line) for line in ended.stdout.decode("ascii").splitlines()]


@pytest.fixture
def with_list(folder: Path) -> Path:
    """The folder, and in its store a list of what is in `known`."""
    assert printed("unseen hash --workers 1 --json known > known.jsonl", folder) == []
    (row,) = printed("unseen list add known known.jsonl --json", folder)
    assert row["entries"] == 8
    return folder


def test_hash_rows_hold_the_promised_fields(folder: Path) -> None:
    """`hash` prints one object for each item, of exactly the promised fields, whatever the item is."""
    rows = printed("find uploads -type f > paths; echo gone >> paths; unseen hash --workers 1 --json - < paths", folder)
    assert len(rows) == 6
    assert {frozenset(row) for row in rows} == {frozenset(promised("`unseen hash --json`"))}
    outcomes = {Path(row["item"]).name: (row["outcome"], row["reason"]) for row in rows}
    assert outcomes == {
        "small.jpg": ("hashed", None),
        "turned.png": ("hashed", None),
        "other.png": ("hashed", None),
        "readme.txt": ("digest_only", "not_media"),
        "broken.png": ("not_screened", "unreadable"),
        "gone": ("not_screened", "unreadable"),
    }
    variants = [variant for row in rows for variant in row["variants"]]
    assert {frozenset(variant) for variant in variants} == {frozenset({"how", "pdq", "pdq_quality"})}
    assert {frozenset(variant["how"]) for variant in variants} == {frozenset(promised("`how`"))}


def test_scan_and_findings_rows_hold_the_promised_fields(with_list: Path) -> None:
    """`scan` prints findings, unscreened items and a summary that adds up; `findings` adds what came later."""
    rows = printed("unseen scan --workers 1 --json uploads", with_list)
    assert rows[-1]["type"] == "summary"
    assert set(rows[-1]) == promised("`unseen scan --json`", at=2)
    (case,) = [row for row in rows if row["type"] == "case"]
    assert set(case) == promised("`unseen scan --json`", at=1)
    assert (case["subject"], case["findings"]) == ("source:uploads", 2)
    found = [row for row in rows if row["type"] == "finding"]
    assert {frozenset(row) for row in found} == {frozenset(promised("`unseen scan --json`"))}
    assert sorted(row["item"] for row in found) == ["uploads/small.jpg", "uploads/turned.png"]
    matches = [match for row in found for match in row["matches"]]
    fields = {"list", "entry", "signal", "distance_bits", "how", "video", "ground", "publisher", "marks", "altered"}
    assert {frozenset(match) for match in matches} == {frozenset(fields)}
    unscreened = [row for row in rows if row["type"] == "not_screened"]
    assert unscreened == [{"type": "not_screened", "item": "uploads/broken.png", "reason": "unreadable"}]
    account = rows[-1]
    assert account["items"] == 5
    assert account["items"] == (
        account["hashed"] + account["digest_only"] + account["not_screened"] - account["truncated"]
    )
    listed = printed("unseen findings --json", with_list)
    added = {"id", "rests_on_withdrawn"}
    assert [set(row) - added for row in listed] == [set(row) for row in found]
    assert [match.pop("marks_now") for row in listed for match in row["matches"]] == [[], []]
    by_item = {row["item"]: row for row in found}
    later = dict.fromkeys(added)
    assert [{**row, **later} for row in listed] == [{**by_item[row["item"]], **later} for row in listed]


def test_match_and_list_rows_hold_the_promised_fields(with_list: Path) -> None:
    """`match` answers every hash; `list` counts and never prints a value."""
    rows = printed("unseen match --json known.jsonl md5:00112233445566778899aabbccddeeff", with_list)
    assert [row["outcome"] for row in rows] == ["match", "match", "no_match"]
    assert {frozenset(row) for row in rows} == {frozenset(promised("`unseen match --json`"))}
    values = [json.loads(line) for line in (with_list / "known.jsonl").read_text().splitlines()]
    texts = []
    for command in ("list ls", "list show known", "list export known out.jsonl", "list rm known"):
        (row,) = printed(f"unseen {command} --json", with_list)
        assert set(row) <= promised("`unseen list --json`"), command
        texts.append(json.dumps(row))
    assert [value["pdq"] for value in values if any(value["pdq"] in text for text in texts)] == []


def test_names_that_are_no_text_come_back_as_they_were(folder: Path) -> None:
    """Bytes of a name that are not UTF-8 stand escaped in JSON, and people see them without harm to the terminal."""
    name = b"gr\xfc\xdfe \x1b[31m.txt"
    (folder / "clean" / "other.png").unlink()
    Path(str(folder / "clean").encode().decode() + "/" + name.decode("utf-8", "surrogateescape")).write_text("x")
    (row,) = printed("unseen hash --workers 1 --json clean", folder)
    assert row["item"].encode("utf-8", "surrogateescape") == b"clean/" + name
    ended = subprocess.run(
        ["unseen", "hash", "clean", "--workers", "1"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert ended.stdout.splitlines()[0] == rb"clean/gr\xfc\xdfe \u{1b}[31m.txt"


def test_classes_on_the_command_line_are_all_there_are() -> None:
    """`list add --class` offers exactly the classes that exist."""
    (choices,) = [
        get_args(part)
        for annotation in get_args(lists.add.__annotations__["list_class"])[:1]
        for part in get_args(annotation)
        if get_args(part)
    ]
    assert set(choices) == set(ListClass)
