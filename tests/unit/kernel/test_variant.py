"""Choosing a variant of the kernel."""

from collections.abc import Iterator

import pytest

from unseen import kernel


@pytest.fixture(autouse=True)
def _restore_variant() -> Iterator[None]:
    yield
    kernel.use("auto")


def test_every_available_variant_can_be_used() -> None:
    """What `available` names is what `in_use` says afterwards; reference and portable are always there."""
    assert kernel.available()[:2] == ["reference", "portable"]
    for name in kernel.available():
        kernel.use(name)
        assert kernel.in_use() == name


def test_auto_is_the_fastest_available() -> None:
    """From any variant, `auto` goes to the last one named."""
    kernel.use("reference")
    kernel.use("auto")
    assert kernel.in_use() == kernel.available()[-1]


def test_an_unknown_variant_is_refused_and_changes_nothing() -> None:
    """A name that this build or processor does not have raises, and the variant stays."""
    kernel.use("portable")
    with pytest.raises(ValueError, match="no such kernel variant"):
        kernel.use("abacus")
    assert kernel.in_use() == "portable"
