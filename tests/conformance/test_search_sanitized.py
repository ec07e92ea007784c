"""Exact search under the address and undefined-behaviour sanitizers."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.conformance.test_pdq_sanitized import FLAGS, FLAGS_BY_VARIANT, ROOT

PLAIN = [
    *["checksum", "search_family", "search_guard", "search_index"],
    *["search_plan", "search_probe", "search_sift", "search_tables"],
]


@pytest.mark.soak
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the variants compared are those of x86-64")
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++ with its sanitizers")
def test_no_search_touches_memory_outside_its_own(tmp_path: Path) -> None:
    """Every variant and method answers lists of awkward sizes rightly, without a stray read or undefined step."""
    sources = [(f"search_scan_{variant}", flags) for variant, flags in FLAGS_BY_VARIANT.items()]
    include = f"-I{ROOT / 'native'}"
    objects = []
    for source, flags in [*sources, *[(name, FLAGS_BY_VARIANT["portable"]) for name in PLAIN]]:
        objects.append(tmp_path / f"{source}.o")
        subprocess.run(
            ["g++", *FLAGS, *flags, include, "-c", ROOT / "native" / f"{source}.cpp", "-o", objects[-1]], check=True
        )
    program = tmp_path / "search_sanitized"
    main = Path(__file__).with_name("search_sanitized.cpp")
    subprocess.run(["g++", *FLAGS, include, main, *objects, "-o", program], check=True)
    run = subprocess.run([program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]
