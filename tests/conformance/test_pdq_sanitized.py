"""The native PDQ filters under the address and undefined-behaviour sanitizers."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FLAGS = ["-std=c++17", "-O1", "-g", "-ffp-contract=off", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
FLAGS_BY_VARIANT = {
    "portable": [],
    "avx2": ["-mavx2", "-mfma", "-mbmi2", "-mpopcnt"],
    "avx512": [
        *["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512vbmi", "-mavx512vnni"],
        *["-mavx512vpopcntdq", "-mavx512bitalg", "-mfma", "-mbmi2", "-mpopcnt"],
    ],
}


@pytest.mark.soak
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the variants compared are those of x86-64")
@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++ with its sanitizers")
def test_no_variant_touches_memory_outside_its_own(tmp_path: Path) -> None:
    """Exactly sized pictures of every awkward shape are filtered without a stray read, write or undefined step."""
    include = f"-I{ROOT / 'native'}"
    objects = []
    for variant, flags in FLAGS_BY_VARIANT.items():
        objects.append(tmp_path / f"{variant}.o")
        source = ROOT / "native" / f"pdq_{variant}.cpp"
        subprocess.run(["g++", *FLAGS, *flags, include, "-c", source, "-o", objects[-1]], check=True)
    program = tmp_path / "pdq_sanitized"
    main = Path(__file__).with_name("pdq_sanitized.cpp")
    subprocess.run(["g++", *FLAGS, include, main, *objects, "-o", program], check=True)
    run = subprocess.run([program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr[-2000:]
