"""Answers of NCMEC are read strictly, and one bad entry never blocks the rest."""

import ast
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from tests.unit.exchanges.fake_ncmec import NAMESPACE

from unseen.errors import ExchangeError
from unseen.exchanges.ncmec.wire import Query, read_query
from unseen.lists.values import parse_value
from unseen.model import Label, Opinion, Published, Stance, Withdrawn

MEMBER = '<member id="42">A member</member>'
PDQ = "0123456789abcdef" * 4


def page(images: str = "", videos: str = "", rest: str = "") -> Query:
    """Read a page."""
    body = f'<queryResult xmlns="{NAMESPACE}"><images>{images}</images><videos>{videos}</videos>{rest}</queryResult>'
    return read_query(body.encode(), parse_value)


def image(hashes: str, *, name: str = "one", rest: str = "") -> str:
    """An entry."""
    when = "<timestamp>2026-01-02T03:04:05Z</timestamp>"
    return f"<image>{MEMBER}{when}<id>{name}</id>{rest}<fingerprints>{hashes}</fingerprints></image>"


def only(query: Query) -> Published:
    """The one entry of a page."""
    (entry,) = query.entries
    assert isinstance(entry.change, Published)
    return entry.change


def test_an_entry_is_read_with_all_that_it_says() -> None:
    """Identifier, publisher, time, label and hashes come as given; the member makes the identifier unique."""
    query = page(image(f"<md5>{'AB' * 16}</md5><pdq>{PDQ}</pdq>", rest="<classification>A1</classification>"))
    assert only(query) == Published(
        entry="42-one",
        publisher="42",
        hashes=(("md5", b"\xab" * 16), ("pdq", bytes.fromhex(PDQ))),
        labels=(Label("ncmec", "A1"),),
        at_utc="2026-01-02T03:04:05Z",
    )
    assert query.refused == ()


def test_upper_case_hashes_are_taken() -> None:
    """A PDQ in capitals is the same PDQ."""
    assert only(page(image(f"<pdq>{PDQ.upper()}</pdq>"))).hashes == (("pdq", bytes.fromhex(PDQ)),)


@pytest.mark.parametrize(
    "bad",
    [
        "<pdq>0123</pdq>",
        f"<pdq>{'g' * 64}</pdq>",
        "<pdq></pdq>",
        f"<pdq>{'0' * 64}</pdq>",
        "<md5>d41d8cd98f00b204e9800998ecf8427e</md5>",
        f"<sha1>{'a' * 41}</sha1>",
        f"<netclean>{'x' * 500_000}</netclean>",
        "<a.b>x</a.b>",
    ],
    ids=["short", "no digit", "empty", "flat", "empty file", "long", "endless", "no name"],
)
def test_one_corrupt_hash_blocks_neither_its_entry_nor_the_rest(bad: str) -> None:
    """It is refused by its place, its value is not quoted, and everything else of the page is taken."""
    good = f"<sha1>{'ab' * 20}</sha1>"
    query = page(image(bad + good), f"<video>{MEMBER}<id>two</id><fingerprints>{good}</fingerprints></video>")
    assert [(entry.change.entry, getattr(entry.change, "hashes", None)) for entry in query.entries] == [
        ("42-one", (("sha1", b"\xab" * 20),)),
        ("42-two", (("sha1", b"\xab" * 20),)),
    ]
    (refused,) = query.refused
    assert refused.position.startswith("42-one ")
    assert "d41d8" not in refused.why
    assert "g" * 64 not in refused.why


def test_an_entry_without_any_readable_hash_is_refused_and_not_emptied() -> None:
    """What was known of it before stands: nobody said that it was withdrawn."""
    query = page(image("<pdq>12</pdq><md5>zz</md5>"))
    assert query.entries == ()
    assert [one.position for one in query.refused] == ["42-one pdq", "42-one md5", "42-one"]


