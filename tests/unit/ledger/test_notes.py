"""Signed notes, keys and checkpoints: strict to read, and no signature counts but that of a trusted key."""

import random

import pytest
from cryptography.hazmat.primitives.asymmetric import mldsa
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ledger.ledgers import ORIGIN, seed

from unseen.errors import LedgerBrokenError, MalformedError, UsageError
from unseen.ledger import Checkpoint, Note, SigningKey, VerifierKey
from unseen.ledger.checkpoint import cosigned_message, rotation_text, verify_rotation, verify_signatures
from unseen.ledger.merkle import EMPTY_ROOT
from unseen.ledger.note import KeyKind, Malformed, Signature, key_id, to_base64

KEY = SigningKey(ORIGIN, seed(1))
OTHER = SigningKey(ORIGIN, seed(2))
WITNESS = SigningKey("witness.example", seed(3), KeyKind.COSIGNATURE_ED25519)
HEAD = Checkpoint(ORIGIN, 12, seed(4))
NOTE = Note(str(HEAD), (KEY.sign(str(HEAD)), WITNESS.sign(str(HEAD), time_unix_s=1_700_000_000)))

# The example of golang.org/x/mod/sumdb/note, whose key and signature are published in its documentation.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_the_published_example_verifies() -> None:
    """A note signed by another implementation is read and verified, and printed as it was."""
    note, key = Note.parse(GO_NOTE.encode()), VerifierKey.parse(GO_KEY)
    assert verify_signatures(note, [key]).by == (key,)
    assert note.to_bytes() == GO_NOTE.encode()
    assert str(key) == GO_KEY


def test_signatures_of_trusted_keys_are_told_from_others() -> None:
    """Who signed, when, and how many signatures nobody can judge."""
    signed = verify_signatures(NOTE, [KEY.public, WITNESS.public, OTHER.public])
    assert signed.by == (KEY.public, WITNESS.public)
    assert signed.times_unix_s == (None, 1_700_000_000)
    assert (signed.unsupported, signed.unknown) == ((), 0)
    assert verify_signatures(NOTE, [OTHER.public]).by == ()
    assert verify_signatures(NOTE, [WITNESS.public]).unknown == 1


def test_a_signature_that_claims_a_trusted_key_must_hold() -> None:
    """One that does not is an error, whatever the others say."""
    forged = Signature(KEY.name, KEY.public.id, b"\x00" * 64)
    for bad in (forged, Signature(KEY.name, KEY.public.id, b"short"), Signature(WITNESS.name, WITNESS.public.id, b"x")):
        with pytest.raises(LedgerBrokenError, match="does not hold"):
            verify_signatures(Note(NOTE.text, (*NOTE.signatures, bad)), [KEY.public, WITNESS.public])


def test_a_cosignature_is_not_a_signature_of_the_log() -> None:
    """The same secret under another kind has another id and signs another message."""
    same = SigningKey(ORIGIN, KEY.seed, KeyKind.COSIGNATURE_ED25519)
    assert same.public.id != KEY.public.id
    raw = KEY.sign(NOTE.text).value
    swapped = Note(NOTE.text, (Signature(ORIGIN, same.public.id, (5).to_bytes(8, "big") + raw),))
    with pytest.raises(LedgerBrokenError):
        verify_signatures(swapped, [same.public])


def test_ed25519_cosignatures_sign_what_c2sp_says() -> None:
    """Two lines, header and time, then the text of the checkpoint."""
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    message = cosigned_message(text, KeyKind.COSIGNATURE_ED25519, "witness.example", 1679315147)
    assert message == b"cosignature/v1\ntime 1679315147\n" + text.encode()


def test_ml_dsa_44_cosignatures_verify_and_unknown_kinds_are_named() -> None:
    """The post-quantum kind is dispatched like the others; a kind from the future is said to be unsupported."""
    secret = mldsa.MLDSA44PrivateKey.from_seed_bytes(seed(9))
    key = VerifierKey("witness.example", KeyKind.COSIGNATURE_ML_DSA_44, secret.public_key().public_bytes_raw())
    message = cosigned_message(NOTE.text, key.kind, key.name, 7)
    assert message == (
        b"subtree/v1\n\x00\x0fwitness.example" + (7).to_bytes(8, "big") + bytes([len(ORIGIN)]) + ORIGIN.encode()
        + (0).to_bytes(8, "big") + (12).to_bytes(8, "big") + HEAD.root
    )  # fmt: skip
    value = (7).to_bytes(8, "big") + secret.sign(message)
    future = VerifierKey("later.example", 0x77, b"k" * 20)
    note = Note(NOTE.text, (Signature(key.name, key.id, value), Signature(future.name, future.id, b"s" * 9)))
    signed = verify_signatures(Note.parse(note.to_bytes()), [VerifierKey.parse(str(key)), future])
    assert (signed.by, signed.times_unix_s, signed.unsupported, signed.unknown) == ((key,), (7,), (future,), 0)
    altered = Note(NOTE.text.replace("12", "13"), note.signatures)
    with pytest.raises(LedgerBrokenError):
        verify_signatures(altered, [key])


