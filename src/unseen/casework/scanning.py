"""`unseen scan`: choose sources, lists, workers and clock, and run the pipeline."""

import hashlib
import json
import os
import platform
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, requires, version
from itertools import chain
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO

from unseen.casework.buckets import Fetching, check_complete, current_items, open_buckets
from unseen.casework.cases.whose import Whose
from unseen.casework.given.passwords import read_passwords
from unseen.casework.hashing import worker_count
from unseen.casework.progress import CountAhead, Progress, Watched
from unseen.casework.proof.clock import now_utc, user_name
from unseen.darkroom import Darkroom
from unseen.darkroom.hashers import load_hashers
from unseen.errors import SourceError
from unseen.model import (
    EXHIBIT,
    Acquired,
    Altered,
    Facts,
    Finding,
    Gathered,
    InNoCase,
    Item,
    Locator,
    NotScreened,
    Reason,
    Retention,
    Summary,
    VideoMode,
)
from unseen.sources import PATHS, check_sources, open_listed, open_sources, paths_from
from unseen.sources.buckets import is_bucket
from unseen.sources.disks.signatures import is_ewf
from unseen.sources.layers import FileRange, Secrets, Want

if TYPE_CHECKING:
    from unseen.casework.known.loading import KnownMaterial
    from unseen.store import Run, ScanSession, Store

__all__ = ["ScanSettings", "ScanWatchers", "run_scan"]

