"""Which variant of the native code runs: for tests, for measurements, and for doubts about one of them."""

from unseen import hashing
from unseen.errors import UsageError

__all__ = ["choose_kernel", "kernel_in_use", "kernels_available"]


def choose_kernel(name: str) -> None:
    """Run this variant from now on, in this process and in the darkroom's workers.

    Args:
        name: `auto`, `reference`, or a variant that this processor has.

    Raises:
        UsageError: There is no such variant here.
    """
    try:
        hashing.use_kernel(name)
    except ValueError as error:
        known = ", ".join(["auto", *kernels_available()])
        raise UsageError(f"kernel {name[:40]!r} cannot run here", hint=f"UNSEEN_KERNEL is one of {known}") from error


def kernel_in_use() -> str:
    """Name of the variant that runs now."""
    return hashing.kernel_in_use()


def kernels_available() -> list[str]:
    """Names of the variants that can run here, from slowest to fastest."""
    return hashing.kernels_available()
