"""The three forms of a report, from values made up for the purpose."""

import hashlib
import io
import json
import re
import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from unseen.model import (
    Acquired,
    Acquisition,
    Comparison,
    How,
    Label,
    ListClass,
    Locator,
    Match,
    NotScreened,
    Outcome,
    Reason,
    Signal,
    State,
    Summary,
    Times,
)
from unseen.model.report import (
    Checkpoint,
    ReportData,
    ReportedFinding,
    ReportedList,
    ReportedMatch,
    ReportedRun,
    Stated,
)
from unseen.reports import as_pdf, words, write_html, write_json, write_json_body, write_pdf

HOSTILE = (
    '<script>alert("x")</script>',
    "</style></bdi>{{ 7 * 7 }}{% raw %}",
    '#read("page.typ") #panic() $x$ *b* _i_ `r` @ref <label> \\u{41}',
    "exe\u202egnp.jpg\u2066\x1b[2J\n\r\0\udcff",
    "x" * 4_000,
    "\u05d0\u4e2d\U0001f600",
    "&lt;img src=x&gt;'\"",
)
HOW = How(orientation="flipy", convention="512", alpha="white", time_s=1.5)


def finding(count: int, name: str) -> ReportedFinding:
    """A finding with a match of each kind."""
    digest = hashlib.sha256(str(count).encode()).digest()
    matches = (
        ReportedMatch(Match("known", f"entry {name}", "md5", 0, None), (Label(f"scheme {name}", name),)),
        ReportedMatch(Match(name, "line 7", "pdq", 31, HOW), None),
    )
    return ReportedFinding(
        id=digest.hex()[:32],
        locator=Locator.of_file(name),
        state=State.ALLOCATED,
        outcome=Outcome.MATCH,
        reason=Reason.TRUNCATED,
        size_bytes=1_234_567,
        digests={Signal.SHA256: digest, Signal.SHA1: digest[:20]},
        digests_withheld=(Signal.MD5,),
        pdq_quality=87,
        first_seen_at_utc="2026-11-23T02:40:00Z",
        matches=matches,
    )


_ACQUISITION = Acquisition(md5=Comparison.VERIFIED, sha1=Comparison.MISMATCH)
RUN = ReportedRun(
    started_at_utc="2026-11-23T02:40:00Z",
    clock="system",
    by={"user": HOSTILE[0], "host": HOSTILE[1]},
    version="0.1.0",
    python="3.13.0 (CPython)",
    system="Linux 6.12, x86_64",
    kernel="avx2",
    libraries={"numpy": "2.4"},
    sandbox={"seccomp": True, "landlock_version": 0, "is_single_threaded": True},
)


def report_of(names: tuple[str, ...], *, unscreened: tuple[str, ...] = ()) -> ReportData:
    """A report with a finding for each name."""
    return ReportData(
        written_at_utc="2026-11-23T03:00:00Z",
        version="0.1.0",
        stated=Stated(by=HOSTILE[0], case=HOSTILE[2]),
        scan=3,
        started_at_utc="2026-11-23T02:40:00Z",
        finished_at_utc="2026-11-23T02:41:00Z",
        basis=HOSTILE[1],
        sources=tuple((name, name) for name in names[:3]),
        paths_sha256=None,
        threshold_bits=31,
        plugged_in=(),
        unsafe_no_sandbox=False,
        runs=(RUN,),
        lists=(
            ReportedList(
                name=HOSTILE[0],
                list_class="csam",
                sha256="ab" * 32,
                entries={"pdq": 10, "photodna": 4},
                searchable=("pdq",),
            ),
        ),
        summary=Summary(
            items=len(names) + len(unscreened),
            hashed=len(names),
            digest_only=0,
            findings=len(names),
            not_screened=len(unscreened),
            truncated=0,
            entries_searchable=10,
            entries_not_searchable=4,
            seconds=1.23456,
        ),
        digest_only={Reason.NOT_MEDIA: 2},
        not_screened={Reason.ENCRYPTED: len(unscreened)},
        findings=lambda: (finding(count, name) for count, name in enumerate(names, start=1)),
        acquired=tuple(Acquired(Locator.of_file(name), _ACQUISITION) for name in names[:2]),
        unscreened=lambda: (NotScreened(Locator.of_file(name), Reason.ENCRYPTED) for name in unscreened),
    )


