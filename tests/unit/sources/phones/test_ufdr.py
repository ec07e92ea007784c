"""What the report in a UFDR says of the files beside it goes into their locators, and nothing else does."""

import io
import zipfile
from collections.abc import Mapping
from functools import partial

import pytest
from tests.unit.sources.unpacked import members

from unseen.darkroom import Darkroom
from unseen.darkroom.warmup import drawn_pictures
from unseen.model import Item, Locator, Reason, State
from unseen.sources.layers import MemoryRange
from unseen.sources.phones import ufdr

_FILE = """<file fs="Phone" fsid="f" path="{path}" size="4" id="i" deleted="{deleted}" embedded="false">
<accessInfo>
<timestamp name="CreationTime" format="TimeStampKnown">2020-08-08T15:50:58.123+02:00</timestamp>
<timestamp name="ModifyTime" format="TimeStampKnown">2020-08-08T15:50:59.000+00:00</timestamp>
<timestamp name="AccessTime">08/08/2020 15:50</timestamp>
</accessInfo>
<metadata section="File">
<item name="Local Path" systemtype="System.String"><![CDATA[{place}]]></item>
<item name="SHA256"><![CDATA[]]></item>
</metadata>
<metadata section="MetaData"><item name="Local Path of another"><![CDATA[x]]></item></metadata>
</file>"""
_REPORT = """<?xml version="1.0" encoding="utf-8"?>
<project id="p" name="n" reportVersion="5.2" xmlns="http://pa.cellebrite.com/report/2.0">
<taggedFiles>{files}</taggedFiles></project>"""


def report(*files: tuple[str, str, str]) -> str:
    """A report: paths on the phone, places in the zip, and states."""
    return _REPORT.format(
        files="".join(_FILE.format(path=path, place=place, deleted=state) for path, place, state in files)
    )


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """A zip file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return packed.getvalue()


GIVEN = report(
    ("/data/media/0/DCIM/a &amp; b.jpg", r"files\Image\a.jpg", "Intact"),
    ("/data/media/0/DCIM/gone.jpg", r"files\Image\gone.jpg", "Deleted"),
    ("/data/missing.jpg", r"files\Image\missing.jpg", "Intact"),
    ("/data/second name of a.jpg", r"files\Image\a.jpg", "Intact"),
)
FILES = {"files/Image/a.jpg": b"data", "files/Image/gone.jpg": b"gone", "files/other.bin": b"more"}


@pytest.mark.parametrize("is_first", [True, False])
def test_files_lie_where_they_lay_on_the_phone(*, is_first: bool) -> None:
    """Under their paths, in their states; what the report does not name keeps its place; what is missing is a row."""
    order: dict[str, str | bytes] = {"report.xml": GIVEN, **FILES} if is_first else {**FILES, "report.xml": GIVEN}
    given = {each[0]: each[1:] for each in members(zipped(order)) if not isinstance(each, Reason)}
    assert given.pop("report.xml") == (State.ALLOCATED, GIVEN.encode())
    assert given == {
        "/data/media/0/DCIM/a & b.jpg": (State.ALLOCATED, b"data"),
        "/data/media/0/DCIM/gone.jpg": (State.DELETED, b"gone"),
        "/data/missing.jpg": (State.ALLOCATED, Reason.UNREADABLE),
        "files/other.bin": (State.ALLOCATED, b"more"),
    }


def test_times_are_those_of_the_report() -> None:
    """With their zone; those in no known format are left out."""
    (_, original), *_ = ufdr.read_report(MemoryRange(GIVEN.encode()))
    assert original.times is not None
    assert original.times.in_utc() == {
        "modified_at_utc": "2020-08-08T15:50:59.000000000Z",
        "accessed_at_utc": None,
        "changed_at_utc": None,
        "born_at_utc": "2020-08-08T13:50:58.123000000Z",
    }


_BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;">]>' + GIVEN.split("?>", 1)[1].replace(
    "gone", "&c;"
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GIVEN[:-30], Reason.UNREADABLE),
        (GIVEN.replace("</taggedFiles>", "</tagged>"), Reason.UNREADABLE),
        (_BOMB, Reason.UNREADABLE),
        (GIVEN.replace("</taggedFiles>", f'</taggedFiles><x y="{"z" * (40 << 20)}'), Reason.TOO_LARGE),
    ],
)
def test_a_report_that_is_damaged_or_hostile_is_a_reason(text: str, reason: Reason) -> None:
    """No file is lost for it."""
    given = members(zipped({**FILES, "report.xml": text}))
    assert reason in given
    contents = {each[2] for each in given if not isinstance(each, Reason)}
    assert {b"data", b"gone", b"more"} <= contents


def test_more_files_than_any_phone_has_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The names that were read until then stay."""
    monkeypatch.setattr(ufdr, "_FILES_MAX", 1)
    given = members(zipped({**FILES, "report.xml": GIVEN}))
    assert Reason.TOO_MANY in given


def test_a_file_that_only_has_the_name_of_a_report_is_one_like_others() -> None:
    """Anybody may call a file so."""
    given = members(zipped({**FILES, "report.xml": "<html>&nbsp;"}))
    assert [each for each in given if isinstance(each, Reason)] == []
    assert {each[0] for each in given if not isinstance(each, Reason)} == {*FILES, "report.xml"}


def test_it_is_read_behind_the_lock() -> None:
    """A locked process can follow a report, and its pictures have the paths of the phone."""
    picture = drawn_pictures()[0]
    data = zipped({"files/Image/a.jpg": picture, "report.xml": GIVEN})
    with Darkroom(workers=1) as darkroom:
        item = Item(Locator.of_file("x.ufdr"), State.ALLOCATED, partial(bytes, data))
        found = {str(each.locator): (each, hashes) for each, hashes in darkroom.develop([item])}
    given, hashes = found["x.ufdr > /data/media/0/DCIM/a & b.jpg"]
    assert hashes.pdq is not None
    assert given.locator.steps[-1][0] == "ufdr"
    assert given.times is not None
    assert found["x.ufdr > /data/missing.jpg"][1].reason is Reason.UNREADABLE
