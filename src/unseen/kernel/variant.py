"""Which variant of the kernel runs: the readable reference, or native code for one instruction set."""

from unseen.kernel import _native

__all__ = ["AUTO", "REFERENCE", "available", "in_use", "is_reference", "use"]

AUTO = "auto"
REFERENCE = "reference"


class _Choice:
    """One for the whole process, as native code has one."""

    is_reference = False


def available() -> list[str]:
    """Names that `use` accepts here besides `auto`: the reference first, then from slowest to fastest."""
    return [REFERENCE, *_native.available_isas()]


def in_use() -> str:
    """Name of the variant that runs now."""
    return REFERENCE if _Choice.is_reference else str(_native.isa())


def is_reference() -> bool:
    """Whether the readable reference runs in place of native code."""
    return _Choice.is_reference


def use(name: str) -> None:
    """Run this variant from now on, in every thread.

    Args:
        name: One of `available()`, or `auto` for the fastest of them.

    Raises:
        ValueError: This build or this processor does not have it.
    """
    if name != REFERENCE:
        _native.set_isa(available()[-1] if name == AUTO else name)
    _Choice.is_reference = name == REFERENCE
