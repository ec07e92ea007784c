"""What users give by name: locators of things in files, and files of passwords."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.sources.phones.backups import make_itunes_backup

from unseen.casework.given.locators import Asked, _readings
from unseen.casework.given.passwords import read_passwords
from unseen.casework.hashing import hash_sources
from unseen.errors import SourceError
from unseen.model import Locator
from unseen.reports.shown import restrict, show


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A zip with a zip in it, and beside it a file whose name looks like a locator."""
    monkeypatch.chdir(tmp_path)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as file:
        file.writestr("deep.txt", "deep")
        file.writestr("a > b", "odd")
    with zipfile.ZipFile("outer.zip", "w") as file:
        file.writestr("in.zip", inner.getvalue())
        file.writestr("plain.txt", "plain")
    Path("x > y").write_text("a path")
    return tmp_path


def hashed(*texts: str) -> set[str]:
    """Locators of what is hashed for these texts."""
    return {str(item.locator) for item, _ in hash_sources(Asked(texts), workers=1)}


def test_a_locator_stands_for_one_thing_and_what_lies_in_it(archive: Path) -> None:
    """The containers around it are looked into and not hashed; its neighbours are not touched."""
    assert hashed("outer.zip > in.zip > deep.txt") == {"outer.zip > in.zip > deep.txt"}
    assert hashed("outer.zip > in.zip") == {
        "outer.zip > in.zip", "outer.zip > in.zip > deep.txt", r"outer.zip > in.zip > a \> b",
    }  # fmt: skip


def test_every_printed_locator_is_taken_back(archive: Path) -> None:
    """Whatever `hash` prints for a file names that thing, odd names included."""
    for locator in hashed("outer.zip"):
        assert locator in hashed(locator)


@pytest.mark.parametrize("spell", [str, show, lambda text: restrict(show(text), str.isascii)])
def test_every_locator_that_people_see_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spell: Callable[[str], str]
) -> None:
    """As JSON holds it, as the terminal and reports show it, and with the escapes of a font that lacks letters."""
    monkeypatch.chdir(tmp_path)
    odd = [
        "a\\b",
        "a\nb",
        r"a\nb",
        "  x ",
        "\u202egpj",
        "e\u0301",
        r"\> \\> >",
        " > ",
        r"\u{20}",
        "中文",
        "\udcff",
        "x" * 300,
    ]
    archive = tmp_path / "o\\dd \n.tar"
    with tarfile.open(archive, "w") as file:
        for name in odd:
            entry = tarfile.TarInfo(name)
            entry.size = 4
            file.addfile(entry, io.BytesIO(b"data"))
    Path(r"plain \x41.txt").write_text("x")
    locators = hashed(".") - {"./" + archive.name}
    assert len(locators) == len(odd) + 1
    for locator in locators:
        assert hashed(spell(locator)) == {locator}


@given(st.lists(st.text(st.sampled_from("> \\anu{}\n\u0301\udcff"), max_size=6), min_size=2, max_size=4))
def test_whatever_the_addresses_both_spellings_lead_to_them(addresses: list[str]) -> None:
    """What rows hold, and what terminal and reports show of it, are read as the same chain."""
    text = str(Locator(tuple(("layer", address) for address in addresses)))
    assert _readings(text)[0] == tuple(addresses)
    assert tuple(addresses) in _readings(show(text))


def test_a_text_that_two_spellings_make_of_two_things_is_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that was asked for is left out; each row says what it is of."""
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("a.zip", "w") as file:
        file.writestr(r"x\y", "as people see it")
        file.writestr(r"x\\y", "as rows spell it")
    assert hashed(r"a.zip > x\\y") == {r"a.zip > x\y", r"a.zip > x\\y"}
    assert hashed(r"a.zip > x\y") == {r"a.zip > x\y"}


def test_what_exists_as_a_path_is_a_path(archive: Path) -> None:
    """However much it looks like a locator; and a file that is given whole is given whole."""
    assert hashed("x > y") == {r"x \> y"}
    assert hashed(r"x \> y") == {r"x \> y"}, "as it was printed"
    assert len(hashed("outer.zip", "outer.zip > plain.txt")) == 5


def test_a_locator_in_a_backup_stands_for_that_file_alone(tmp_path: Path) -> None:
    """A folder is a container here: neither its other files nor what lies beside them is touched."""
    make_itunes_backup(tmp_path / "b", {("D", "x"): b"one", ("D", "y"): b"two"}, password=None)
    assert hashed(f"{tmp_path}/b > D/x") == {f"{tmp_path}/b > D/x"}


def test_a_locator_that_leads_nowhere_is_an_error(archive: Path) -> None:
    """Said when all else is done; a file that does not exist is said at once."""
    with pytest.raises(SourceError, match="nothing was found"):
        hashed("outer.zip > missing", "outer.zip > plain.txt")
    with pytest.raises(SourceError, match="cannot open"):
        Asked(["no.zip > a"])


def test_locators_may_lie_in_each_other(archive: Path) -> None:
    """All that was printed may be given back at once: what lies in another of them is there too, and given once."""
    outer = hashed("outer.zip") - {"outer.zip"}
    assert hashed(*outer) == outer


def test_passwords_are_lines(tmp_path: Path) -> None:
    """Blanks count, ends of lines of any kind do not, each once; and none is printed by chance."""
    path = tmp_path / "passwords"
    path.write_bytes("\ufeffone\r\n two \n\none\nzwölf".encode())
    secrets = read_passwords(str(path))
    assert secrets.passwords == ("one", " two ", "zwölf")
    assert "two" not in repr(secrets)
    assert read_passwords(None).passwords == ()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 5_000, b"\n".join(b"%d" % n for n in range(1_001))])
def test_passwords_that_cannot_be_used_are_an_error(tmp_path: Path, content: bytes) -> None:
    """Said at once, without any of them."""
    path = tmp_path / "passwords"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_passwords(str(path))
    assert "xxx" not in str(caught.value)
    with pytest.raises(SourceError, match="cannot read"):
        read_passwords(str(tmp_path / "missing"))
