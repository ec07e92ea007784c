"""Every field that the program prints as JSON is described."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.docs.sessions import run_shell
from tests.docs.test_reference import code_words, page


def names(value: object) -> Iterator[str]:
    """Every member name inside a JSON value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names(inner)


_CASE = "$(unseen case ls --json | sed -n 's/.*\"case\": \\([0-9]*\\),.*/\\1/p' | head -n 1)"

_SHOW = "unseen file show $(unseen file ls --json | sed 's/.*\"filing\": \\([0-9]*\\),.*/\\1/' | head -n 1) --json"


@pytest.mark.parametrize(
    "command",
    [
        "hash --json known uploads",
        "list add again known.jsonl --json",
        "list ls --json",
        "list follow npo --from ncmec --base npo --json; unseen list sources --json",
        "list show known --json",
        'list show known --entry "$(unseen findings --json | sed \'s/.*"entry": "//; s/".*//\' | head -n 1)" --json',
        "list from-findings ours --by name --reason why --json",
        "list policy known --near lead --by name --reason why --json",
        "list export known exported.jsonl --json",
        "list add gone known.jsonl > /dev/null 2>&1; unseen list rm gone --json",
        "match known.jsonl --json",
        "scan uploads --json",
        "findings --json",
        "findings confirm $(unseen findings --json | cut -d '\"' -f 8 | head -n 1) --by name --reason why --json",
        "report --bundle bundle --json; unseen rerun bundle --json",
        "findings show $(unseen findings --json | cut -d '\"' -f 8 | head -n 1) --json",
        "case ls --json",
        "case show $(unseen case ls --json | sed -n 's/.*\"case\": \\([0-9]*\\),.*/\\1/p' | head -n 1) --json",
        "file policy known exact off --by name --reason why --json",
        f"file prepare {_CASE} --settings filing.toml --json",
        f"file --dry-run {_CASE} --settings filing.toml --json",
        f"file decide {_CASE} --settings filing.toml --by name --reason why --json; unseen file ls --json; {_SHOW}",
        f"case state {_CASE} --examiner name --by name --json; unseen case custody {_CASE} --json",
        "case view $(unseen findings --json | cut -d '\"' -f 8 | head -n 1) --by a --asked-by b --reason why --json",
        f"hold set --case {_CASE} --without-hashes --by name --reason why --json; unseen hold ls --json",
        "erase due --all --json; unseen erase period --json",
        f"case preserving on --by name --reason why --json; unseen case preserve {_CASE} --by a --reason why --json",
        "report --out written --json",
        "recheck --json",
        "metrics --json",
        "erase hashes 2 --by name --reason why --json",
        "stamp request --out query --json",
        "key show --json 2> /dev/null; unseen key rotate --json",
        "witness --state witness --json",
        "audit threshold --benign uploads --volume 9 --out audits --json",
        "audit triage --example kirat-2 --arrivals 9 --capacity 5 --weeks 4 --out audits --json",
        "audit recall --benign uploads/small.jpg --out audits --json",
        "doctor --json",
        pytest.param("bench --json", marks=pytest.mark.soak),
        pytest.param("demo --json", marks=pytest.mark.soak),
    ],
)
def test_every_printed_field_is_documented(command: str, scanned: Path) -> None:
    """Each line is an object, and each name in it stands on the page of JSON output."""
    done = run_shell(f"unseen {command} 2> /dev/null", scanned)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert rows, done
    documented = code_words(page("json-output.md"))
    assert {name for row in rows for name in names(row)} - documented == set()


def test_every_field_of_a_sync_is_documented(folder: Path) -> None:
    """What a sync prints, with an entry that was refused and without, stands on the page of JSON output."""
    session = "unseen list follow a --from ncmec --base $BASE --class csam; unseen list sync a --json"
    done = run_shell(f"export UNSEEN_NCMEC_CREDENTIALS=tester:benign-password; ({session}) 2> /dev/null", folder)
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["added"] == 40
    assert {*row, "position", "why"} - code_words(page("json-output.md")) == set()


def test_every_field_of_feedback_is_documented(folder: Path) -> None:
    """From the list of a service to the receipt."""
    prepare = (
        "(umask 077; printf 'tester:benign-password' > secret)",
        "unseen list follow ncmec --from ncmec --base $BASE --class csam --credentials secret",
        "unseen list sync ncmec; unseen scan uploads; unseen findings clear d52fcba0 --by name --reason why",
    )
    assert run_shell("; ".join(prepare), folder).returncode == 0
    commands = ("give d52fcba0 --code 01234567-0000 --by name", "send", "ls", "reasons ncmec md5")
    documented = code_words(page("json-output.md"))
    for command in commands:
        done = run_shell(f"unseen feedback {command} --json", folder)
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        assert rows, done
        assert {name for row in rows for name in names(row)} - documented == set(), command


def test_every_field_of_a_report_is_documented(scanned: Path) -> None:
    """Each name in the JSON form of a report stands on the page of its format, or is a value of a closed list."""
    done = run_shell("unseen report --format json --out report > /dev/null; cat report/*.json", scanned)
    report = json.loads(done.stdout)
    free = {"libraries", "digest_only", "reasons", "entries"}  # their members are named by what is counted

    def fixed(value: object) -> object:
        if isinstance(value, dict):
            return {name: None if name in free else fixed(inner) for name, inner in value.items()}
        return [fixed(inner) for inner in value] if isinstance(value, list) else value

    documented = code_words(page("formats/report-v1.md"))
    assert set(names(fixed(report))) - documented == set()
