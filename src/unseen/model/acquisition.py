"""Whether the medium in an image is still the one whose digests its acquisition stored."""

from dataclasses import dataclass
from enum import StrEnum

from unseen.model.items import Locator

__all__ = ["Acquired", "Acquisition", "Comparison"]


class Comparison(StrEnum):
    """What came of one stored digest. Closed."""

    # All bytes of the medium were read, and have this digest.
    VERIFIED = "verified"
    # All were read, and have another one.
    MISMATCH = "mismatch"
    # The acquisition stored none.
    ABSENT = "absent"
    # One is stored, and not all bytes of the medium can be read.
    UNREAD = "unread"


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """What came of the digests that an image stores of its medium."""

    md5: Comparison
    sha1: Comparison


@dataclass(frozen=True, slots=True)
class Acquired:
    """An image of a medium, and whether it holds what was acquired."""

    locator: Locator
    acquisition: Acquisition
