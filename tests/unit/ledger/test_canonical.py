"""One value, one text: RFC 8785 for what the ledger needs."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unseen.errors import MalformedError, UsageError
from unseen.ledger import canonical
from unseen.ledger.canonical import Uncanonical

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
INTEGERS = st.integers(-canonical.INTEGER_MAX, canonical.INTEGER_MAX)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=30,
)
# The test data of RFC 8785's author (github.com/cyberphone/json-canonicalization, Apache-2.0), what we support of it.
PUBLISHED = {
    "french": (
        (
            '{"peach":"This sorting order","péché":"is wrong according to French",'
            '"pêche":"but canonicalization MUST","sin":"ignore locale"}'
        ),
        (
            '{"peach":"This sorting order","péché":"is wrong according to French",'
            '"pêche":"but canonicalization MUST","sin":"ignore locale"}'
        ),
    ),
    "structures": (
        (
            '{"1": {"f": {"f": "hi","F": 5} ,"\\n": 56}, "10": { }, "": "empty", "a": { }, '
            '"111": [ {"e": "yes","E": "no" } ], "A": { }}'
        ),
        '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}',
    ),
    "unicode": ('{"Unnormalized Unicode":"A\\u030a"}', '{"Unnormalized Unicode":"A\u030a"}'),
    "weird": (
        (
            '{"\\u20ac":"Euro Sign","\\r":"Carriage Return","\\u000a":"Newline","1":"One","\\u0080":"Control\\u007f",'
            '"\\ud83d\\ude02":"Smiley","\\u00f6":"Latin Small Letter O With Diaeresis",'
            '"\\ufb33":"Hebrew Letter Dalet With Dagesh","</script>":"Browser Challenge"}'
        ),
        (
            '{"\\n":"Newline","\\r":"Carriage Return","1":"One","</script>":"Browser Challenge",'
            '"\u0080":"Control\u007f","\u00f6":"Latin Small Letter O With Diaeresis","\u20ac":"Euro Sign",'
            '"\U0001f602":"Smiley",'
            '"\ufb33":"Hebrew Letter Dalet With Dagesh"}'
        ),
    ),
    "literals": (
        '{"literals":[null,true,false],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/"}',
        '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_vectors_are_printed_as_published(name: str) -> None:
    """The examples of the RFC and of its author come out byte for byte."""
    given_text, expected = PUBLISHED[name]
    assert canonical.to_bytes(json.loads(given_text)) == expected.encode()


def test_text_is_escaped_only_where_json_demands_it() -> None:
    """Short escapes where there are some, four small hexadecimal digits elsewhere, nothing above U+001F."""
    every = "".join(map(chr, range(0x20)))
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"}
    expected = "".join(short.get(code, f"\\u{code:04x}") for code in range(0x20))
    assert canonical.to_bytes(every) == f'"{expected}"'.encode()
    assert canonical.to_bytes('"\\/\x7f\u2028') == '"\\"\\\\/\x7f\u2028"'.encode()


@given(VALUES)
def test_what_was_printed_is_read_back(value: canonical.Json) -> None:
    """Parsing gives the value, and printing that gives the same bytes."""
    data = canonical.to_bytes(value)
    assert canonical.parse(data) == value
    assert canonical.to_bytes(canonical.parse(data)) == data


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:0123456789-.eE\\ utrfalsn', max_size=60).map(str.encode))
def test_whatever_parses_is_the_one_text_of_its_value(data: bytes) -> None:
    """Any bytes are either refused with a closed reason or equal to what their value prints."""
    reason = None
    try:
        printed = canonical.to_bytes(canonical.parse(data))
    except MalformedError as error:
        printed, reason = data, error.reason
    assert printed == data
    assert reason is None or reason in set(Uncanonical)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a":1,"a":1}', Uncanonical.NOT_CANONICAL),
        ('{"b":1,"a":2}', Uncanonical.NOT_CANONICAL),
        ('{"a": 1}', Uncanonical.NOT_CANONICAL),
        ('"\\u0041"', Uncanonical.NOT_CANONICAL),
        ('"\\/"', Uncanonical.NOT_CANONICAL),
        ('"\\u000F"', Uncanonical.NOT_CANONICAL),
        ("-0", Uncanonical.NOT_CANONICAL),
        ("1\n", Uncanonical.NOT_CANONICAL),
        ("1.0", Uncanonical.NOT_SUPPORTED),
        ("1e2", Uncanonical.NOT_SUPPORTED),
        ("NaN", Uncanonical.NOT_SUPPORTED),
        ("9007199254740992", Uncanonical.NOT_SUPPORTED),
        ('"\\ud800"', Uncanonical.NOT_SUPPORTED),
        ("[" * 17 + "]" * 17, Uncanonical.NOT_SUPPORTED),
        ("[" * 30_000 + "]" * 30_000, Uncanonical.NOT_JSON),
        ("9" * 5000, Uncanonical.NOT_JSON),
        ("01", Uncanonical.NOT_JSON),
        ("", Uncanonical.NOT_JSON),
        ("\ufeff1", Uncanonical.NOT_JSON),
        ("{'a':1}", Uncanonical.NOT_JSON),
        ('"' + "x" * 65_534 + '"', Uncanonical.TOO_LONG),
    ],
)
def test_other_texts_are_refused_with_their_reason(text: str, reason: Uncanonical) -> None:
    """Spaces, other orders, other escapes, repeated members, fractions and excess each have a closed reason."""
    with pytest.raises(MalformedError) as caught:
        canonical.parse(text.encode())
    assert caught.value.reason == reason


def test_bytes_that_are_not_utf8_are_refused() -> None:
    """The text is UTF-8, strictly."""
    with pytest.raises(MalformedError) as caught:
        canonical.parse(b'"\xed\xa0\x80"')
    assert caught.value.reason == Uncanonical.NOT_UTF8


@pytest.mark.parametrize(
    "value", [1.0, math.nan, 2**53, -(2**53), "\ud800", {"\udfff": 1}, {1: 2}, b"x", (1,), {"a": {1}}, [[[...]]]]
)
def test_values_without_an_exact_form_are_not_printed(value: object) -> None:
    """Fractions, integers beyond 2^53 - 1, half surrogates and foreign types are refused."""
    with pytest.raises(UsageError):
        canonical.to_bytes(value)  # type: ignore[arg-type]  # what no caller should pass


def test_nesting_is_limited() -> None:
    """Sixteen levels are printed, seventeen are not."""
    value: canonical.Json = 1
    for _ in range(canonical.DEPTH_MAX):
        value = [value]
    assert canonical.parse(canonical.to_bytes(value)) == value
    with pytest.raises(UsageError, match="16 deep"):
        canonical.to_bytes([value])


def test_a_commitment_is_the_digest_of_salt_and_canonical_text() -> None:
    """Anyone can recompute it from salt and value; a salt of another length is refused."""
    from hashlib import sha256

    salt = bytes(range(16))
    assert canonical.commitment(salt, {"b": 1, "a": 2}) == sha256(salt + b'{"a":2,"b":1}').hexdigest()
    with pytest.raises(UsageError, match="16 random bytes"):
        canonical.commitment(b"short", 1)
