"""Where, when and on which commit a figure was measured."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["available_gb", "commit", "describe", "now_utc", "program", "slug"]

# Instruction sets that decide which kernel runs.
_FLAGS = ("avx2", "avx512f", "avx512bw", "avx512vbmi", "avx512_vnni", "avx512_vpopcntdq", "sha_ni", "asimd")


def describe() -> dict[str, Any]:
    """Processor, memory, kernel, Python."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    flags = set(_field(info, "flags|Features").split())
    level2 = Path("/sys/devices/system/cpu/cpu0/cache/index2/size")
    pages = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return {
        "cpu": _field(info, "model name") or platform.machine(),
        "cpu_model": f"{_field(info, 'vendor_id')} family {_field(info, 'cpu family')} model {_field(info, 'model')}",
        "cores": len(os.sched_getaffinity(0)),
        "instruction_sets": [flag for flag in _FLAGS if flag in flags],
        "cache_level2": level2.read_text(encoding="ascii").strip() if level2.exists() else "unknown",
        "huge_pages": pages.read_text(encoding="ascii").strip() if pages.exists() else "unknown",
        "memory_gb": round(_memory_kb("MemTotal") * 1024 / 1e9, 1),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
    }


def slug(machine: dict[str, Any]) -> str:
    """The processor's name as part of a file name."""
    text = re.sub(r"\((?:r|tm)\)|processor|cpu|@.*", " ", str(machine["cpu"]), flags=re.IGNORECASE)
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unknown"


def commit(root: Path) -> str:
    """The commit that is checked out, with `+` where the sources differ from it."""
    name = _git(root, "rev-parse", "--short=12", "HEAD")
    changed = _git(root, "status", "--porcelain", "src", "native")
    return (name or "unknown") + ("+" if changed else "")


def program(root: Path) -> str:
    """A name for the sources that are checked out, whatever else a commit changed; `commit` says more to a reader."""
    trees = _git(root, "rev-parse", "HEAD:src", "HEAD:native").split()
    return "-".join(tree[:8] for tree in trees) + ("+" if commit(root).endswith("+") else "")


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False).stdout.strip()


def now_utc() -> str:
    """The time, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def available_gb() -> float:
    """Memory that a new process could have now."""
    return _memory_kb("MemAvailable") * 1024 / 1e9


def _memory_kb(name: str) -> int:
    return int(_field(Path("/proc/meminfo").read_text(encoding="ascii"), name).split()[0])


def _field(text: str, name: str) -> str:
    found = re.search(rf"^(?:{name})\s*:\s*(.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""
