"""Which variant of the kernel runs, for those who may not open the kernel themselves."""

from unseen import kernel

__all__ = ["kernel_in_use", "kernels_available", "use_kernel"]


def use_kernel(name: str) -> None:
    """Run this variant from now on, in every thread.

    Args:
        name: One of `kernels_available()`, or `auto` for the fastest of them.

    Raises:
        ValueError: This build or this processor does not have it.
    """
    kernel.use(name)


def kernel_in_use() -> str:
    """Name of the variant that runs now."""
    return kernel.in_use()


def kernels_available() -> list[str]:
    """Names that `use_kernel` accepts besides `auto`, from slowest to fastest."""
    return kernel.available()
