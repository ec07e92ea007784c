"""What the build rests on: the kernel's files, the lock files, the Makefile, the licence."""

import hashlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from tests.house.tree import ROOT

# Headers without templates or inline functions that a compiler would emit as shared symbols. Any other could leave
# one copy, compiled for the wrong instruction set, to be chosen by the linker for the whole program.
_PLAIN_HEADERS = {
    "immintrin.h",
    "x86intrin.h",
    "nmmintrin.h",
    "arm_neon.h",
    "cstdint",
    "cstddef",
    "cstring",
    "stdint.h",
    "stddef.h",
    "string.h",
}
_LOCKS = [path for path in (ROOT / "requirements.lock", ROOT / "benchmarks" / "peers.lock") if path.is_file()]


def included(path: Path, seen: set[Path]) -> set[str]:
    """Every system header that a file includes, also through the project's own headers."""
    if path in seen or not path.is_file():
        return set()
    seen.add(path)
    text = path.read_text(encoding="utf-8")
    found = set(re.findall(r"^\s*#\s*include\s*<([^>]+)>", text, re.MULTILINE))
    for own in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.MULTILINE):
        found |= included(path.parent / own, seen)
    return found


def kernels() -> list[Path]:
    """The files that are compiled for one instruction set each."""
    return [
        path for path in sorted((ROOT / "native").glob("*.cpp")) if re.search(r"_(avx2|avx512|neon|sha)$", path.stem)
    ]


def test_kernels_of_one_instruction_set_include_nothing_that_is_shared() -> None:
    """A file compiled for one instruction set includes only headers that leave no code behind."""
    foreign = {path.name: included(path, set()) - _PLAIN_HEADERS for path in kernels()}
    assert {name: headers for name, headers in foreign.items() if headers} == {}


@pytest.mark.parametrize("lock", _LOCKS, ids=lambda path: path.name)
def test_every_locked_package_has_a_version_and_hashes(lock: Path) -> None:
    """Nothing is installed whose bytes were not fixed beforehand, and no package index is named."""
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"^\s*--(?:index-url|extra-index-url|find-links|trusted-host)", text, re.MULTILINE)
    assert not re.search(r"https?://", text)
    packages = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).strip())
    assert len(packages) > 5
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==[^\s;]+", package), package.splitlines()[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", package), package.splitlines()[0]


def test_make_help_lists_every_target() -> None:
    """Whoever types `make` sees every target with one line about it."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony is not None
    shown = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {line.split()[0] for line in shown.splitlines()} == set(phony[1].split())
    assert all(len(line.split()) > 2 for line in shown.splitlines())


def test_the_licence_is_the_whole_official_text() -> None:
    """LICENSE is Apache-2.0 as the Apache Software Foundation publishes it, byte for byte."""
    digest = hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest()
    assert digest == "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"


def test_no_picture_is_committed() -> None:
    """Tests and documents draw what they need: no picture file lies in the project."""
    suffixes = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".avif", ".mp4"}
    folders = ("src", "native", "tests", "benchmarks", "docs")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix.lower() in suffixes]
    assert found == []


def test_every_dependency_is_attributed() -> None:
    """Whatever is installed beside the package at a user's is named in NOTICE."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = {
        re.split(r"[<>=~!;\[ ]", one)[0] for one in [*project["dependencies"], *(x for some in extras for x in some)]
    }
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").lower()
    assert {name for name in wanted if name.lower() not in notice} == set()


def test_nothing_but_text_is_committed() -> None:
    """No package, picture, video or archive is part of the project: what tests need is made when they run."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True, timeout=60, check=False)
    if listed.returncode:
        pytest.skip("this is no clone of a repository")
    binary = re.compile(
        r"\.(?:whl|gz|zip|tar|7z|rar|png|jpe?g|webp|gif|heic|mp4|mkv|db|so|bin|raw|e01)$", re.IGNORECASE
    )
    assert [name for name in listed.stdout.splitlines() if binary.search(name)] == []