@pytest.mark.parametrize("link", ["https://example.org/x", "//", "x", "/a b", "/" + "a" * 3000])
def test_a_link_that_leads_elsewhere_is_refused_and_blocks_nothing(link: str) -> None:
    """A large hash is fetched from the service that named it, or not at all."""
    query = page(image(f'<tmk-pdqf rel="self" href="{link}"/><netclean>n</netclean>'))
    assert [one.position for one in query.refused] == ([] if link == "//" else ["42-one tmk_pdqf"])
    assert only(query).hashes == (("netclean", b"n"),)


@pytest.mark.parametrize(
    ("bad", "position"),
    [
        (f"<image>{MEMBER}<fingerprints/></image>", "image 1"),
        (f"<image>{MEMBER}<id> </id></image>", "image 1"),
        (f"<image>{MEMBER}<id>a/../../b</id></image>", "image 1"),
        (f"<image>{MEMBER}<id>{'n' * 300}</id></image>", "image 1"),
        ("<image><id>one</id></image>", "image 1"),
        ('<image><member id="">x</member><id>one</id></image>', "image 1"),
        ('<image><member id="4-2">x</member><id>one</id></image>', "image 1"),
        ("<audio><id>one</id></audio>", "image 1"),
    ],
)
def test_an_entry_that_nobody_can_name_is_refused_by_its_place(bad: str, position: str) -> None:
    """What has no member or identifier, or is of no known kind, is counted, and the next is read."""
    query = page(bad + image(f"<pdq>{PDQ}</pdq>"))
    assert [one.position for one in query.refused] == [position]
    assert [entry.change.entry for entry in query.entries] == ["42-one"]


def test_tombstones_of_images_and_videos_withdraw() -> None:
    """Both kinds name the entry that is gone, and carry nothing else."""
    gone = f"{MEMBER}<id>one</id><timestamp>2026-01-02T03:04:05Z</timestamp>"
    query = page(f"<deletedImage>{gone}</deletedImage>", f"<deletedVideo>{gone}</deletedVideo>")
    withdrawn = Withdrawn(entry="42-one", publisher="42", at_utc="2026-01-02T03:04:05Z")
    assert [entry.change for entry in query.entries] == [withdrawn, withdrawn]


def test_hashes_that_others_compute_are_kept() -> None:
    """Every kind is kept under one name for all sources: counted, though not searched."""
    given = {"pdna": "12,34", "netclean": "n", "videntifier": "v", "tmk-pdqf": "t", "ssvh-new": "s"}
    hashes = "".join(f"<{name}>{value}</{name}>" for name, value in given.items())
    assert only(page(image(hashes))).hashes == (
        ("photodna", b"12,34"),
        ("netclean", b"n"),
        ("videntifier", b"v"),
        ("tmk_pdqf", b"t"),
        ("ssvh_new", b"s"),
    )


def test_feedback_becomes_opinions() -> None:
    """Who is for and who against which hash, with all reasons, in both nestings that samples leave possible."""
    flat = (
        '<negativeFeedback type="Sha1"><reasons><reason guid="g1" name="R1"/><reason guid="g2" name="R2"/>'
        '<members><member id="7">x</member></members><reason guid="g3" name="R3"/>'
        '<members><member id="7">x</member><member id="8">y</member></members></reasons></negativeFeedback>'
    )
    nested = (
        '<negativeFeedback type="TMK_PDQF"><reasons><reason name="R4"><members><member id="9"/></members></reason>'
        "</reasons></negativeFeedback>"
    )
    agreed = '<affirmativeFeedback type="Md5"><members><member id="7">x</member></members></affirmativeFeedback>'
    unnamed = (
        '<negativeFeedback type="Pdq"/>'
        '<negativeFeedback type="Pdna"><reasons><reason guid="g9"/></reasons></negativeFeedback>'
    )
    feedback = f"<feedback>{agreed}{flat}{nested}{unnamed}<other/></feedback>"
    assert only(page(image("", rest=feedback))).opinions == (
        Opinion("7", Stance.FOR, "md5"),
        Opinion("7", Stance.AGAINST, "sha1", ("R1", "R2", "R3")),
        Opinion("8", Stance.AGAINST, "sha1", ("R3",)),
        Opinion("9", Stance.AGAINST, "tmk_pdqf", ("R4",)),
        Opinion("", Stance.AGAINST, "pdq"),
        Opinion("", Stance.AGAINST, "photodna", ("g9",)),
    )


