"""Rows of altered copies: the search of all placings, a picture from file to matches, and a whole scan."""

from collections.abc import Callable
from typing import Any

from benchmarks import families, pictures, whole
from benchmarks.goals import Goal, Row, Scale
from benchmarks.race import Side, race
from unseen.model import Altered

__all__ = ["ALTERED_ROWS"]


def _families(mode: Altered) -> Callable[[Scale], list[dict[str, Any]]]:
    def run(scale: Scale) -> list[dict[str, Any]]:
        codes = pictures.clustered_codes(scale.codes["1e6"])
        return families.search(mode, codes, count=scale.families, rounds=scale.scans)

    return run


def _altered(mode: str) -> Callable[[Scale], list[dict[str, Any]]]:
    def run(scale: Scale) -> list[dict[str, Any]]:
        folder = str(pictures.sized_jpegs(2, scale.pictures_2mp))
        codes = str(pictures.clustered_codes(scale.codes["1e6"]))
        peer_packages = ("threatexchange", "pdqhash", "pillow")
        return race(
            [
                Side("unseen", "undoing", {"side": mode, "folder": folder, "codes": codes}),
                Side("threatexchange", "jpeg", {"side": "threatexchange", "folder": folder}, True, peer_packages),
            ],
            rounds=scale.rounds,
        )

    return run


ALTERED_ROWS = (
    *(
        Row(
            f"altered-search-1e6-{mode.value}",
            f"all placings of a picture in `{mode.value}`, eight ways round, within {bits} bits of 1e6 clustered codes",
            "ms",
            _families(mode),
            (
                Goal("seconds a picture", "unseen", "", at_least, aim, larger_is_better=False),
                Goal("times faster than one hash after the other", "one_by_one", "unseen", None),
                *peers,
            ),
        )
        for mode, bits, at_least, aim, peers in (
            (Altered.FAST, 64, 50e-3, 20e-3, (Goal("times faster than faiss_flat", "faiss_flat", "unseen", None),)),
            (Altered.THOROUGH, 64, 0.5, None, ()),
        )
    ),
    *(
        Row(
            f"altered-{mode}",
            f"JPEG file to matches at 1e6 clustered codes of other pictures, altered copies looked for ({mode}), 2 MP; "
            "against plain PDQ of the same file",
            "ms",
            _altered(mode),
            (Goal("times threatexchange's plain PDQ", "unseen", "threatexchange", at_least, aim, False),),
        )
        for mode, at_least, aim in (("fast", 1.0, 0.5), ("thorough", None, None))
    ),
    Row(
        "scan-altered",
        "`unseen scan` of 300 JPEGs of 2 MP that show nothing known, 1e6 clustered entries in its store, altered "
        "copies looked for (fast) against not; CPU time",
        "s",
        lambda scale: whole.altered(
            3 * scale.mixed // 20, pictures.clustered_codes(scale.codes["1e6"]), rounds=scale.scans
        ),
        (Goal("times the CPU time of looking at pictures as they lie", "fast", "off", None, None, False),),
    ),
)
