"""Find known child sexual abuse material without anyone looking.

Everything here is imported when it is first used: `import unseen` costs nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from unseen.darkroom import hash_file
    from unseen.hashing.pdq import pdq, pdq_dihedral
    from unseen.matching import Index

__all__ = ["Index", "hash_file", "pdq", "pdq_dihedral"]

_HOMES = {
    "Index": "unseen.matching",
    "hash_file": "unseen.darkroom",
    "pdq": "unseen.hashing",
    "pdq_dihedral": "unseen.hashing",
}


def __getattr__(name: str) -> object:
    """Import what is asked for from the room it lives in."""
    if name not in _HOMES:
        raise AttributeError(f"module 'unseen' has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__() -> list[str]:
    """The names that are offered."""
    return __all__
