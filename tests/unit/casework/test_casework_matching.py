"""`unseen match`: existing hashes against the lists."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from unseen.casework.lists import add_list
from unseen.casework.matching import match_hashes
from unseen.errors import ListFormatError, StoreError, UsageError
from unseen.model import How

PDQ = "0123456789abcdef" * 4
NEAR = "0123456789abcdef" * 3 + "0123456789abcdee"
FAR = "f0e1d2c3b4a59687" * 4
MD5 = "0123456789abcdef" * 2
EMPTY_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.fixture
def store(tmp_path: Path) -> str:
    """A store with one list of two entries."""
    (tmp_path / "list.csv").write_text(f"id,pdq,md5\nbridge,{PDQ},\nfile,,{MD5}\n")
    add_list(str(tmp_path / "store"), "known", str(tmp_path / "list.csv"))
    return str(tmp_path / "store")


def row(**fields: object) -> str:
    """A row as `unseen hash --json` prints it."""
    empty: dict[str, Any] = dict.fromkeys(("sha256", "sha1", "md5", "pdq", "pdq_quality", "vpdq", "reason"))
    whole = {"item": "a.jpg", "size_bytes": 9, "variants": [], "outcome": "hashed"} | empty | fields
    return json.dumps(whole) + "\n"


def test_hashes_on_the_command_line_are_matched(store: str) -> None:
    """Within the threshold, or not at all; in the order given."""
    answers = list(match_hashes(store, [f"pdq:{NEAR}", f"MD5:{MD5.upper()}", f"sha1:{MD5}01234567"]))
    assert [answer.outcome for answer in answers] == ["match", "match", "no_match"]
    assert [(match.entry, match.distance_bits) for answer in answers for match in answer.matches] == [
        ("bridge", 1),
        ("file", 0),
    ]
    assert answers[0].is_finding
    # How a bare hash was taken is not known, and not claimed.
    assert [match.how for answer in answers for match in answer.matches] == [How(), None]
    assert [answer.outcome for answer in match_hashes(store, [f"pdq:{NEAR}"], threshold_bits=0)] == ["no_match"]


def test_rows_of_hash_are_matched_with_all_they_carry(tmp_path: Path, store: str) -> None:
    """Digests, the canonical PDQ, variants and frames; the match says which."""
    how = {"orientation": "flipx", "convention": "full", "alpha": None, "time_s": None}
    rows = [
        row(item="canonical", pdq=PDQ, pdq_quality=100),
        row(item="variant", variants=[{"how": how, "pdq": PDQ, "pdq_quality": 100}]),
        row(item="frame", vpdq=[{"frame": 3, "time_s": 1.5, "pdq": PDQ, "pdq_quality": 50}]),
        row(item="digest", md5=MD5, reason="not_media", outcome="digest_only"),
        row(item="low", pdq=PDQ, pdq_quality=49, md5="1" * 32, outcome="digest_only", reason="low_quality"),
        row(item="unread", outcome="not_screened", reason="unreadable"),
        row(item="late", md5="1" * 32, outcome="not_screened", reason="timed_out"),
        row(item="torn", pdq=FAR, pdq_quality=90, reason="truncated"),
        row(item="unknown", pdq=PDQ, pdq_quality=49),
        row(item="bare"),
        row(item="other", md5="1" * 32),
        row(item="empty", size_bytes=0, md5=EMPTY_MD5),
    ]
    (tmp_path / "rows.jsonl").write_text("".join(rows))
    answers = {answer.item: answer for answer in match_hashes(store, [str(tmp_path / "rows.jsonl")])}
    assert [(name, answer.outcome, answer.reason) for name, answer in answers.items()] == [
        ("canonical", "match", None),
        ("variant", "match", None),
        ("frame", "match", None),
        ("digest", "match", "not_media"),
        ("low", "digest_only", "low_quality"),
        ("unread", "not_screened", "unreadable"),
        ("late", "not_screened", "timed_out"),
        ("torn", "no_match", "truncated"),
        ("unknown", "digest_only", "low_quality"),
        ("bare", "not_screened", "unreadable"),
        ("other", "no_match", None),
        ("empty", "no_match", None),
    ]
    hows = [answers[name].matches[0].how for name in ("variant", "frame")]
    assert [(how.orientation, how.time_s) for how in hows if how is not None] == [("flipx", None), ("original", 1.5)]


def test_any_list_of_hashes_can_be_asked(tmp_path: Path, store: str) -> None:
    """Empty files are passed over, signals that cannot be searched are said to be unsupported."""
    (tmp_path / "asked.txt").write_text(f"md5:{EMPTY_MD5}\nphotodna:AA\nmd5:{MD5}\n")
    answers = list(match_hashes(store, [str(tmp_path / "asked.txt")]))
    assert [(answer.item, answer.outcome, answer.reason) for answer in answers] == [
        ("line 2", "not_screened", "unsupported"),
        ("line 3", "match", None),
    ]
    (tmp_path / "bare.txt").write_text(f"{MD5}\n")
    assert [answer.outcome for answer in match_hashes(store, [str(tmp_path / "bare.txt")], signal="md5")] == ["match"]


def test_bad_rows_are_named(tmp_path: Path, store: str) -> None:
    """By line, like those of a list."""
    (tmp_path / "rows.jsonl").write_text(row(md5="12") + row(variants=[1]) + row(reason="tired") + row(pdq=PDQ))
    with pytest.raises(ListFormatError, match="line 1") as caught:
        list(match_hashes(store, [str(tmp_path / "rows.jsonl")]))
    assert "4 lines are bad: 1, 2, 3, 4" in caught.value.hint


def test_standard_input_and_pipes_are_files_too(tmp_path: Path, store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that `unseen hash --json` can be piped into `unseen match`."""
    with (tmp_path / "rows.jsonl").open("w+") as file:
        file.write(row(md5=MD5))
        file.seek(0)
        monkeypatch.setattr("sys.stdin", file)
        assert [answer.outcome for answer in match_hashes(store, ["-"])] == ["match"]
    reading, writing = os.pipe()
    with io.FileIO(writing, "w") as pipe:
        pipe.write(row(md5=MD5).encode())
    assert [answer.outcome for answer in match_hashes(store, [f"/dev/fd/{reading}"])] == ["match"]
    os.close(reading)


