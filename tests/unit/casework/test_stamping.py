"""Tokens of a time stamping authority, made by one that OpenSSL plays: only true ones over true checkpoints hold."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.unit.casework.evidence import put_list

from unseen.casework.proof.recording import open_recorded
from unseen.casework.proof.stamping import add_stamp, read_authority, request_stamp
from unseen.casework.proof.verifying import verify
from unseen.errors import LedgerBrokenError, StoreError, UsageError, VerificationError
from unseen.model import Entry

pytest.importorskip("rfc3161_client")

SETTINGS = """
[tsa]
default_tsa = one
[one]
serial = serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Authority:
    """A time stamping authority with a root of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "settings").write_text(SETTINGS)
        (folder / "serial").write_text("01\n")
        new = "-newkey rsa:2048 -nodes -subj"
        self.run(f"req -x509 {new} /CN=root -keyout root.key -out root.pem -days 30 -config settings -extensions root")
        self.run(f"req -new {new} /CN=authority -keyout leaf.key -out leaf.csr -config settings")
        self.run("x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -out leaf.pem -days 30"
                 " -extfile settings -extensions leaf")  # fmt: skip

    @property
    def root(self) -> str:
        """The file with its root certificate."""
        return str(self.folder / "root.pem")

    def answer(self, query: Path, out: Path, more: str = "") -> Path:
        """Sign a request."""
        self.run(f"ts -reply -config settings -queryfile {query} -signer leaf.pem -inkey leaf.key -out {out} {more}")
        return out

    def run(self, command: str) -> None:
        """Run OpenSSL in the folder of this authority."""
        program = shutil.which("openssl")
        if program is None:
            pytest.skip("no openssl on this machine: no authority can be played")
        if "req " in command:
            (self.folder / "settings").write_text(SETTINGS + "\n[req]\ndistinguished_name = name\n[name]\n")
        subprocess.run([program, *command.split()], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """One authority for all tests."""
    return Authority(tmp_path_factory.mktemp("authority") / "one")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with one list."""
    grow(tmp_path / "store", 1)
    return tmp_path / "store"


def grow(path: Path, number: int) -> None:
    """Put one more list into a store."""
    with open_recorded(path) as opened:
        origin = Entry("one", "md5", bytes([number]) * 16)
        put_list(opened, f"list {number}", [origin], file=bytes([number]) * 32)


def stamped(store: Path, authority: Authority, folder: Path) -> Path:
    """Ask, have it answered, and keep the answer; give the answer."""
    size = request_stamp(str(store), str(folder / "query")).size
    answer = authority.answer(folder / "query", folder / f"{size}.answer")
    (folder / "query").unlink()
    add_stamp(str(store), str(answer), read_authority(authority.root))
    return answer


def test_a_token_shows_when_a_checkpoint_existed_while_the_ledger_grows(
    store: Path, authority: Authority, tmp_path: Path
) -> None:
    """It verifies against the authority's root; without one it is told and not vouched for."""
    stamped(store, authority, tmp_path)
    grow(store, 2)
    stamped(store, authority, tmp_path)
    first, second = verify(str(store), authority=authority.root).stamps
    assert (first.size, second.size, first.is_verified, second.is_verified) == (2, 3, True, True)
    assert first.at_utc <= second.at_utc
    assert [one.is_verified for one in verify(str(store)).stamps] == [False, False]


def test_openssl_verifies_the_same_token(store: Path, authority: Authority, tmp_path: Path) -> None:
    """What lies beside the ledger is all that another program needs."""
    stamped(store, authority, tmp_path)
    kept = store / "ledger" / "stamps"
    authority.run(f"ts -verify -data {kept / '2.checkpoint'} -in {kept / '2.tsr'} -CAfile root.pem")


@pytest.mark.parametrize("order", ["forwards", "backwards"])
def test_a_token_with_its_chain_in_any_order_is_taken(
    store: Path, authority: Authority, tmp_path: Path, order: str
) -> None:
    """Authorities send their chain as it hangs together, not sorted as DER has it; no signature covers the order."""
    names = ["root.pem", "leaf.pem"] if order == "forwards" else ["leaf.pem", "root.pem"]
    chain = authority.folder / f"{order}.pem"
    chain.write_text("".join((authority.folder / name).read_text() for name in names))
    request_stamp(str(store), str(tmp_path / "query"))
    answer = authority.answer(tmp_path / "query", tmp_path / "answer", f"-chain {chain}")
    add_stamp(str(store), str(answer), read_authority(authority.root))
    assert (store / "ledger" / "stamps" / "2.tsr").read_bytes() == answer.read_bytes()
    (stamp,) = verify(str(store), authority=authority.root).stamps
    assert stamp.is_verified


