"""Locked workers in which pixels live and die: no files, no network, no screen; hashes come out."""

from unseen.darkroom.altering.catalogue import CATALOGUE, UNALTERED, Alteration
from unseen.darkroom.develop import develop, develop_descriptor, hash_file
from unseen.darkroom.lending.lender import LendingDarkroom
from unseen.darkroom.lock import Sandbox
from unseen.darkroom.pool import Darkroom
from unseen.darkroom.reading.job import Choose

__all__ = [
    "CATALOGUE",
    "UNALTERED",
    "Alteration",
    "Choose",
    "Darkroom",
    "LendingDarkroom",
    "Sandbox",
    "develop",
    "develop_descriptor",
    "hash_file",
]
