"""The rows of the table: what is measured, against whom, and what was aimed at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from benchmarks import disks, held, index, ledger, machine, pictures, videos, whole
from benchmarks.race import Side, race, spread

__all__ = ["ROWS", "Goal", "Row", "Scale", "measure"]

_MEMORY_1E8_GB = 13.0


@dataclass(frozen=True)
class Scale:
    """How much is measured: all of it, or little, to see that the harness works."""

    rounds: int = 7
    codes: dict[str, int] = field(default_factory=lambda: {"1e6": 10**6, "1e7": 10**7, "1e8": 10**8})
    queries: int = 4000
    pictures_2mp: int = 8
    pictures_12mp: int = 4
    mixed: int = 2000
    small: int = 100_000
    entries: int = 1_000_000
    held: int = 10**7
    new_entries: int = 10**5
    scans: int = 3
    video_s: int = 60

    @classmethod
    def small_scale(cls) -> "Scale":
        """Little of everything; its figures mean nothing and are not kept."""
        codes = {"1e6": 20_000, "1e7": 30_000, "1e8": 40_000}
        return cls(
            rounds=2,
            codes=codes,
            queries=100,
            pictures_2mp=2,
            pictures_12mp=1,
            mixed=40,
            small=400,
            entries=700,
            held=4_000,
            new_entries=500,
            scans=1,
            video_s=12,
        )


@dataclass(frozen=True)
class Goal:
    """What a row is held to.

    Attributes:
        text: What the number says, with `peer` and `ours` named.
        over: Name of the side above the fraction bar; its time is divided by that of `under`.
        under: Name of the side below.
        at_least: The bound of what was asked for; None where the figure is only reported.
        aim: The bound of what was hoped for, or None.
        larger_is_better: Whether the bounds are lower bounds.
    """

    text: str
    over: str
    under: str
    at_least: float | None
    aim: float | None = None
    larger_is_better: bool = True


@dataclass(frozen=True)
class Row:
    """One line of the table. `sides` is called only when the row is measured: it may make files first."""

    id: str
    title: str
    unit: str
    measure: Callable[[Scale], list[dict[str, Any]]]
    goals: tuple[Goal, ...]
    needs_gb: float = 0


def measure(row: Row, scale: Scale) -> dict[str, Any]:
    """Measure one row, or say why not."""
    result: dict[str, Any] = {"id": row.id, "title": row.title, "unit": row.unit, "measured_at_utc": machine.now_utc()}
    available_gb = machine.available_gb()
    if available_gb < row.needs_gb and scale == Scale():
        return result | {"not_done": f"needs {row.needs_gb:.0f} GB of free memory, {available_gb:.0f} GB were free"}
    result["sides"] = sides = row.measure(scale)
    answers = {side["answer"] for side in sides if side.get("answer")}
    result["answers_equal"] = len(answers) == 1 if len([s for s in sides if s.get("answer")]) > 1 else None
    result["goals"] = [_judge(goal, sides) for goal in row.goals]
    return result


def _judge(goal: Goal, sides: list[dict[str, Any]]) -> dict[str, Any]:
    seconds = {side["name"]: side["seconds"] for side in sides}
    under = seconds.get(goal.under, [1.0] * len(seconds[goal.over]))
    value = spread([over / below for over, below in zip(seconds[goal.over], under, strict=True)])
    bounds = [("aim", goal.aim), ("at least", goal.at_least)]
    reached = [
        name
        for name, bound in bounds
        if bound is not None and (value["median"] >= bound if goal.larger_is_better else value["median"] <= bound)
    ]
    return {
        "text": goal.text,
        "value": value,
        "at_least": goal.at_least,
        "aim": goal.aim,
        "larger_is_better": goal.larger_is_better,
        "reached": reached[0] if reached else "reported" if goal.at_least is None else "no",
    }


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
