"""Images and archives that nothing here puts together: each is a row, and looked through all the same."""

import io
import zipfile

import pytest
from tests.unit.sources.carving.drawn import picture, written
from tests.unit.sources.unpacked import members

from unseen.model import Reason, State

PICTURE = written(picture(3, 200, 150), "JPEG")
BUNDLE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>diskimage-bundle-type</key>'
    b"<string>com.apple.diskimage.sparsebundle</string></dict></plist>"
)


@pytest.mark.parametrize(
    "head",
    [
        *(b"LVF\t\r\n\xff\0", b"EVF2\r\n\x81\0", b"LEF2\r\n\x81\0", b"AFF10\r\n\0"),
        *(b"WithoutFreeSpace", b"WithouFreSpacExt", b"QED\0", b"\xbe\xba\xfe\xca\0\0\0\0", b"\x3a\xff\x26\xed\1\0"),
        *(b"hsqs", b"MSWIM\0\0\0", b"\x37\xe4\x53\x96\xc9\xdb\xd6\x07", b"\xff\x06\0\0sNaPpY", b"pbzx", b"AEA1"),
        BUNDLE,
    ],
)
def test_what_nothing_here_reads_says_so_and_is_looked_through(head: bytes) -> None:
    """A row, `unsupported`; and a picture that lies in it as it is is found."""
    given = members(head + bytes(5_000) + PICTURE + bytes(100))
    assert given[0] is Reason.UNSUPPORTED
    assert [each[1:] for each in given[1:] if not isinstance(each, Reason)] == [(State.CARVED, PICTURE)]


@pytest.mark.parametrize("names", [("container.description", "information.turtle"), ("information.turtle", "x")])
def test_an_aff4_container_says_that_disks_in_it_are_not_read(names: tuple[str, str]) -> None:
    """Whatever its first member is; files in it, as logical images have them, are given."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, "aff4://1234")
        archive.writestr("aff4%3A%2F%2F1234/beach.jpg", PICTURE)
    given = members(file.getvalue())
    assert [each for each in given if isinstance(each, Reason)] == [Reason.UNSUPPORTED]
    assert PICTURE in [each[2] for each in given if not isinstance(each, Reason)]


@pytest.mark.parametrize("data", [b"encrcdsa" + bytes(9_000), bytes(range(256)) * 20 + b"cdsaencr"])
def test_an_encrypted_image_of_macos_says_so(data: bytes) -> None:
    """Of both versions; what is in it is noise to everybody else."""
    assert members(data) == [Reason.ENCRYPTED]


def test_a_page_that_speaks_of_bundles_is_none() -> None:
    """Only the list beside the pieces of one is."""
    with pytest.raises(AssertionError, match="no format"):
        members(b"<html>" + BUNDLE)