def test_known_files_are_shown_and_are_no_finding(tmp_path: Path, store: str) -> None:
    """A class that accuses nobody stays beside."""
    add_list(store, "nsrl", str(tmp_path / "list.csv"), list_class="known_file")
    (answer,) = match_hashes(store, [f"md5:{MD5}"], lists=["nsrl"])
    assert (answer.outcome, answer.is_finding) == ("match", False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("nowhere.txt", "no such file"),
        (PDQ, "does not name its signal"),
        ("pdq:12", "2 hex digits"),
        (".", "directory"),
    ],
)
def test_what_is_neither_hash_nor_file_is_refused(store: str, text: str, found: str) -> None:
    """Before anything is matched."""
    with pytest.raises(UsageError, match=found):
        list(match_hashes(store, [f"md5:{MD5}", text]))


def test_matching_makes_no_store(tmp_path: Path) -> None:
    """A mistyped --store is an error."""
    with pytest.raises(StoreError, match="no store"):
        list(match_hashes(str(tmp_path / "nowhere"), [f"md5:{MD5}"]))


def test_lists_in_files_need_no_store(tmp_path: Path) -> None:
    """And none is made."""
    (tmp_path / "list.txt").write_text(f"md5:{MD5}\n")
    where = tmp_path / "nowhere"
    (answer,) = match_hashes(str(where), [f"md5:{MD5}"], lists=[str(tmp_path / "list.txt")])
    assert (answer.matches[0].entry, where.exists()) == ("line 1", False)