def html_of(report: ReportData) -> str:
    """The page as text."""
    out = io.BytesIO()
    write_html(report, "0123456789abcdef" * 2, out)
    return out.getvalue().decode("utf-8")


def json_of(report: ReportData) -> bytes:
    """The whole JSON form."""
    body, out = io.BytesIO(), io.BytesIO()
    report_id = write_json_body(report, body)
    body.seek(0)
    write_json(report, report_id, body, out)
    return out.getvalue()


def typst_input(report: ReportData, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is handed to typst, without drawing it."""
    typst = pytest.importorskip("typst")
    given: list[Mapping[str, str]] = []

    def compile_nothing(_: bytes, *, sys_inputs: Mapping[str, str], **rest: object) -> bytes:
        given.append(sys_inputs)
        return b""

    with monkeypatch.context() as patch:
        patch.setattr(typst, "compile", compile_nothing)
        write_pdf(report, "ab" * 16, io.BytesIO())
    return dict(json.loads(given[0]["page"]))


class Elements(HTMLParser):
    """Collects tags, attributes and the text of quoted cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.quoted: list[str] = []
        self._is_quoted = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._is_quoted = tag == "bdi"
        if self._is_quoted:
            self.quoted.append("")

    def handle_endtag(self, tag: str) -> None:
        """Nothing is nested in a quoted cell."""
        self._is_quoted = False

    def handle_data(self, data: str) -> None:
        """Keep what is quoted."""
        if self._is_quoted:
            self.quoted[-1] += data


def test_the_page_has_no_picture_no_script_and_no_address() -> None:
    """Whatever names say, only the template's own elements exist, and nothing can be fetched or run."""
    text = html_of(report_of(HOSTILE, unscreened=HOSTILE))
    seen = Elements(text)
    structure = {"html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "article"}
    prose = {"p", "h1", "h2", "h3", "span", "bdi", "b", "dl", "div", "dt", "dd", "ul", "li"}
    assert seen.tags == structure | prose | {"table", "thead", "tbody", "tr", "th", "td"}
    assert not seen.attributes & {"src", "href", "style", "srcset", "onload", "onerror", "background"}
    for word in ("<img", "data:image", "<script", "http://", "https://", "url(", "@import"):
        assert word not in text
    assert "default-src 'none'" in text


def test_the_policy_admits_exactly_the_style_that_is_there() -> None:
    """The digest in the policy is that of the style element, so nothing else may style the page."""
    import base64

    text = html_of(report_of(("a",)))
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    allowed = re.search(r"style-src 'sha256-([^']+)'", text)
    assert style is not None
    assert allowed is not None
    assert base64.b64decode(allowed[1]) == hashlib.sha256(style[1].encode()).digest()


def test_hostile_names_stand_escaped_in_the_page() -> None:
    """Each name is there, in the one way in which it can be read."""
    from unseen.reports.shown import show

    seen = Elements(html_of(report_of(HOSTILE)))
    assert {show(name) for name in HOSTILE} <= set(seen.quoted)
    assert not any("\u202e" in text or "\n" in text for text in seen.quoted)


def test_hostile_names_reach_typst_as_values_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """They come in lines that fit, with nothing but letters that its font has."""
    page = typst_input(report_of(HOSTILE, unscreened=HOSTILE), monkeypatch)
    shown = page["sections"][1]["blocks"][1]["findings"]
    assert "".join(shown[3]["item"]["lines"]) == r"exe\u{202e}gnp.jpg\u{2066}\u{1b}[2J\n\r\u{0}\xff"
    assert "".join(shown[5]["item"]["lines"]) == r"\u{5d0}\u{4e2d}\u{1f600}"
    assert max(len(line) for one in shown for line in one["item"]["lines"]) <= 88


def test_hostile_names_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """typst takes no name for a command: the document is made, and holds no picture."""
    pytest.importorskip("typst")
    out = io.BytesIO()
    write_pdf(report_of(HOSTILE, unscreened=HOSTILE), "ab" * 16, out)
    assert out.getvalue().startswith(b"%PDF-")
    assert b"/Subtype/Image" not in out.getvalue().replace(b" ", b"")


def test_json_is_one_object_and_one_finding_a_line() -> None:
    """It parses, names come back byte for byte, and line tools can read it."""
    report = report_of(HOSTILE, unscreened=HOSTILE)
    written = json_of(report)
    whole = json.loads(written)
    assert [one["item"] for one in whole["findings"]] == list(HOSTILE)
    assert [one["item"] for one in whole["not_screened"]] == list(HOSTILE)
    assert whole["findings"][0]["md5"] is None
    assert whole["findings"][0]["digests_withheld"] == ["md5"]
    lines = written.decode("ascii").splitlines()
    start = lines.index('"findings": [') + 1
    assert json.loads(lines[start].rstrip(",")) == whole["findings"][0]


def test_the_id_is_taken_of_all_but_the_time() -> None:
    """Another time changes the third line alone; the id is what the page says it is."""
    report = report_of(("a", "b"))
    early, late = json_of(report), json_of(replace(report, written_at_utc="2027-01-01T00:00:00Z"))
    pairs = zip(early.splitlines(), late.splitlines(), strict=True)
    differing = [at for at, (one, two) in enumerate(pairs) if one != two]
    assert differing == [2]
    body = early.split(b"\n", 3)[3]
    assert json.loads(early)["report"]["id"] == hashlib.sha256(body).hexdigest()[:32]
    assert json_of(report_of(("a", "c"))) != early


def test_the_same_values_give_the_same_bytes() -> None:
    """Twice the same, in each form; and another time makes another PDF."""
    report = report_of(HOSTILE[:3], unscreened=("b",))
    assert html_of(report) == html_of(report)
    assert json_of(report) == json_of(report)
    pytest.importorskip("typst")
    first, second, later = io.BytesIO(), io.BytesIO(), io.BytesIO()
    write_pdf(report, "ab" * 16, first)
    write_pdf(report, "ab" * 16, second)
    write_pdf(replace(report, written_at_utc="2027-01-01T00:00:00Z"), "ab" * 16, later)
    assert first.getvalue() == second.getvalue()
    assert first.getvalue() != later.getvalue()


def test_without_a_ledger_it_says_so_and_with_one_it_tells_how_to_verify() -> None:
    """A report never lets a reader believe that something was signed."""
    report = report_of(("a",))
    assert "No checkpoint." in html_of(report)
    note = "unseen.0123\n7\nabc=\n\n\u2014 unseen.0123 sig"
    signed = html_of(replace(report, checkpoint=Checkpoint(note=note, size=7, public_key="unseen.0123+key")))
    assert "No checkpoint." not in signed
    assert all(part in signed for part in ("unseen verify", "unseen.0123+key", "\u2014 unseen.0123 sig"))


def test_a_missing_sandbox_is_said_aloud() -> None:
    """Whoever reads the report learns that decoders were not locked."""
    report = report_of(("a",))
    (run,) = report.runs
    open_run = replace(run, sandbox={"seccomp": False, "landlock_version": 0, "is_single_threaded": True})
    text = html_of(replace(report, runs=(open_run,), unsafe_no_sandbox=True))
    assert "NO sandbox" in text
    assert "--unsafe-no-sandbox" in text


def test_a_report_without_findings_says_what_that_means() -> None:
    """No finding is not the absence of anything."""
    text = html_of(report_of(()))
    assert "No finding in 0 items." in text
    assert "No finding does not mean that there is nothing." in text
    assert "Everything that the sources offered was screened." in text


def test_paper_holds_the_first_and_says_where_the_rest_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limits the PDF names both numbers."""
    monkeypatch.setattr(as_pdf, "PDF_FINDINGS_MAX", 2)
    monkeypatch.setattr(as_pdf, "PDF_UNSCREENED_MAX", 1)
    page = typst_input(report_of(("a", "b", "c"), unscreened=("d", "e")), monkeypatch)
    found, unscreened = page["sections"][1]["blocks"], page["sections"][2]["blocks"]
    assert len(found[1]["findings"]) == 2
    assert found[2]["text"].startswith("The first 2 are printed here. All 3 stand")
    assert len(unscreened[2]["rows"]) == 1
    assert unscreened[3]["text"].startswith("The first 1 are printed here. All 2 stand")


def test_memory_does_not_grow_with_findings() -> None:
    """Twenty thousand findings are written in a few megabytes: a hundred thousand are no other."""

    class Nowhere(io.RawIOBase):
        def write(self, _: object) -> int:
            return 0

    report = report_of(("a",))
    many = replace(report, findings=lambda: (finding(count, f"item {count}") for count in range(20_000)))
    html_of(report)  # templates are compiled once
    tracemalloc.start()
    try:
        write_html(many, "ab" * 16, Nowhere())  # type: ignore[arg-type]  # it only has to be written to
        write_json_body(many, Nowhere())  # type: ignore[arg-type]  # as above
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


_CLOSED: list[tuple[Mapping[Any, str], Any]] = [
    (words.REASONS, Reason),
    (words.STATES, State),
    (words.OUTCOMES, Outcome),
    (words.CLASSES, ListClass),
]


@pytest.mark.parametrize(("spoken", "closed"), _CLOSED)
def test_every_value_of_a_closed_list_has_its_words(spoken: Mapping[Any, str], closed: Any) -> None:
    """No reader meets a bare identifier."""
    assert set(spoken) == set(closed)


def test_times_are_told_as_their_source_kept_them() -> None:
    """No fraction of a second where there is none; and FAT, which keeps no time zone, is never told as UTC."""
    times = Times(modified_ns=1_500_000_000, accessed_ns=86_400 * 10**9)
    assert words.times_words(times, "ntfs") == [
        ("Content written", "1970-01-01 00:00:01.5 UTC"),
        ("Last read", "1970-01-02 00:00:00 UTC"),
    ]
    assert all("UTC" not in text and "time zone" in text for _, text in words.times_words(times, "fat"))
    assert words.times_words(None) == []


def test_a_finding_in_a_container_says_how_it_lay_there() -> None:
    """Its chain, its state in words, and its times by the layer that it was found in."""
    name = "card.dd"
    locator = Locator.of_file(name).inside("fat", "/_MG_1.JPG")
    lost = replace(finding(1, name), locator=locator, state=State.DELETED, times=Times(modified_ns=0))
    page = html_of(replace(report_of((name,)), findings=lambda: iter([lost])))
    assert "card.dd &gt; /_MG_1.JPG" in page
    assert words.STATES[State.DELETED] in page
    assert "1970-01-01 00:00:00, by the clock of the device" in page


def test_a_report_does_not_deny_what_the_program_reads() -> None:
    """Its limits are those of this program: it looks into containers and videos, and for what was deleted."""
    said = " ".join(text for _, text in words.LIMITS)
    assert "does not look into" not in said
    assert "does not recover" not in said
    for word in ("Archives", "disk images", "deleted", "video", "FAT"):
        assert word in said


def test_ways_of_hashing_are_told_in_words() -> None:
    """All at once, none, and none at all."""
    assert words.how_words(HOW) == (
        "mirrored left to right, stretched to 512 \u00d7 512 first, transparent parts over white, frame at 1.5 s"
    )
    assert words.how_words(How(orientation="original", convention="full")) == "as it lies"
    assert words.how_words(None) == ""
    altered = How(window=(0.1, 0.2, 0.5, 0.5), angle_deg=-2.5, candidate_distance_bits=40)
    assert words.how_words(altered).startswith("found after undoing a tilt of 2.5\u00b0")
    assert words.how_words(altered).endswith("40 bits before the closer look")
