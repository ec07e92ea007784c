"""The rows of the table: what is measured, against whom, and what was aimed at."""

from collections.abc import Callable
from typing import Any

from benchmarks import disks, held, index, ledger, living, pictures, videos, whole
from benchmarks.altered_rows import ALTERED_ROWS
from benchmarks.goals import Goal, Row, Scale
from benchmarks.race import Side, race

__all__ = ["ROWS"]

_MEMORY_1E8_GB = 13.0


def _pdq(megapixels: int) -> Callable[[Scale], list[dict[str, Any]]]:
    def run(scale: Scale) -> list[dict[str, Any]]:
        count = scale.pictures_2mp if megapixels == 2 else scale.pictures_12mp
        folder = str(pictures.sized_jpegs(megapixels, count))
        ours = Side("unseen", "pdq", {"side": "unseen", "folder": folder})
        peer = Side("pdqhash", "pdq", {"side": "pdqhash", "folder": folder}, peer=True, packages=("pdqhash", "numpy"))
        return race([ours, peer], rounds=scale.rounds)

    return run


def _dihedral(scale: Scale) -> list[dict[str, Any]]:
    folder = str(pictures.sized_jpegs(2, scale.pictures_2mp))
    eight = Side("eight", "pdq", {"side": "unseen_dihedral", "folder": folder})
    return race([eight, Side("one", "pdq", {"side": "unseen", "folder": folder})], rounds=scale.rounds)


def _windows(*names: str) -> Callable[[Scale], list[dict[str, Any]]]:
    def run(scale: Scale) -> list[dict[str, Any]]:
        folder = str(pictures.sized_jpegs(2, scale.pictures_2mp))
        sides = [Side(name, "windows", {"side": name, "folder": folder}) for name in names]
        return race(sides, rounds=scale.rounds)

    return run


def _jpeg(megapixels: int, ours: str) -> Callable[[Scale], list[dict[str, Any]]]:
    def run(scale: Scale) -> list[dict[str, Any]]:
        count = scale.pictures_2mp if megapixels == 2 else scale.pictures_12mp
        folder = str(pictures.sized_jpegs(megapixels, count))
        peer_packages = ("threatexchange", "pdqhash", "pillow")
        return race(
            [
                Side("unseen", "jpeg", {"side": ours, "folder": folder}, packages=("simplejpeg",)),
                Side("threatexchange", "jpeg", {"side": "threatexchange", "folder": folder}, True, peer_packages),
                Side("libjpeg-turbo", "jpeg", {"side": "libjpeg_turbo", "folder": folder}, True, ("simplejpeg",)),
            ],
            rounds=scale.rounds,
        )

    return run


_CODES = {
    "uniform": pictures.uniform_codes,
    "clustered": pictures.clustered_codes,
    "crowded": pictures.crowded_codes,
}


def _search(kind: str, size: str, batch: int, *peers: str) -> Callable[[Scale], list[dict[str, Any]]]:
    def run(scale: Scale) -> list[dict[str, Any]]:
        codes = _CODES[kind](scale.codes[size])
        queries = pictures.queries_for(codes, count=scale.queries)
        # Exhaustive search of ten million codes takes tens of milliseconds a query. Ours gets all queries all the same:
        # a hundred, repeated, would find their memory in the cache.
        compared = min(scale.queries, 100) if size == "1e7" else scale.queries
        common = {"codes": str(codes), "queries": str(queries), "batch": batch, "compared": compared}
        sides = [Side("unseen", "search", {"side": "unseen", "count": scale.queries, **common})]
        for peer in peers:
            packages = ("threatexchange", "faiss-cpu") if peer == "threatexchange" else ("faiss-cpu",)
            sides.append(
                Side(peer, "search", {"side": peer, "count": compared, **common}, peer=True, packages=packages)
            )
        return race(sides, rounds=scale.rounds)

    return run


def _screening(gop: int) -> Callable[[Scale], list[dict[str, Any]]]:
    return lambda scale: videos.screening(gop, scale.video_s, rounds=scale.scans)


def _times(peer: str, at_least: float | None, aim: float | None = None) -> Goal:
    return Goal(f"times faster than {peer}", over=peer, under="unseen", at_least=at_least, aim=aim)


_DECODE = Goal("times libjpeg-turbo's own RGB decode", "unseen", "libjpeg-turbo", 1.2, None, larger_is_better=False)

