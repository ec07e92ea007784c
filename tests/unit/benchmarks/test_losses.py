"""Where a copy truly shows a photograph, and at which step it was lost."""

import json
from pathlib import Path

import pytest
from benchmarks.altered import page, rows
from benchmarks.altered.losses.placed import placed

from unseen.darkroom import CATALOGUE

_SIZE = (480, 360)


def _number(kind: str, amount: float | str) -> int:
    return next(n for n, one in enumerate(CATALOGUE, start=1) if (one.kind, one.amount) == (kind, amount))


@pytest.mark.parametrize(
    ("kind", "amount", "side"),
    [
        ("crop anywhere", 0.2, 1 / 0.8),
        ("mirrored and cropped", 0.1, 1 / 0.9),
        ("black border", 0.25, 0.75),
        ("blurred border", 0.25, 0.75),
        ("own border", 0.2, 0.8),
        ("tilt, black corners", 10, 1.0),
        ("stickers", 3, 1.0),
        ("collage", "2x2", 0.5),
    ],
)
def test_a_photograph_is_found_where_it_was_put(kind: str, amount: float | str, side: float) -> None:
    """Its window is as wide and high as the alteration made it, whatever was drawn around it."""
    found = placed(_SIZE, _number(kind, amount), 3)
    assert found is not None
    assert found.placing.window[2:] == pytest.approx((side, side), rel=0.04)
    assert found.off < 0.006


def test_a_tilt_is_told_with_its_sign() -> None:
    """What was turned by up to 10 degrees, one way or the other, is turned back by at least 9.5."""
    angles = [
        found.placing.angle_deg for at in range(8) if (found := placed(_SIZE, _number("tilt, black corners", 10), at))
    ]
    assert len(angles) == 8
    assert all(9.4 < abs(angle) < 10.1 for angle in angles)
    assert min(angles) < 0 < max(angles)


def test_photographed_screens_have_keystones() -> None:
    """Within 1 % of the copy a placing says where they are, and most of them not without a keystone."""
    screens = [placed(_SIZE, _number("photographed screen", 12), at) for at in range(6)]
    assert all(one is not None and one.off < 0.01 for one in screens)
    assert sum(one is not None and one.placing.keystone != (0.0, 0.0) for one in screens) >= 3


def test_what_is_not_provided_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """`make recall` without photographs fails at nothing, and says what is not measured."""
    for variable in ("UNSEEN_PHOTOS", "UNSEEN_PHOTOS_UNRELATED", "UNSEEN_PHOTOS_ENTRIES"):
        monkeypatch.delenv(variable, raising=False)
    assert [rows.measure(name, is_small=False) for name in rows.NAMES] == [0, 0]
    assert capfd.readouterr().err.count("not measured") == len(rows.NAMES)


def test_what_is_found_beside_many_entries_is_a_table_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Results of a run with other entries besides are shown after the others, with what was found falsely."""
    newest = page.newest()
    assert newest is not None
    kept = json.loads(newest.read_text(encoding="utf-8")) | {"entries_besides": 1_000_000}
    for side in kept["sides"]:
        for row in side["rows"]:
            row["unrelated"] = 0
        side["rows"][0]["unrelated"] = 7
    (tmp_path / newest.name).write_text(json.dumps(kept), encoding="utf-8")
    before = page.render().rstrip("\n")
    monkeypatch.setattr(page, "BESIDES", tmp_path)
    added = page.render().removeprefix(before)
    assert "beside 1,000,000 PDQs" in added
    assert added.count("| 7 in ") == 2