def test_a_refusal_is_said_in_one_line(store: Path, authority: Authority, tmp_path: Path) -> None:
    """What a library says of its own stack is no help to anybody."""
    answer = stamped(store, authority, tmp_path)
    data = answer.read_bytes()
    answer.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(LedgerBrokenError, match="not a token of the given authority") as caught:
        add_stamp(str(store), str(answer), read_authority(authority.root))
    assert len(str(caught.value)) < 300


def test_a_token_of_somebody_else_is_refused(store: Path, authority: Authority, tmp_path: Path) -> None:
    """Another authority of the same name is another authority."""
    other = Authority(tmp_path / "other")
    request_stamp(str(store), str(tmp_path / "query"))
    answer = other.answer(tmp_path / "query", tmp_path / "answer")
    with pytest.raises(LedgerBrokenError, match="not a token of the given authority"):
        add_stamp(str(store), str(answer), read_authority(authority.root))
    assert not (store / "ledger" / "stamps" / "2.tsr").exists()
    add_stamp(str(store), str(answer), read_authority(other.root))
    with pytest.raises(LedgerBrokenError, match="not a token of the given authority"):
        verify(str(store), authority=authority.root)


def test_a_token_over_something_else_is_refused(store: Path, authority: Authority, tmp_path: Path) -> None:
    """Over another ledger's checkpoint, moved to another size, or beside a copy that was altered."""
    grow(tmp_path / "foreign", 7)
    answer = stamped(tmp_path / "foreign", authority, tmp_path)
    with pytest.raises(LedgerBrokenError, match="not over a checkpoint of this ledger"):
        add_stamp(str(store), str(answer), read_authority(authority.root))
    shutil.copytree(tmp_path / "foreign" / "ledger" / "stamps", store / "ledger" / "stamps")
    with pytest.raises(LedgerBrokenError, match="not the one of the kept checkpoint"):
        verify(str(store))
    shutil.rmtree(store / "ledger" / "stamps")
    stamped(store, authority, tmp_path)
    kept = store / "ledger" / "stamps" / "2.checkpoint"
    whole = kept.read_bytes()
    kept.write_bytes(whole.replace(b"\n2\n", b"\n1\n", 1))
    with pytest.raises(LedgerBrokenError, match=r"missing that 2\.tsr is over"):
        verify(str(store))
    kept.unlink()
    with pytest.raises(LedgerBrokenError, match=r"missing that 2\.tsr is over"):
        verify(str(store))
    kept.write_bytes(whole)
    assert len(verify(str(store), authority=authority.root).stamps) == 1


def test_any_altered_byte_of_a_token_is_an_error_of_ours(store: Path, authority: Authority, tmp_path: Path) -> None:
    """A token that was altered does not verify, whatever the alteration makes of it, or says what it said before."""
    stamped(store, authority, tmp_path)
    kept = store / "ledger" / "stamps" / "2.tsr"
    whole = kept.read_bytes()
    (true,) = verify(str(store), authority=authority.root).stamps
    draw, noticed = random.Random(5), 0
    for at in draw.sample(range(len(whole)), 120):
        altered = bytearray(whole)
        altered[at] ^= 1 << draw.randrange(8)
        kept.write_bytes(altered)
        try:
            assert verify(str(store), authority=authority.root).stamps == (true,)
        except VerificationError:
            noticed += 1
    assert noticed > 100
    for cut in (b"", whole[:40], whole[:-1], b"\x30\x80"):
        kept.write_bytes(cut)
        with pytest.raises(LedgerBrokenError):
            verify(str(store))


def test_what_is_missing_is_said(store: Path, authority: Authority, tmp_path: Path) -> None:
    """No ledger, no certificates, no root among them, no token, a file in the way: each in words."""
    with pytest.raises(StoreError, match="no ledger"):
        request_stamp(str(tmp_path), str(tmp_path / "query"))
    (tmp_path / "taken").touch()
    with pytest.raises(UsageError, match="exists already"):
        request_stamp(str(store), str(tmp_path / "taken"))
    with pytest.raises(UsageError, match="holds no certificates"):
        read_authority(str(tmp_path / "taken"))
    with pytest.raises(UsageError, match="no root certificate"):
        read_authority(str(authority.folder / "leaf.pem"))
    with pytest.raises(LedgerBrokenError, match="holds no token"):
        verify(str(store), authority=authority.root)