def test_categorizations_become_labels() -> None:
    """They keep NCMEC's words, beside the classification."""
    told = '<categorizations><group name="Context"><categorization guid="g" name="Viral"/></group></categorizations>'
    labels = only(page(image("", rest=f"<classification>B2</classification>{told}"))).labels
    assert labels == (Label("ncmec", "B2"), Label("ncmec:categorization", "Viral"))


def test_a_page_that_holds_less_than_it_says_is_told_of() -> None:
    """A count that differs from what is there is noted: something may have been lost on the way."""
    body = (
        f'<queryResult xmlns="{NAMESPACE}"><images count="2">{image("<netclean>n</netclean>")}</images></queryResult>'
    )
    query = read_query(body.encode(), parse_value)
    assert [one.position for one in query.refused] == ["images"]
    assert len(query.entries) == 1


def test_an_unknown_part_of_a_page_is_told_of() -> None:
    """What a later version adds is not passed over in silence."""
    assert [one.position for one in page(rest="<audios/>").refused] == ["audios"]


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-45", "999999-01-01T00:00:00Z"])
def test_a_time_that_is_none_leaves_the_entry_standing(text: str) -> None:
    """An entry is not lost because its time cannot be read."""
    body = f"<image>{MEMBER}<id>one</id><timestamp>{text}</timestamp></image>"
    assert only(page(body)).at_utc is None


def test_text_that_steers_terminals_is_defused() -> None:
    """Labels and names are printed: what is no printable character is blank."""
    assert only(page(image("", rest="<classification>A&#x85;1</classification>"))).labels == (Label("ncmec", "A 1"),)


def test_another_document_is_no_page() -> None:
    """A page for people, or an error in XML, is not an empty list."""
    with pytest.raises(ExchangeError, match="no queryResult"):
        read_query(b"<error>no</error>", parse_value)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The XML that python-threatexchange publishes in its own tests, by name; fetched, never kept."""
    folder = tmp_path_factory.mktemp("threatexchange")
    # The last release whose wheel has its tests in it.
    wanted = ["threatexchange==1.1.1", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *wanted]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        (wheel,) = folder.glob("*.whl")
    except (subprocess.SubprocessError, ValueError):
        pytest.skip("python-threatexchange's wheel, which holds published samples, cannot be fetched")
    return read_samples(wheel)


def read_samples(wheel: Path) -> dict[str, str]:
    """The constants of its test module, read as text: nothing of it runs."""
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("threatexchange/exchanges/clients/ncmec/tests/test_hash_api.py").decode()
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            texts = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
            found[node.targets[0].id] = "".join(str(text) for text in texts).strip()
    return found


def test_published_samples_parse(samples: dict[str, str]) -> None:
    """Every page that python-threatexchange publishes is read, with its entries, tombstones and links."""
    pages = {name: read_query(text.encode(), parse_value) for name, text in samples.items() if "<queryResult" in text}
    first = pages["ENTRIES_XML"]
    assert [entry.change.entry for entry in first.entries] == ["42-image1", "43-image4", "42-video1", "42-video4"]
    assert [isinstance(entry.change, Withdrawn) for entry in first.entries] == [False, True, False, True]
    assert isinstance(first.entries[0].change, Published)
    assert {signal for signal, _ in first.entries[0].change.hashes} == {"md5", "sha1", "photodna"}
    assert first.next == samples["NEXT_UNESCAPED"]
    assert pages["ENTRIES_XML4"].next is None
    assert not [query.refused for query in pages.values() if query.refused]