ROWS = (
    Row("pdq-2mp", "PDQ of a decoded 2 MP RGB picture", "ms", _pdq(2), (_times("pdqhash", 20, 40),)),
    Row("pdq-12mp", "PDQ of a decoded 12 MP RGB picture", "ms", _pdq(12), (_times("pdqhash", 35, 60),)),
    Row(
        "dihedral",
        "all eight orientations, against one, 2 MP",
        "ms",
        _dihedral,
        (Goal("times the time of one", "eight", "one", 1.5, 1.2, larger_is_better=False),),
    ),
    Row(
        "windows",
        "eight hashes of a window of a 512 px picture, in a family of 1,296, against PDQ of one that is cut out",
        "µs",
        _windows("window", "cut"),
        (
            Goal("seconds a window", "window", "", 6e-6, 4e-6, larger_is_better=False),
            Goal("times faster than one that is cut out", over="cut", under="window", at_least=None),
        ),
    ),
    Row(
        "windows-shrink",
        "a decoded 2 MP RGB picture made small, 512 px",
        "ms",
        _windows("shrink"),
        (Goal("seconds", "shrink", "", 1e-3, 0.6e-3, larger_is_better=False),),
    ),
    Row(
        "windows-turn",
        "a picture of 512 px turned by 3 degrees",
        "ms",
        _windows("turn"),
        (Goal("seconds", "turn", "", 0.6e-3, 0.3e-3, larger_is_better=False),),
    ),
    Row(
        "jpeg-2mp",
        "JPEG file to PDQ alone, 2 MP",
        "ms",
        _jpeg(2, "unseen_pdq"),
        (_times("threatexchange", 5, 8.5), _DECODE),
    ),
    Row(
        "jpeg-12mp",
        "JPEG file to PDQ alone, 12 MP",
        "ms",
        _jpeg(12, "unseen_pdq"),
        (_times("threatexchange", 7, 8.5), _DECODE),
    ),
    Row(
        "file-2mp",
        "JPEG file to three digests, PDQ and all variants, 2 MP",
        "ms",
        _jpeg(2, "unseen_file"),
        (_times("threatexchange", 3.5, 5),),
    ),
    Row(
        "file-12mp",
        "JPEG file to three digests, PDQ and all variants, 12 MP",
        "ms",
        _jpeg(12, "unseen_file"),
        (_times("threatexchange", 6, 8),),
    ),
    *(
        Row(
            f"search-1e6-{kind}-{name}",
            f"exact search, 1e6 {kind} codes, {title}",
            "µs",
            _search(kind, "1e6", batch, "threatexchange"),
            (_times("threatexchange", at_least, aim),),
        )
        for kind, name, title, batch, at_least, aim in (
            ("uniform", "single", "one query a call", 1, 30, 60),
            ("clustered", "single", "one query a call", 1, 25, 40),
            ("uniform", "batch", "1,000 queries a call", 1000, 45, 80),
            ("clustered", "batch", "1,000 queries a call", 1000, 45, 80),
        )
    ),
    Row(
        "search-1e6-crowded",
        "exact search, 1e6 clustered codes with four crowds of 5,000 near-duplicates, one query a call",
        "µs",
        _search("crowded", "1e6", 1, "threatexchange"),
        (_times("threatexchange", None),),
    ),
    Row(
        "search-1e7",
        "exact search, 1e7 uniform codes, one query a call (faiss_nearest: 100 queries a call)",
        "µs",
        _search("uniform", "1e7", 1, "faiss_nearest", "faiss_flat"),
        (_times("faiss_nearest", 120, 220), _times("faiss_flat", None)),
        needs_gb=6,
    ),
    Row(
        "search-1e8",
        "exact search, 1e8 uniform codes, one query a call",
        "µs",
        _search("uniform", "1e8", 1),
        (Goal("seconds a query", "unseen", "", 1e-3, 0.3e-3, larger_is_better=False),),
        needs_gb=_MEMORY_1E8_GB,
    ),
    *ALTERED_ROWS,
    *(
        Row(
            f"video-keyframes-{gop}",
            f"screening a minute of 1080p H.264 by keyframes, one in {gop} frames, against one hash a second",
            "s",
            _screening(gop),
            (_times("vpdq", at_least),),
        )
        for gop, at_least in ((60, 10), (250, 25))
    ),
    Row(
        "video-thorough",
        "one hash a second of a minute of 1080p H.264, ours with digests",
        "s",
        lambda scale: videos.thorough(scale.video_s, rounds=scale.scans),
        (_times("vpdq", 1),),
    ),
    Row(
        "video-every",
        "every frame of ten seconds of 1080p H.264",
        "s",
        lambda scale: videos.every_frame(scale.video_s // 6, rounds=scale.scans),
        (_times("vpdq", 5),),
    ),
    Row(
        "scan",
        "`unseen scan` of 2,000 mixed JPEGs with 2 workers, against two plain processes",
        "s",
        lambda scale: whole.scan(scale.mixed, rounds=scale.scans),
        (Goal("of the plain processes' throughput", "plain", "unseen", 0.85, 0.95),),
    ),
    Row(
        "scan-zip",
        "`unseen scan` of a zip file of 1,000 mixed JPEGs with 2 workers, against the same files in a folder",
        "s",
        lambda scale: whole.scan_zip(scale.mixed // 2, rounds=scale.scans),
        (Goal("times the folder's time", "zip", "folder", 1.2, None, larger_is_better=False),),
    ),
    Row(
        "raw-image",
        "`unseen scan` of a raw image of 2 GB with 2,000 files that are no media, with 2 workers, "
        "against one plain process that reads it and takes the same three digests",
        "s",
        lambda scale: whole.raw_image(scale.mixed, rounds=scale.scans),
        (Goal("of the plain process's throughput", "plain", "unseen", 0.9, None),),
    ),
    Row(
        "memory",
        "resident memory of the parent while scanning 1e5 small files",
        "MB",
        lambda scale: whole.memory(scale.small),
        (Goal("times the memory after a quarter of the files", "end", "quarter", 1.1, None, larger_is_better=False),),
    ),
    Row(
        "list-import",
        "`unseen list add` of 1e6 PDQs as plain text into a new store",
        "s",
        lambda scale: whole.list_import(pictures.uniform_codes(scale.codes["1e6"]), rounds=scale.scans),
        (Goal("seconds", "unseen", "", None, None, larger_is_better=False),),
    ),
    Row(
        "list-index",
        "a plain file of 1e6 PDQs until it can be searched: `unseen list add` and its index, `threatexchange fetch`",
        "s",
        lambda scale: living.list_to_index(pictures.uniform_codes(scale.codes["1e6"]), rounds=scale.scans),
        (_times("threatexchange", 2),),
        needs_gb=3,
    ),
    Row(
        "list-sync",
        "a first sync of 1e7 entries by pages, CPU time; then 1e4 withdrawn until no search finds them, elapsed time",
        "s",
        lambda scale: living.sync(scale.codes["1e7"]),
        (
            Goal("seconds for the withdrawal", "withdrawal", "", 60, None, larger_is_better=False),
            Goal("seconds for the sync", "sync", "", None, None, larger_is_better=False),
        ),
        needs_gb=4,
    ),
    Row(
        "index-open",
        "opening the index of 1e7 codes from its files, self-test and first query included",
        "s",
        lambda scale: index.open_first(pictures.uniform_codes(scale.codes["1e7"]), rounds=scale.rounds),
        (Goal("seconds", "unseen", "", 0.2, None, larger_is_better=False),),
        needs_gb=4,
    ),
    Row(
        "index-add",
        "adding 1e4 entries to an index of 1e7 codes and removing 1e4, until it is on disk",
        "s",
        lambda scale: index.add(pictures.uniform_codes(scale.codes["1e7"]), rounds=scale.rounds),
        (Goal("seconds", "unseen", "", 1.0, None, larger_is_better=False),),
        needs_gb=4,
    ),
    Row(
        "index-build-1e8",
        "memory while building the index of 1e8 codes",
        "GB",
        lambda scale: index.build(pictures.uniform_codes(scale.codes["1e8"]), rounds=1),
        (Goal("of what was stated beforehand", "peak", "stated", 1.0, None, larger_is_better=False),),
        needs_gb=16,
    ),
    Row(
        "ledger-verify",
        "verifying a ledger of 1e6 entries, one core",
        "s",
        lambda scale: ledger.verify(scale.entries, rounds=scale.scans),
        (Goal("seconds", "unseen", "", 30, 5, larger_is_better=False),),
    ),
    Row(
        "verify-store",
        "`unseen verify` of a store of 1e6 records, one core",
        "s",
        lambda scale: ledger.verify_store(scale.entries),
        (Goal("seconds", "unseen", "", 30, None, larger_is_better=False),),
    ),
    Row(
        "recheck-1e7",
        "`unseen recheck`: 1e5 new entries against 1e7 stored PDQs of 625,000 pictures, one core",
        "s",
        lambda scale: held.recheck(scale.held, scale.new_entries),
        (Goal("seconds", "unseen", "", 300, None, larger_is_better=False),),
        needs_gb=2,
    ),
    Row(
        "scan-ledger",
        "`unseen scan` of 1,000 mixed JPEGs, with its ledger and without",
        "s",
        lambda scale: whole.recorded(scale.mixed // 2, rounds=3 * scale.scans),
        (Goal("of the throughput without", "unrecorded", "unseen", 0.97, None),),
    ),
    Row(
        "ledger-proofs",
        "50 proofs from a ledger of 1e6 entries, one core",
        "s",
        lambda scale: ledger.fifty_proofs(scale.entries, rounds=scale.rounds),
        (Goal("seconds", "unseen", "", 0.5, None, larger_is_better=False),),
    ),
    Row(
        "e01",
        "reading a whole E01 image, a third of it photographs, every chunk verified",
        "s",
        lambda scale: disks.e01(scale.mixed // 10, rounds=scale.scans),
        (_times("libewf", 2),),
    ),
    Row(
        "help",
        "`unseen --help`, a fresh process",
        "s",
        lambda scale: whole.help_text(rounds=3 * scale.rounds),
        (Goal("seconds", "unseen", "", 0.3, None, larger_is_better=False),),
    ),
)