@pytest.mark.parametrize("bit", range(0, len(NOTE.to_bytes()) * 8, 7))
def test_any_flipped_bit_of_a_checkpoint_is_caught(bit: int) -> None:
    """Text, names, ids and signatures: with both keys known, nothing can be altered unseen."""
    data = bytearray(NOTE.to_bytes())
    data[bit // 8] ^= 1 << bit % 8
    try:
        note = Note.parse(bytes(data))
        signed = verify_signatures(note, [KEY.public, WITNESS.public])
    except (MalformedError, LedgerBrokenError):
        return
    assert set(signed.by) != {KEY.public, WITNESS.public}


@given(st.binary(max_size=200) | st.text("—\n +abc=AZ09", max_size=120).map(str.encode))
def test_whatever_is_read_as_a_note_prints_itself(data: bytes) -> None:
    """Any bytes are refused with a closed reason, or give themselves back."""
    for prefix in (b"", b"a\n\n"):
        reason = None
        try:
            printed = Note.parse(prefix + data).to_bytes()
        except MalformedError as error:
            printed, reason = prefix + data, error.reason
        assert printed == prefix + data
        assert reason is None or reason in set(Malformed)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Malformed.NO_SIGNATURE),
        (b"a\n", Malformed.NO_SIGNATURE),
        (b"a\n\n", Malformed.NO_SIGNATURE),
        (b"a\n\n\xe2\x80\x94 n AAAAAAA=", Malformed.NO_SIGNATURE),
        (b"a\n\n- n AAAAAAA=\n", Malformed.SIGNATURE_LINE),
        (b"a\n\n\xe2\x80\x94 n  AAAAAAA=\n", Malformed.SIGNATURE_LINE),
        (b"a\n\n\xe2\x80\x94 n AAAAAA==\n", Malformed.SIGNATURE_LINE),
        (b"a\n\n\xe2\x80\x94 n+ AAAAAAA=\n", Malformed.KEY_NAME),
        ("a\n\n— n\u00a0m AAAAAAA=\n".encode(), Malformed.KEY_NAME),
        (b"a\n\n\xe2\x80\x94 n AAAAAAB=\n", Malformed.BASE64),
        (b"a\n\n\xe2\x80\x94 n AAAA!AAA\n", Malformed.BASE64),
        (b"a\r\n\n\xe2\x80\x94 n AAAAAAA=\n", Malformed.CONTROL_CHARACTER),
        (b"\xff\n\n\xe2\x80\x94 n AAAAAAA=\n", Malformed.NOT_UTF8),
        (b"a\n\n" + b"\xe2\x80\x94 n AAAAAAA=\n" * 65, Malformed.TOO_MANY_SIGNATURES),
        (b"a" * 600_000, Malformed.TOO_LONG),
    ],
)
def test_malformed_notes_have_closed_reasons(data: bytes, reason: Malformed) -> None:
    """Each way of not being a signed note has its name."""
    with pytest.raises(MalformedError) as caught:
        Note.parse(data)
    assert caught.value.reason == reason


def test_sixteen_signatures_are_read() -> None:
    """C2SP asks for at least that many."""
    assert len(Note.parse(NOTE.text.encode() + b"\n" + str(NOTE.signatures[0]).encode() * 16).signatures) == 16


