"""Where a known picture lies in an item, in words: what was undone, what is shown of it, and in which part."""

from collections.abc import Iterator

from unseen.model import AlteredMatch, How

__all__ = ["placing_words", "sureness_words"]

# Less than this of a side is no border that anybody sees, and no share worth naming.
_SIDE_MIN = 0.01
_SHARE_MIN = 0.98
# Beyond this what surrounds the known picture is another picture, and no border of this one.
_BORDER_MAX = 0.34
_ANGLE_MIN_DEG = 0.25
_KEYSTONE_MIN = 0.02
# Halves and quarters are called so where they are within a tenth of it.
_HALF = (0.4, 0.6)


def placing_words(how: How) -> str:
    """Say where the known picture lies; nothing where it was not placed anew.

    Args:
        how: Of a match; what it says of orientation and time is for others to say.
    """
    if how.window is None:
        return ""
    x, y, width, height = how.window
    left, top, right, bottom = (max(0.0, side) for side in (x, y, 1 - x - width, 1 - y - height))
    filled = max(0.0, 1 - left - right) * max(0.0, 1 - top - bottom)
    said = []
    undone = list(_undone(how))
    if filled < _SHARE_MIN:
        if max(left, top, right, bottom) <= _BORDER_MAX:
            undone.insert(0, _border(left, top, right, bottom))
        else:
            said.append(f"in {_part((x, y, width, height))} of a larger picture")
    if undone:
        said.insert(0, f"found after undoing {_joined(undone)}")
    elif said:
        said[0] = f"found {said[0]}"
    shown = filled / (width * height)
    if shown < _SHARE_MIN:
        said.append(f"shows {shown:.0%} of the known picture".replace("%", " %"))
    return ", ".join(said) or "found by a closer look at the whole"


def sureness_words(altered: AlteredMatch) -> str:
    """How sure a match of an altered copy is, by a calibration and not by its distance alone."""
    words = f"soft distance {altered.soft_distance_bits} of at most {altered.bound_bits} bits"
    words += f" (at most {altered.false_match_bound:.1g} false matches a picture among 1,000,000 entries)"
    return words if altered.frames < 2 else f"{words}, in {altered.frames} frames"


def _undone(how: How) -> Iterator[str]:
    if how.angle_deg is not None and abs(how.angle_deg) >= _ANGLE_MIN_DEG:
        yield f"a tilt of {abs(how.angle_deg):.1f}\u00b0"
    if how.keystone is not None and max(map(abs, how.keystone)) >= _KEYSTONE_MIN:
        yield "a slanted view"


def _border(left: float, top: float, right: float, bottom: float) -> str:
    """What surrounds the known picture, by the widest side, as a share of the item's width or height."""
    sides = {"at the left": left, "at the top": top, "at the right": right, "below": bottom}
    seen = [where for where, share in sides.items() if share >= _SIDE_MIN]
    share = f"{max(sides.values()):.0%}".replace("%", " %")
    return f"a bar of {share} {seen[0]}" if len(seen) == 1 else f"a border of {share}"


def _part(window: tuple[float, float, float, float]) -> str:
    x, y, width, height = window
    across, down = x + width / 2, y + height / 2
    is_half = [_HALF[0] <= side <= _HALF[1] for side in (width, height)]
    if is_half == [True, False] and height > _HALF[1]:
        return f"the {'left' if across < 0.5 else 'right'} half"
    if is_half == [False, True] and width > _HALF[1]:
        return f"the {'upper' if down < 0.5 else 'lower'} half"
    rows = "upper " if down < _HALF[0] else "lower " if down > _HALF[1] else ""
    columns = "left " if across < _HALF[0] else "right " if across > _HALF[1] else ""
    where = (rows + columns).strip()
    if all(is_half) and rows and columns:
        return f"the {where} quarter"
    return f"the {where} part" if where else "the middle"


def _joined(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
