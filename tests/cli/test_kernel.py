"""UNSEEN_KERNEL chooses the variant of the native code, in this process and in the darkroom's workers."""

import subprocess
from collections.abc import Iterator

import pytest

from unseen.casework.kernel import choose_kernel, kernel_in_use, kernels_available
from unseen.cli import program
from unseen.darkroom import Darkroom
from unseen.errors import SandboxError, UsageError


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The variant as it was."""
    before = kernel_in_use()
    yield
    choose_kernel(before)


@pytest.mark.parametrize("name", kernels_available())
def test_the_variant_that_was_asked_for_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any command runs the variant is chosen."""
    monkeypatch.setenv("UNSEEN_KERNEL", name)
    program.run(["list", "ls", "--store", "nowhere"])
    assert kernel_in_use() == name


def test_workers_run_the_variant_of_their_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker is told which variant to run."""
    told: list[str] = []

    def refuse(command: list[str], **_: object) -> None:
        told.extend(command)
        raise OSError("no process")

    choose_kernel("portable")
    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(SandboxError, match="cannot be started"), Darkroom(workers=1):
        pass
    assert told[-1] == "portable"


def test_an_unknown_variant_is_refused() -> None:
    """A variant that this processor lacks is named, with those that it has."""
    with pytest.raises(UsageError, match="kernel 'abacus' cannot run here") as refused:
        choose_kernel("abacus")
    assert "portable" in refused.value.hint
    assert kernel_in_use() in kernels_available()