_BLOCK_BYTES = 1 << 20
# Whatever reads bytes, computes or keeps what comes of them; a report names their versions. Besides: the libraries of
# these extras, as far as they are installed.
_LIBRARIES = ("numpy", "pi-heif", "pillow", "simplejpeg", "sqlalchemy")
_READING = ("archive", "buckets", "disk", "video")
_REQUIRED = re.compile(r'(?P<name>[\w.-]+).*\bextra == "(?P<extra>\w+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings:
    """What a scan is asked to do.

    Attributes:
        store: Path of the store; made where there is none.
        sources: Paths of directories and files as given, addresses of buckets; `-` for a list of paths.
        lists: Names of lists in the store, or paths of files that hold one; none for every list of the store.
        threshold_bits: Largest distance that counts as a match, inclusive, 0 … 64.
        workers: Number of decoding processes; None for one on each core.
        basis: On which legal basis, in the words of whoever scans; kept with the scan.
        unsafe_no_sandbox: Go on where the kernel cannot lock a worker.
        keys: Folder of signing keys; None for `UNSEEN_KEYS` or the user's own.
        video: How videos are looked at.
        altered: How far altered copies of known pictures are looked for.
        retention: For how long the hashes of items that match nothing are kept.
        passwords: Path of a file with passwords for encrypted containers. Kept nowhere; an unfinished scan goes on
            with the same ones only.
        subject: Whose the files are, `KIND:ID`; None where `facts` says so of each, or nobody knows.
        facts: Path of a file of JSON Lines that says of items whose they are, and how they came.
        verify_first: Compare images of disks with the digests of their acquisition before anything is screened, too.
    """

    store: str
    sources: tuple[str, ...]
    lists: tuple[str, ...] = ()
    threshold_bits: int = 31
    workers: int | None = None
    basis: str | None = None
    unsafe_no_sandbox: bool = False
    keys: Path | None = None
    video: VideoMode = VideoMode.FAST
    altered: Altered = Altered.FAST
    retention: Retention = EXHIBIT
    passwords: str | None = None
    subject: str | None = None
    facts: str | None = None
    verify_first: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanWatchers:
    """Who is told what while a scan runs.

    Attributes:
        progress: How far it has come, some ten times a second; None spares counting ahead.
        note: What a person should know, as a sentence.
        verified: What came of the digests of an image before anything was screened, where that was asked for.
    """

    progress: Callable[[Progress], None] | None = None
    note: Callable[[str], None] = lambda _: None
    verified: Callable[[Acquired], None] = lambda _: None


def run_scan(
    settings: ScanSettings, *, paths: BinaryIO | None = None, watchers: ScanWatchers = ScanWatchers()
) -> Iterator[Finding | NotScreened | Acquired | Gathered | InNoCase | Summary]:
    """Screen everything that the sources hold, keep it in the store, and tell it.

    Last comes the summary, and before it into which cases the findings came.

    Resumes the unfinished scan of the same sources, lists and settings, if there is one: what that has found is told
    first, and the summary covers the whole. Leaving the iteration, or being killed, at any moment loses at most one
    batch of work and nothing that was told.

    Args:
        settings: What to scan, and how.
        paths: The list of paths that source `-` stands for, ended by newlines or zero bytes.
        watchers: Whom to tell how it goes.

    Raises:
        SourceError: A source does not exist or cannot be opened; nothing was scanned. Or the listing of a bucket broke
            off: what came before is kept, and the same scan goes on from there.
        ListError: A list does not exist or cannot be read.
        ThresholdError: The threshold is outside 0 … 64.
        StoreError: The store cannot be opened, read or written, or the same scan is running already.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
        SandboxError: The kernel cannot lock a worker, and `unsafe_no_sandbox` was not given.
    """
    began = time.monotonic()
    texts = _on_disk(settings.sources)
    buckets = open_buckets(settings.sources)
    with ExitStack() as stack:
        listed = stack.enter_context(_spooled(paths)) if PATHS in settings.sources else None
        secrets = read_passwords(settings.passwords)
        whose = stack.enter_context(Whose(settings.sources, settings.subject, settings.facts))
        workers = _darkroom(settings, secrets)
        stack.callback(workers.close)
        workers.start()
        # Meanwhile: SQL takes as long to import, and lists to load, as decoders take to warm up.
        from unseen.casework.known.indexing import Indexing
        from unseen.casework.known.loading import load_known
        from unseen.casework.proof.recording import open_recorded, seal
        from unseen.scan import Clock, scan
        from unseen.store import ObjectVersions, gathered_by

        store = stack.enter_context(open_recorded(settings.store, keys=settings.keys, note=watchers.note))
        hashers = load_hashers()
        # A scan is evidence: it begins when every byte that it will search by has been verified.
        indexing = Indexing(threshold_bits=settings.threshold_bits, verify=True, may_write=True, note=watchers.note)
        known = load_known(store, settings.lists, hashers=hashers, indexing=indexing)
        matcher = known.matcher(settings.threshold_bits, hashers)
        workers.looks.use(known.near(settings.threshold_bits), known.aims(settings.altered, settings.threshold_bits))
        workers.know(stack.enter_context(known.open_known_files(watchers.note)))
        _enter(workers, watchers, stack)
        _verify_first(workers, texts if settings.verify_first else (), store, watchers)
        fetching = stack.enter_context(Fetching(workers)) if buckets else workers
        what = _describe(settings, known, listed, [hasher.signal for hasher in hashers], whose)
        key = _key_of(what, store, secrets)
        run = _describe_run(settings, known, workers, index_sha256=matcher.index_sha256)
        session = stack.enter_context(_begin(settings, store, key, what=what, run=run, facts_of=whose.about(known)))
        before = session.account
        versions = ObjectVersions(store, session.scan_id)
        # Only what lies on a disk can be counted before it is screened.
        counted = open_sources(texts, passed_over=[str(store.path)]) if listed is None and not buckets else None
        darkroom = _watched(fetching, watchers, counted, stack, before=(before.items, session.size_bytes_before))
        items = chain(_items(texts, listed, store, watchers.note), current_items(buckets, versions))
        yield from scan(
            items, darkroom=darkroom, matcher=matcher, session=session, clock=Clock(time.monotonic, now_utc)
        )
        check_complete(buckets)
        summary = session.finish(
            entries_searchable=known.entries_searchable,
            entries_not_searchable=known.entries_not_searchable,
            seconds=time.monotonic() - began - (session.account.seconds - before.seconds),
            at_utc=now_utc(),
        )
        versions.forget()
        yield from gathered_by(store, [session.scan_id])
        yield replace(summary, ledger_checkpoint=seal(store))


def _on_disk(sources: Sequence[str]) -> list[str]:
    """Those of the sources that are paths; each of them is there."""
    texts = [text for text in sources if text != PATHS and not is_bucket(text)]
    check_sources(texts)
    return texts


def _begin(
    settings: ScanSettings,
    store: "Store",
    key: bytes,
    *,
    what: str,
    run: "Run",
    facts_of: Callable[[Finding], Facts | None],
) -> "ScanSession":
    from unseen.store import ScanSession

    return ScanSession(
        store, key, settings=what, at_utc=now_utc(), run=run, retention=settings.retention, facts_of=facts_of
    )


def _enter(workers: Darkroom, watchers: ScanWatchers, stack: ExitStack) -> None:
    stack.enter_context(workers)
    for gap in workers.sandbox.gaps:
        watchers.note(gap)


def _verify_first(workers: Darkroom, texts: Sequence[str], store: "Store", watchers: ScanWatchers) -> None:
    """Have every image among the sources that stores digests of its medium compared with them; nothing is screened."""
    images = filter(_is_image, open_sources(texts, passed_over=[str(store.path)]))
    for item, hashes in workers.develop(images, choose=_only_images):
        if hashes.acquisition is not None:
            watchers.verified(Acquired(item.locator, hashes.acquisition))
        else:
            watchers.note(f"{item.locator} cannot be compared with what was acquired: {hashes.reason}")


def _is_image(item: Item) -> bool:
    opened = Reason.UNSUPPORTED if item.is_later else item.open()
    if not isinstance(opened, int):
        return False
    try:
        return is_ewf(os.pread(opened, 16, 0), FileRange(opened))
    except OSError:
        # Whoever screens it is told.
        return False
    finally:
        os.close(opened)


def _only_images(locators: Sequence[Locator]) -> list[Want]:
    return [Want.TAKE if len(locator.steps) == 1 else Want.PASS for locator in locators]


def _darkroom(settings: ScanSettings, secrets: Secrets) -> Darkroom:
    return Darkroom(
        workers=settings.workers or worker_count(),
        unsafe_no_sandbox=settings.unsafe_no_sandbox,
        video=settings.video,
        altered=settings.altered,
        secrets=secrets,
    )


def _watched(
    darkroom: Darkroom | Fetching,
    watchers: ScanWatchers,
    counted: Iterator[Item] | None,
    stack: ExitStack,
    *,
    before: tuple[int, int],
) -> Darkroom | Fetching | Watched:
    """The darkroom, telling how far it has come to whoever wants to know."""
    if before[0]:
        watchers.note(f"going on with an unfinished scan: {before[0]:,} items are done")
    if watchers.progress is None:
        return darkroom
    ahead = None if counted is None else stack.enter_context(CountAhead(counted))
    return Watched(darkroom, watchers.progress, before=before, ahead=ahead)


@dataclass(frozen=True, slots=True)
class _Listed:
    """The list of paths behind `-`, in a file without a name; its digest tells whether it is the same list again."""

    file: IO[bytes]
    sha256: str


def _items(texts: Sequence[str], listed: _Listed | None, store: "Store", note: Callable[[str], None]) -> Iterator[Item]:
    def tell(path: str) -> None:
        note(f"passed over {path}: it is the store")

    passed_over = [str(store.path)]
    items = open_sources(texts, passed_over=passed_over, on_passed_over=tell)
    if listed is None:
        return items
    return chain(items, open_listed(paths_from(listed.file), passed_over=passed_over, on_passed_over=tell))


def _describe(
    settings: ScanSettings, known: "KnownMaterial", listed: _Listed | None, signals: Sequence[str], whose: Whose
) -> str:
    """All that decides the result, in JSON: an unfinished scan is resumed where this is the same to the letter."""
    return json.dumps(
        {
            "version": version("unseen"),
            # A relative path means another place in another working directory.
            "sources": [
                [text, text if is_bucket(text) else os.path.realpath(text)]
                for text in settings.sources
                if text != PATHS
            ],
            "paths_sha256": None if listed is None else listed.sha256,
            "lists": sorted([name, sha256.hex(), list_class.value] for name, sha256, list_class in known.lists),
            "policies": _policies(known),
            "plugged_in": list(signals),
            "threshold_bits": settings.threshold_bits,
            "basis": settings.basis,
            **whose.described,
            "unsafe_no_sandbox": settings.unsafe_no_sandbox,
            "video": settings.video.value,
            "altered": settings.altered.value,
            "keep_hashes": str(settings.retention),
        }
    )


def _policies(known: "KnownMaterial") -> dict[str, dict[str, object]]:
    """How matches of each list are weighed, where somebody has set it; the others go by the default."""
    return {name: policy.to_fields() for name, (_, policy) in sorted(known.policies.items())}


def _key_of(what: str, store: "Store", secrets: Secrets) -> bytes:
    """The name by which an unfinished scan is found again: digest of all that decides its result."""
    if not secrets.passwords:
        return hashlib.sha256(what.encode()).digest()
    from unseen.casework.proof.recording import keyed_digest

    # What stayed closed may open to other passwords. A plain digest of them could be guessed, and would tell them.
    opening = keyed_digest(store, "\n".join(secrets.passwords).encode())
    return hashlib.sha256(what.encode() + opening).digest()


def _describe_run(
    settings: ScanSettings, known: "KnownMaterial", workers: Darkroom, *, index_sha256: str | None
) -> "Run":
    """Under which conditions this run works: what the ledger states in clear, and what it only commits to."""
    from unseen.casework.known.describing import describe_lists, describe_program, stated_lists
    from unseen.store import Run

    lists = describe_lists(known)
    stated: dict[str, object] = {
        **describe_program(settings.threshold_bits, index_sha256),
        "altered": settings.altered.value,
        "libraries": _libraries(),
        "sandbox": asdict(workers.sandbox),
        "lists": stated_lists(lists),
    }
    conditions = {
        **stated,
        "started_at_utc": now_utc(),
        "by": {"user": user_name(), "host": platform.node()},
        "basis": settings.basis,
        "lists": lists,
    }
    return Run(stated, conditions)


def _libraries() -> dict[str, str]:
    required = [found for line in requires("unseen") or () if (found := _REQUIRED.match(line))]
    versions = {}
    for name in sorted({*_LIBRARIES, *(found["name"] for found in required if found["extra"] in _READING)}):
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    # What is installed with Python only binds it: the library itself is that of the system.
    with suppress(ImportError, OSError, AttributeError, TypeError):
        from libarchive.ffi import version_number

        number = version_number()
        versions["libarchive"] = f"{number // 1_000_000}.{number // 1_000 % 1_000}.{number % 1_000}"
    return versions


@contextmanager
def _spooled(paths: BinaryIO | None) -> Iterator[_Listed]:
    if paths is None:
        raise SourceError("there is no list of paths to read", hint="pipe one in: find . -print0 | unseen scan -")
    digest = hashlib.sha256()
    with tempfile.TemporaryFile() as spool:
        try:
            while block := paths.read(_BLOCK_BYTES):
                digest.update(block)
                spool.write(block)
        except OSError as error:
            raise SourceError(f"cannot read the list of paths: {error.strerror or error}") from error
        spool.seek(0)
        yield _Listed(spool, digest.hexdigest())
