"""From a case to a filed report: what it says, on whose decision it goes, and what came of it."""

from unseen.casework.filing.additions import NO_ADDITIONS, Additions, read_additions
from unseen.casework.filing.batching import Spread, compose_batched
from unseen.casework.filing.composing import compose
from unseen.casework.filing.gathering import read_material
from unseen.casework.filing.missing import Missing, find_missing
from unseen.casework.filing.settings import Environment, FilingSettings, read_settings
from unseen.casework.filing.values import CaseMaterial, Composed, ComposedFile, FoundFile, LeftOut

__all__ = [
    "NO_ADDITIONS",
    "Additions",
    "CaseMaterial",
    "Composed",
    "ComposedFile",
    "Environment",
    "FilingSettings",
    "FoundFile",
    "LeftOut",
    "Missing",
    "Spread",
    "compose",
    "compose_batched",
    "find_missing",
    "read_additions",
    "read_material",
    "read_settings",
]