ROOT = to_base64(HEAD.root)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"\n1\n{ROOT}\n", Malformed.ORIGIN),
        (f"o\n01\n{ROOT}\n", Malformed.SIZE),
        (f"o\n+1\n{ROOT}\n", Malformed.SIZE),
        (f"o\n-1\n{ROOT}\n", Malformed.SIZE),
        (f"o\n1_0\n{ROOT}\n", Malformed.SIZE),
        (f"o\n١\n{ROOT}\n", Malformed.SIZE),
        (f"o\n\n{ROOT}\n", Malformed.SIZE),
        (f"o\n9007199254740992\n{ROOT}\n", Malformed.SIZE),
        (f"o\n{'9' * 5000}\n{ROOT}\n", Malformed.SIZE),
        ("o\n1\nAAAA\n", Malformed.ROOT),
        (f"o\n0\n{ROOT}\n", Malformed.ROOT),
        (f"o\n1\n{ROOT}", Malformed.ROOT),
        ("o\n1\n", Malformed.ROOT),
        (f"o\n1\n{ROOT[:-2]}B=\n", Malformed.BASE64),
        (f"o\n1\n{ROOT}\nmore\n", Malformed.EXTENSION),
    ],
)
def test_malformed_checkpoints_have_closed_reasons(text: str, reason: Malformed) -> None:
    """Numbers have one spelling, roots one length, and nothing follows them."""
    with pytest.raises(MalformedError) as caught:
        Checkpoint.parse(text)
    assert caught.value.reason == reason


def test_checkpoints_print_what_they_were_read_from() -> None:
    """Text and value are two forms of one thing; the empty tree has its own root."""
    for head in (HEAD, Checkpoint(ORIGIN, 0, EMPTY_ROOT), Checkpoint("o", 2**53 - 1, seed(1))):
        assert Checkpoint.parse(str(head)) == head


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Malformed.KEY_LINE),
        ("name+00000000", Malformed.KEY_LINE),
        (str(KEY.public).replace("+", "+0", 1), Malformed.KEY_ID),
        (str(KEY.public).replace(ORIGIN, "other"), Malformed.KEY_ID),
        (str(KEY.public) + "=", Malformed.BASE64),
        ("a b+" + str(KEY.public).split("+", 1)[1], Malformed.KEY_NAME),
        (f"n+00000000+{to_base64(bytes([1]) + b'k' * 31)}", Malformed.KEY_LENGTH),
        (f"n+00000000+{to_base64(bytes([6]) + b'k' * 32)}", Malformed.KEY_LENGTH),
        ("n+00000000+AQ==", Malformed.KEY_LENGTH),
    ],
)
def test_malformed_keys_have_closed_reasons(text: str, reason: Malformed) -> None:
    """A vkey whose id, name or length is not that of its key is refused."""
    with pytest.raises(MalformedError) as caught:
        VerifierKey.parse(text)
    assert caught.value.reason == reason


def test_keys_print_what_they_were_read_from() -> None:
    """Public and secret halves survive being written down, and the secret is not in a repr."""
    for key in (KEY, WITNESS):
        assert VerifierKey.parse(str(key.public)) == key.public
        assert SigningKey.parse(key.to_text()) == key
        assert to_base64(key.seed)[:20] not in repr(key)
        assert repr(key.seed) not in repr(key)
    assert KEY.public.id == key_id(ORIGIN, 1, KEY.public.public)


def test_a_cosignature_needs_its_time() -> None:
    """A witness that cannot say when does not sign."""
    for time in (None, -1, 2**63):
        with pytest.raises(UsageError):
            WITNESS.sign(NOTE.text, time_unix_s=time)


def test_a_rotation_needs_both_keys() -> None:
    """Neither the old key nor the new one alone hands a ledger over, and neither does a statement about another."""
    text = rotation_text(ORIGIN, KEY.public, OTHER.public)
    both = (KEY.sign(text), OTHER.sign(text))
    assert verify_rotation(Note(text, both).to_bytes(), ORIGIN, KEY.public) == OTHER.public
    for signatures in (both[:1], both[1:]):
        with pytest.raises(LedgerBrokenError, match="not signed by both"):
            verify_rotation(Note(text, signatures).to_bytes(), ORIGIN, KEY.public)
    with pytest.raises(LedgerBrokenError, match="does not speak of"):
        verify_rotation(Note(text, both).to_bytes(), "unseen.other", KEY.public)
    with pytest.raises(LedgerBrokenError, match="does not speak of"):
        verify_rotation(Note(text, both).to_bytes(), ORIGIN, OTHER.public)
    with pytest.raises(MalformedError):
        verify_rotation(NOTE.to_bytes(), ORIGIN, KEY.public)


def test_random_signatures_never_verify() -> None:
    """A signature of a trusted key cannot be made up."""
    draw = random.Random(1)
    for _ in range(50):
        note = Note(NOTE.text, (Signature(KEY.name, KEY.public.id, draw.randbytes(64)),))
        with pytest.raises(LedgerBrokenError):
            verify_signatures(note, [KEY.public])
