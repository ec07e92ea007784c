"""Hashes to be looked up: rows of `unseen hash --json` with all they carry, or single hashes from any list."""

from collections.abc import Iterator
from typing import Any

from unseen.lists.notes import Notes
from unseen.lists.rows import is_hash_row, load_object, read_row
from unseen.lists.stream import ListStream
from unseen.lists.values import BadValueError
from unseen.model import Entry, Frame, How, ItemHashes, Reason, Signal, Variant, VideoMode

__all__ = ["ask_for", "read_question_rows"]

LINE_CHARS_MAX = 16_000_000

# A bare hash comes without its quality; whoever made it is taken to have looked at that.
_QUALITY_UNKNOWN = 100


def ask_for(entry: Entry) -> tuple[str, ItemHashes]:
    """One hash as the hashes of an item; one of a signal that is not searchable as an item that was not screened."""
    value = {signal: entry.value if entry.signal == signal else None for signal in Signal}
    pdq = value[Signal.PDQ] or value[Signal.VPDQ]
    # As a variant taken nobody knows how: a match must not claim to know it.
    variants = () if pdq is None else (Variant(How(), pdq, _QUALITY_UNKNOWN),)
    return entry.entry, ItemHashes(
        size_bytes=0,
        sha256=value[Signal.SHA256],
        sha1=value[Signal.SHA1],
        md5=value[Signal.MD5],
        variants=variants,
        reason=None if entry.is_searchable else Reason.UNSUPPORTED,
    )


def read_question_rows(stream: ListStream, notes: Notes) -> Iterator[tuple[str, ItemHashes]]:
    """Read the items of hash rows, and the single hashes of other rows, in JSON Lines."""
    for number, line in stream.lines(chars_max=LINE_CHARS_MAX, refuse=notes.refuse):
        if not line or line.isspace():
            continue
        try:
            row = load_object(line)
            if is_hash_row(row):
                asked = [_read_item(row)]
            else:
                asked = [ask_for(entry) for entry in read_row(row, number, notes)]
        except BadValueError as problem:
            notes.refuse(number, problem)
        else:
            yield from asked


def _read_item(row: dict[str, Any]) -> tuple[str, ItemHashes]:
    try:
        reason = row.get("reason")
        return str(row["item"]), ItemHashes(
            size_bytes=int(row.get("size_bytes") or 0),
            sha256=_digits(row.get("sha256"), 32),
            sha1=_digits(row.get("sha1"), 20),
            md5=_digits(row.get("md5"), 16),
            pdq=_digits(row.get("pdq"), 32),
            pdq_quality=None if row.get("pdq") is None else int(row["pdq_quality"]),
            variants=tuple(
                Variant(_read_how(each["how"]), _need(each["pdq"]), int(each["pdq_quality"]))
                for each in row.get("variants") or ()
            ),
            vpdq=_read_frames(row.get("vpdq")),
            video_mode=None if row.get("video_mode") is None else VideoMode(row["video_mode"]),
            reason=None if reason is None else Reason(reason),
        )
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, BadValueError):
            raise
        raise BadValueError("a row of `unseen hash --json`", f"one of another shape ({type(error).__name__})") from None


def _read_frames(frames: Any) -> tuple[Frame, ...] | None:  # whatever JSON holds
    if frames is None:
        return None
    return tuple(
        Frame(
            int(each["frame"]),
            float(each["time_s"]),
            _need(each["pdq"]),
            int(each["pdq_quality"]),
            int(each.get("stream", 0)),
        )
        for each in frames
    )


def _read_how(how: dict[str, Any]) -> How:
    known: dict[str, Any] = {key: how.get(key) for key in How.__slots__}
    known |= {key: tuple(value) for key, value in known.items() if isinstance(value, list)}
    return How(**known)


def _digits(text: Any, size_bytes: int) -> bytes | None:  # whatever JSON holds
    if text is None:
        return None
    value = bytes.fromhex(text)
    if len(value) != size_bytes:
        raise BadValueError(f"{2 * size_bytes} hexadecimal digits", f"{len(text)} characters")
    return value


def _need(text: Any) -> bytes:  # whatever JSON holds
    value = _digits(text, 32)
    if value is None:
        raise BadValueError("a pdq", "none")
    return value
