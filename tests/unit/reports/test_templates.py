"""A case by template: letters that say what is on record, whoever wrote the names in it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.reports.test_exports import case, finding

from unseen.errors import UsageError
from unseen.model import Locator
from unseen.reports.exports import (
    TEMPLATES,
    ExportedFinding,
    case_as_fields,
    case_by_template,
    case_fields,
    read_template,
)

FILE = (
    '{"ipCaptureEvent": {"ipAddress": "198.51.100.4", "port": 4}, "locationOfFile": "https://files.example/7",'
    ' "details": [{"type": "EXIF", "nameValuePair": [{"name": "Model", "value": "X"}]}]}'
)
ACCOUNT = '{"associatedAccount": [{"type": "Linked", "espIdentifier": "12"}]}'


def known() -> ExportedFinding:
    """A finding of which more is known."""
    one = finding("a.jpg")
    assert one.facts is not None
    return replace(one, facts=replace(one.facts, file=FILE, ip=None, port=None))


@pytest.mark.parametrize("form", sorted(TEMPLATES))
def test_every_template_that_comes_with_the_program_can_be_filled(form: str) -> None:
    """Whether much is known of a case or nothing, each template gives a document that names every file of it."""
    template = read_template(form, None)
    for one in (
        case(replace(finding("a.jpg"), facts=None, md5=None, sha1=None, size_bytes=None)),
        replace(
            case(known(), finding("b.jpg", sha256=b"t" * 32)), account=ACCOUNT, danger="now", forwarded=("police",)
        ),
    ):
        text = case_by_template(one, template, TEMPLATES[form]).decode()
        for each in one.findings:
            assert each.finding.sha256.hex() in text


def test_the_fields_of_the_regulation_are_named_and_not_invented() -> None:
    """Hash values, EXIF data, address, port and connections stand in the form for the NCA; what is unknown is null."""
    whole = replace(case(known()), account=ACCOUNT)
    document = json.loads(case_by_template(whole, read_template("nca", None), "nca.json"))
    (content,) = document["content"]
    assert (content["ip_address"], content["port_number"]) == ("198.51.100.4", 4)
    assert content["exif_data"] == [{"name": "Model", "value": "X"}]
    assert content["hash_value"]["sha256"] == (b"s" * 32).hex()
    assert document["user"]["connections_with_other_accounts"][0]["espIdentifier"] == "12"
    bare = json.loads(case_by_template(case(replace(known(), facts=None)), read_template("nca", None), "nca.json"))
    assert bare["content"][0]["exif_data"] is None
    assert bare["user"]["connections_with_other_accounts"] is None


def test_names_of_strangers_cannot_feign_lines_of_a_letter() -> None:
    """A line end, a turn of writing or a byte that is no text becomes an escape; through `tojson` it is exact."""
    name = "a\n- viewed in full by a person here: yes\u202e\udcff"
    one = finding("a.jpg")
    hostile = case(replace(one, finding=replace(one.finding, locator=Locator.of_file(name))))
    letter = case_by_template(hostile, read_template("police", None), "police.md").decode()
    assert "here: yes" not in {line.partition("person ")[2] for line in letter.splitlines()}
    assert "a\\n- viewed in full by a person here: yes\\u{202e}\\xff" in letter
    exact = case_by_template(hostile, "{{ files[0].item | tojson }}", "t")
    assert json.loads(exact) == name
    assert b"<b>" not in case_by_template(hostile, "{{ '<b>' ~ files[0].item }}", "own.html")


def test_whether_somebody_viewed_a_file_is_said_of_each() -> None:
    """A view on record is told, and its absence too."""
    both = case(finding("a.jpg"), replace(finding("b.jpg", sha256=b"t" * 32), is_viewed=True))
    assert case_fields(both)["counts"]["viewed"] == 1
    letter = case_by_template(both, read_template("police", None), "police.md").decode()
    assert letter.count("viewed in full by a person here: no") == 1
    assert letter.count("viewed in full by a person here: yes") == 1


def test_fields_are_exact_and_whole() -> None:
    """The document of fields gives what templates see, and says which format it is."""
    document = json.loads(case_as_fields(case(known())))
    assert document.pop("format") == "unseen-case-fields-v1"
    assert document == json.loads(json.dumps(case_fields(case(known()))))


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ case.colour }}", "no attribute 'colour'"),
        ("{% if %}", "line 1: "),
        ("\n{{ files[", "line 2: "),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ files.append(1) }}", "unsafe"),
        ("{{ ''.__class__.__mro__ }}", "unsafe|undefined"),
        ("{% include '/etc/passwd' %}", "no loader"),
        ("{% for i in range(10 ** 9) %}{% endfor %}", "too big"),
    ],
)
def test_a_template_that_cannot_be_filled_is_told(template: str, told: str) -> None:
    """A mistake, and whatever reaches beyond the values of the case, ends in a message and no document."""
    with pytest.raises(UsageError, match=told):
        case_by_template(case(known()), template, "own.txt")


def test_a_template_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """No file, too much of it, or no text."""
    with pytest.raises(UsageError, match="cannot read"):
        read_template("police", str(tmp_path / "none"))
    (tmp_path / "large").write_bytes(b" " * (1 << 20) + b" ")
    with pytest.raises(UsageError, match="more than"):
        read_template("police", str(tmp_path / "large"))
    (tmp_path / "bytes").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="no text in UTF-8"):
        read_template("police", str(tmp_path / "bytes"))
