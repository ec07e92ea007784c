"""Three verifiers that share no code agree: bundles as made verify, and nothing that was done to one does."""

import json
import random
import shutil
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from tests.unit.ledger.ledgers import ORIGIN, append, entry, keys_in, seed

from unseen.errors import StoreError, UsageError, VerificationError
from unseen.ledger import LedgerWriter, Note, SigningKey, TileReader, VerifierKey, bundle, commitment, write_bundle
from unseen.ledger.bundle import VERIFIER_NAME, Opening, read_bundle
from unseen.ledger.checkpoint import rotation_text
from unseen.ledger.standalone.unseen_verify import NotVerifiedError, verify_bundle

NODE_VERIFIER = Path(__file__).parent / "verify.mjs"
OPENINGS = {
    300: Opening(b"0123456789abcdef", {"who": "examiner", "where": ["disk 1", "ü\u2028"], "count": 3}),
    301: Opening(b"\x00" * 16, "a path"),
}
REPORTS = {"report.html": b"<p>plain words</p>\n", "report.json": b"{}"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A bundle of five entries out of 320, and the key that signed."""
    base = tmp_path_factory.mktemp("bundle")
    keys, public = keys_in(base / "keys")
    append(base / "ledger", keys, 300)
    digests = {name: sha256(data).hexdigest() for name, data in REPORTS.items()}
    with LedgerWriter.open(base / "ledger", keys, ORIGIN) as writer:
        committed = [entry(n, c=commitment(one.salt, one.value)) for n, one in OPENINGS.items()]
        report = json.dumps({"files": digests, "n": 302, "type": "report_written", "v": 1}, separators=(",", ":"))
        writer.append([*committed, report.encode(), *(entry(n) for n in range(303, 320))], start=300)
        note = writer.seal()
    reader = TileReader(base / "ledger", 320)
    wanted: dict[int, Opening | None] = {0: None, 255: None, 302: None, **OPENINGS}
    write_bundle(base / "bundle", reader, (note, public), wanted, REPORTS)
    return base / "bundle", str(public)


@pytest.fixture(scope="module")
def rotated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A bundle made after two changes of keys, with their records, and the three keys."""
    base = tmp_path_factory.mktemp("rotated")
    keys, first = keys_in(base / "keys")
    chain = [str(first)]
    append(base / "ledger", keys, 5)
    for number in (2, 3):
        with LedgerWriter.open(base / "ledger", keys, ORIGIN) as writer:
            statement = writer.rotate(SigningKey(ORIGIN, seed(number))).decode()
            writer.append([entry(writer.size, type="key_rotated", statement=statement)], start=writer.size)
            note = writer.seal()
            chain.append(str(writer.key))
    wanted = dict.fromkeys((1, 5, 6))
    write_bundle(base / "bundle", TileReader(base / "ledger", 7), (note, VerifierKey.parse(chain[-1])), wanted, {})
    return base / "bundle", chain


def node(folders: list[Path], *more: str) -> list[str]:
    """What the verifier in Node says to each folder."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("no Node on this machine: the second verifier was not run")
    done = subprocess.run(
        [program, NODE_VERIFIER, *more, *map(str, folders)], capture_output=True, text=True, check=False, timeout=300
    )
    answers = done.stdout.splitlines()
    assert len(answers) == len(folders), done.stderr
    assert done.returncode == (4 if any(not answer.startswith("ok ") for answer in answers) else 0)
    return answers


def remake_manifest(folder: Path) -> None:
    """What a forger does after altering a file: the manifest is signed by nobody."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"] = {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    (folder / "manifest.json").write_bytes(json.dumps(manifest, sort_keys=True, separators=(",", ":")).encode())


def flipped(data: bytes, bit: int) -> bytes:
    """Bytes with one bit the other way round."""
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def refused(folder: Path) -> None:
    """Both verifiers in Python refuse a bundle: the lone one, and the one of `unseen verify`."""
    with pytest.raises(NotVerifiedError):
        verify_bundle(folder)
    # A folder without a manifest is no bundle at all.
    with pytest.raises((VerificationError, StoreError)):
        read_bundle(folder)


def test_all_verify_a_bundle_as_made(made: tuple[Path, str]) -> None:
    """With the key and without it; what is not pinned is said."""
    folder, key = made
    read = read_bundle(folder, pinned=VerifierKey.parse(key))
    assert (read.checkpoint.origin, read.checkpoint.size, list(read.entries), read.pinned) == (
        ORIGIN, 320, [0, 255, 300, 301, 302], True,
    )  # fmt: skip
    assert {n: one.opening for n, one in read.entries.items() if one.opening is not None} == OPENINGS
    assert (read.reports, read_bundle(folder).pinned) == (tuple(sorted(REPORTS)), False)
    found = verify_bundle(folder, key)
    assert (found.origin, found.size, found.entries, found.pinned) == (ORIGIN, 320, [0, 255, 300, 301, 302], True)
    assert not verify_bundle(folder).pinned
    assert node([folder]) == node([folder], "--key", key) == ["ok 5 entries"]


def test_all_follow_a_key_that_was_given_to_the_one_that_signed(rotated: tuple[Path, list[str]]) -> None:
    """Every key of the chain verifies, through the records of the changes; another one of the same name does not."""
    folder, chain = rotated
    for steps, key in zip((2, 1, 0), chain, strict=True):
        assert read_bundle(folder, pinned=VerifierKey.parse(key)).rotations == steps
        assert verify_bundle(folder, key).pinned
        assert node([folder], "--key", key) == ["ok 3 entries"]
    stranger = SigningKey(ORIGIN, seed(9)).public
    with pytest.raises(VerificationError, match=r"key\.pub: it is not the key that was given"):
        read_bundle(folder, pinned=stranger)
    with pytest.raises(NotVerifiedError, match=r"key\.pub: it is not the key that was given"):
        verify_bundle(folder, str(stranger))
    assert node([folder], "--key", str(stranger)) == ["no key.pub is not the key that was given"]


@pytest.mark.parametrize("signer", ["old", "new", "neither"])
def test_no_key_is_followed_without_both_signatures(tmp_path: Path, signer: str) -> None:
    """Whoever owns one key only, and puts a record of a change into a ledger of theirs, leads nobody to it."""
    old, new = SigningKey(ORIGIN, seed(1)), SigningKey(ORIGIN, seed(2))
    text = rotation_text(ORIGIN, old.public, new.public)
    by = {"old": old, "new": new, "neither": SigningKey(ORIGIN, seed(3))}[signer]
    statement = Note(text, (by.sign(text),)).to_bytes().decode()
    keys, public = keys_in(tmp_path / "keys", 2)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        writer.append([entry(0, type="key_rotated", statement=statement)], start=0)
        note = writer.seal()
    write_bundle(tmp_path / "bundle", TileReader(tmp_path / "ledger", 1), (note, public), {0: None}, {})
    with pytest.raises(VerificationError):
        read_bundle(tmp_path / "bundle", pinned=old.public)
    with pytest.raises(NotVerifiedError):
        verify_bundle(tmp_path / "bundle", str(old.public))
    assert node([tmp_path / "bundle"], "--key", str(old.public))[0].startswith("no ")


def test_the_verifier_inside_the_bundle_runs_alone(made: tuple[Path, str]) -> None:
    """It needs nothing of this program, speaks plainly, and exits 0, 2 or 4."""
    folder, key = made

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(folder / VERIFIER_NAME), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert "unseen." not in "".join(
        line for line in (folder / VERIFIER_NAME).read_text().splitlines() if "import " in line
    )
    with_key, without = run(str(folder), "--key", key), run(str(folder))
    assert (with_key.returncode, without.returncode, run().returncode) == (0, 0, 2)
    assert "NO KEY WAS GIVEN" in without.stdout
    assert "NO KEY" not in with_key.stdout
    other = run(str(folder), "--key", str(SigningKey(ORIGIN, seed(5)).public))
    assert other.returncode == 4
    assert other.stderr.startswith("DOES NOT VERIFY: key.pub: it is not the key that was given")
    assert run(str(folder / "nowhere")).returncode == 4


@pytest.mark.parametrize("remade", [False, True], ids=["as it is", "manifest remade"])
def test_any_flipped_bit_in_any_file_is_caught_by_all(made: tuple[Path, str], tmp_path: Path, remade: bool) -> None:
    """Four bits of each file, seeded; also when a forger makes the manifest agree again."""
    folder, _ = made
    broken: list[Path] = []
    draw = random.Random(11)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        # Nobody signs the verifier or the manifest: only the manifest covers the one, only itself the other.
        if remade and path.name in {VERIFIER_NAME, "manifest.json"}:
            continue
        for bit in {0, path.stat().st_size * 8 - 1, *(draw.randrange(path.stat().st_size * 8) for _ in range(2))}:
            copy = tmp_path / str(len(broken))
            shutil.copytree(folder, copy)
            at = copy / path.relative_to(folder)
            at.write_bytes(flipped(at.read_bytes(), bit))
            if remade:
                remake_manifest(copy)
            broken.append(copy)
            refused(copy)
    assert [answer for answer in node(broken) if answer.startswith("ok")] == []


@pytest.mark.soak
@pytest.mark.parametrize("remade", [False, True], ids=["as it is", "manifest remade"])
def test_every_flipped_bit_is_caught(made: tuple[Path, str], tmp_path: Path, remade: bool) -> None:
    """Every bit of every file but the verifier's own text, which one digest covers like any other."""
    folder = tmp_path / "copy"
    shutil.copytree(made[0], folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.name != VERIFIER_NAME):
        if remade and path.name == "manifest.json":
            continue
        good = path.read_bytes()
        for bit in range(len(good) * 8):
            path.write_bytes(flipped(good, bit))
            if remade:
                remake_manifest(folder)
            refused(folder)
        path.write_bytes(good)
        remake_manifest(folder)


def swap(folder: Path, one: str, other: str) -> None:
    """Exchange the contents of two files."""
    first, second = (folder / one).read_bytes(), (folder / other).read_bytes()
    (folder / one).write_bytes(second)
    (folder / other).write_bytes(first)


def rename(folder: Path, one: str, other: str) -> None:
    """Give a file another name."""
    (folder / other).parent.mkdir(exist_ok=True)
    (folder / one).rename(folder / other)


def swap_with_proofs(folder: Path) -> None:
    """Exchange two entries and what proves them."""
    swap(folder, "entries/0.json", "entries/255.json")
    swap(folder, "proofs/0.tlog-proof", "proofs/255.tlog-proof")


def empty(folder: Path) -> None:
    """Remove every file and leave the folders."""
    for path in list(folder.rglob("*")):
        if path.is_file():
            path.unlink()


def link(folder: Path) -> None:
    """Put a link in the place of a report, to a file with the same bytes."""
    rename(folder, "report.html", "../report.html")
    (folder / "report.html").symlink_to(folder.parent / "report.html")


FORGERIES: dict[str, Callable[[Path], object]] = {
    "entries exchanged": lambda f: swap(f, "entries/0.json", "entries/255.json"),
    "entries and proofs exchanged": swap_with_proofs,
    "openings exchanged": lambda f: swap(f, "openings/300.json", "openings/301.json"),
    "opening of an entry that hides nothing": lambda f: rename(f, "openings/300.json", "openings/0.json"),
    "opening of an entry that is not there": lambda f: rename(f, "openings/300.json", "openings/7.json"),
    "proof removed": lambda f: (f / "proofs/0.tlog-proof").unlink(),
    "entry removed, proof left": lambda f: (f / "entries/0.json").unlink(),
    "report replaced": lambda f: (f / "report.html").write_bytes(b"<p>other words</p>\n"),
    "report under another name": lambda f: rename(f, "report.html", "report.pdf"),
    "file added": lambda f: (f / "notes.txt").write_bytes(b"x"),
    "checkpoint removed": lambda f: (f / "checkpoint").unlink(),
    "key removed": lambda f: (f / "key.pub").unlink(),
    "signatures removed": lambda f: (f / "checkpoint").write_bytes(
        (f / "checkpoint").read_bytes().partition("—".encode())[0]
    ),
    "key of somebody else": lambda f: (f / "key.pub").write_text(f"{SigningKey(ORIGIN, seed(5)).public}\n"),
    "proof of another size": lambda f: (f / "proofs/0.tlog-proof").write_bytes(
        (f / "proofs/0.tlog-proof").read_bytes().replace(b"\n320\n", b"\n319\n")
    ),
    "entry replaced": lambda f: (f / "entries/0.json").write_bytes(entry(0, forged=1)),
    "every file removed": empty,
    "symbolic link": link,
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_no_forgery_is_verified_by_any(made: tuple[Path, str], tmp_path: Path, forgery: str) -> None:
    """Whatever is exchanged, removed or added, and the manifest made to agree: all refuse."""
    folder = tmp_path / "copy"
    shutil.copytree(made[0], folder)
    FORGERIES[forgery](folder)
    if (folder / "manifest.json").exists():
        remake_manifest(folder)
    refused(folder)
    assert node([folder])[0].startswith("no ")


def test_whole_bundles_of_a_forger_fail_only_against_the_pinned_key(made: tuple[Path, str], tmp_path: Path) -> None:
    """A ledger made anew under the same name agrees with itself: that is why a key must come by another way."""
    keys, public = keys_in(tmp_path / "keys", 66)
    append(tmp_path / "ledger", keys, 3)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        note = writer.seal()
    write_bundle(tmp_path / "bundle", TileReader(tmp_path / "ledger", 3), (note, public), {1: None}, {})
    assert verify_bundle(tmp_path / "bundle").pinned is False
    with pytest.raises(NotVerifiedError):
        verify_bundle(tmp_path / "bundle", made[1])
    with pytest.raises(VerificationError):
        read_bundle(tmp_path / "bundle", pinned=VerifierKey.parse(made[1]))
    assert node([tmp_path / "bundle"]) == ["ok 1 entries"]
    assert node([tmp_path / "bundle"], "--key", made[1])[0].startswith("no ")


def test_a_bundle_may_be_one_file(made: tuple[Path, str], tmp_path: Path) -> None:
    """A zip holds the same, gives the same bytes each time, and unpacked it is the folder."""
    keys, _ = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 9)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        note, public = writer.seal(), writer.key
    reader = TileReader(tmp_path / "ledger", 9)
    for name in ("folder", "one.zip", "two.zip"):
        write_bundle(tmp_path / name, reader, (note, public), {1: None, 7: None}, {})
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert read_bundle(tmp_path / "one.zip", pinned=public) == read_bundle(tmp_path / "folder", pinned=public)
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    assert verify_bundle(tmp_path / "unpacked", str(public)).entries == [1, 7]
    assert node([tmp_path / "unpacked"]) == ["ok 2 entries"]


def rezip(path: Path, change: Callable[[zipfile.ZipFile], object], out: Path) -> Path:
    """A copy of a zip with something more in it."""
    shutil.copyfile(path, out)
    with zipfile.ZipFile(out, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        change(archive)
    return out


def test_zip_files_that_are_no_bundle_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names twice, folders, more files, too much, flipped bits, torn ends, something else: nothing of it verifies."""
    keys, _ = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 3)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        note, public = writer.seal(), writer.key
    good = tmp_path / "good.zip"
    write_bundle(good, TileReader(tmp_path / "ledger", 3), (note, public), {1: None}, {})
    assert list(read_bundle(good).entries) == [1]
    monkeypatch.setattr(bundle, "_ZIP_BYTES_MAX", 100_000)
    changes: list[Callable[[zipfile.ZipFile], object]] = [
        lambda archive: archive.writestr("entries/1.json", b"{}"),
        lambda archive: archive.writestr("folder/", b""),
        lambda archive: archive.writestr("../escaped", b"x"),
        lambda archive: archive.writestr("large", bytes(100_001), zipfile.ZIP_DEFLATED),
    ]
    bad = [rezip(good, change, tmp_path / f"{at}.zip") for at, change in enumerate(changes)]
    whole = good.read_bytes()
    draw = random.Random(12)
    for at, data in enumerate([b"", whole[:-30], whole[100:], b"PK", *(flipped(whole, n) for n in _bits(whole, draw))]):
        bad.append(tmp_path / f"bytes{at}.zip")
        bad[-1].write_bytes(data)
    refusals = 0
    for path in bad:
        try:
            assert read_bundle(path) == read_bundle(good)
        except VerificationError:
            refusals += 1
    # Dates, modes and the like of a zip mean nothing: a flipped bit there changes no bundle.
    assert refusals >= 8 + 50
    assert not (tmp_path / "escaped").exists()


def _bits(whole: bytes, draw: random.Random) -> list[int]:
    return [draw.randrange(8 * len(whole)) for _ in range(100)]


def test_a_bundle_is_not_made_of_what_does_not_fit(made: tuple[Path, str], tmp_path: Path) -> None:
    """Openings of other values, reports that nobody recorded, and folders that exist are refused."""
    keys, public = keys_in(tmp_path / "keys")
    append(tmp_path / "ledger", keys, 3)
    with LedgerWriter.open(tmp_path / "ledger", keys, ORIGIN) as writer:
        note = writer.seal()
    reader = TileReader(tmp_path / "ledger", 3)
    with pytest.raises(UsageError, match="commits to another value"):
        write_bundle(tmp_path / "one", reader, (note, public), {0: Opening(b"0" * 16, "x")}, {})
    with pytest.raises(UsageError, match="no disclosed entry records"):
        write_bundle(tmp_path / "two", reader, (note, public), {0: None}, {"report.html": b""})
    with pytest.raises(UsageError, match="exists already"):
        write_bundle(made[0], reader, (note, public), {}, {})
    assert [path.name for path in tmp_path.iterdir() if path.name in {"one", "two"}] == []
