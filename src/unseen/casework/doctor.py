"""`unseen doctor`: what this machine can do, and what it lacks. Nothing is made or changed."""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, entry_points, version

from unseen.casework.hashing import worker_count
from unseen.casework.kernel import kernel_in_use, kernels_available
from unseen.casework.proof.places import files_of, key_folder, open_to_read
from unseen.darkroom import Darkroom
from unseen.errors import SandboxError, SigningKeyError, StoreError
from unseen.hashing.plugin import HASHERS_GROUP
from unseen.store import list_lists

__all__ = ["Check", "State", "examine"]

# Extra of this package: the module's distribution, and what it is for.
_EXTRAS = {
    "demo": ("scikit-image", "photographs of places and things, for `unseen demo`"),
    "exchange": ("httpx", "services that share lists, for `unseen list sync`"),
    "metrics": ("prometheus-client", "figures for Prometheus, for `unseen metrics`"),
    "postgres": ("psycopg", "stores on a server, for `--store postgresql://...`"),
    "stamp": ("rfc3161-client", "tokens of time stamping authorities, for `unseen stamp`"),
}
_DECODERS = {"simplejpeg": "JPEG", "pillow": "PNG, GIF, WebP, BMP, TIFF, AVIF and more", "pi-heif": "HEIC"}
# A store grows by some hundred bytes for each item; a machine with less than this is about to fail at anything.
_FREE_BYTES_MIN = 1 << 30


class State(StrEnum):
    """What a check says of this machine. Closed."""

    FINE = "fine"
    # The work can be done, with less protection or fewer features.
    LACKING = "lacking"
    # Decoding is refused.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What.
        state: Whether it is as it should be.
        said: What there is, in a few words.
        hint: What to do where it is not fine.
    """

    name: str
    state: State
    said: str
    hint: str = ""


def examine(store: str) -> Iterator[Check]:
    """Look at everything that the other commands need.

    Args:
        store: Path of the store, which need not exist.
    """
    yield Check("unseen", State.FINE, version("unseen"))
    yield Check("python", State.FINE, f"{platform.python_version()} ({platform.python_implementation()})")
    yield Check("system", State.FINE, f"{platform.system()} {platform.release()}, {platform.machine()}")
    yield Check("cores", State.FINE, f"{worker_count()} usable: that many decoding processes unless told otherwise")
    yield Check("kernel", State.FINE, f"{kernel_in_use()} (of {', '.join(kernels_available())})")
    yield from _examine_darkroom()
    for name, formats in _DECODERS.items():
        yield Check("decoder", State.FINE, f"{name} {version(name)}: {formats}")
    yield from _examine_hashers()
    yield from _examine_store(store)
    yield from _examine_keys()
    yield from _examine_extras()


def _examine_keys() -> Iterator[Check]:
    """Where signing keys lie, and whether one could be made there."""
    try:
        folder = key_folder()
    except SigningKeyError as error:
        yield Check("keys", State.LACKING, str(error), error.hint)
        return
    existing = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    count = len(list(folder.glob("*.key"))) if folder.is_dir() else 0
    said = f"{folder}: {count} signing {'key' if count == 1 else 'keys'}"
    if os.access(existing, os.W_OK):
        yield Check("keys", State.FINE, said)
    else:
        yield Check(
            "keys", State.LACKING, f"{said}, {existing} is not writable", "set UNSEEN_KEYS to a folder of yours"
        )


def _examine_darkroom() -> Iterator[Check]:
    """Start one worker and ask it which locks hold; nothing else proves that they do."""
    try:
        with Darkroom(workers=1) as darkroom:
            sandbox = darkroom.sandbox
    except SandboxError as error:
        hint = "a container may need a seccomp profile that allows seccomp(2); files you trust: --unsafe-no-sandbox"
        yield Check("darkroom", State.REFUSED, f"decoding is refused: {error}", hint)
        return
    landlock = f"Landlock {sandbox.landlock_version}" if sandbox.landlock_version else "no Landlock"
    said = f"workers are locked: no_new_privs, seccomp filter, {landlock}"
    if sandbox.gaps:
        yield Check("darkroom", State.LACKING, f"{said}; {'; '.join(sandbox.gaps)}", "a newer kernel closes the gap")
    else:
        yield Check("darkroom", State.FINE, said)


def _examine_hashers() -> Iterator[Check]:
    points = sorted(entry_points(group=HASHERS_GROUP), key=lambda point: point.name)
    for point in points:
        maker = f" of {point.dist.name} {point.dist.version}" if point.dist is not None else ""
        yield Check("hasher", State.FINE, f"{point.name}{maker}, plugged in")
    if not points:
        yield Check("hasher", State.FINE, "pdq, md5, sha1, sha256; none plugged in")


def _examine_store(store: str) -> Iterator[Check]:
    try:
        path = files_of(store)
    except StoreError as error:
        yield Check("store", State.LACKING, str(error), error.hint)
        return
    existing = next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())
    free_bytes = shutil.disk_usage(existing).free
    has_room = free_bytes >= _FREE_BYTES_MIN
    try:
        with open_to_read(store) as opened:
            said = f"{opened.name}: {len(list_lists(opened))} lists"
    except StoreError as error:
        is_new = not path.exists() or not any(path.iterdir())
        said = f"{path}: not there yet; `unseen list add` makes it" if is_new else str(error)
        if not is_new:
            yield Check("store", State.LACKING, said, error.hint)
            return
    if not os.access(existing, os.W_OK):
        yield Check("store", State.LACKING, f"{said}, {existing} is not writable", "give a place of yours as --store")
    else:
        yield Check("store", State.FINE, f"{said}, {existing} is writable")
    yield Check(
        "disk",
        State.FINE if has_room else State.LACKING,
        f"{free_bytes / (1 << 30):,.1f} GiB free at {existing}",
        "" if has_room else "make room: a scan that cannot keep what it found stops",
    )


def _examine_extras() -> Iterator[Check]:
    for extra, (distribution, purpose) in _EXTRAS.items():
        try:
            yield Check("extra", State.FINE, f"[{extra}] {distribution} {version(distribution)}: {purpose}")
        except PackageNotFoundError:
            yield Check("extra", State.LACKING, f"[{extra}] is missing: {purpose}", f"pip install 'unseen[{extra}]'")
