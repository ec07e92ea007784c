"""What a match stands on, and the policy by which a custodian weighs it: said of evidence, never of a person."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

from unseen.errors import ThresholdError, UsageError
from unseen.model.entries import ListClass

__all__ = ["NEAR_BITS_MAX", "Ground", "ListPolicy", "Mark", "Second", "Terms", "Weight"]

# The bound at which the field works (docs/explanation/corroboration.md). What lies beyond is shown, as a lead: a wider
# bound would let nothing more be found, and more be called near.
NEAR_BITS_MAX = 31
_PUBLISHER_CHARS_MAX = 200


class Ground(StrEnum):
    """What a match stands on. Closed, and in order: a finding stands on the first that one of its matches has."""

    # The same bytes: SHA-256, or MD5 and SHA-1 of one entry together.
    EXACT = "exact"
    # Near by a perceptual hash, and a second signal that is independent of it says the same.
    NEAR_CORROBORATED = "near_corroborated"
    # Near only after an alteration was undone, and an independent second signal says the same.
    ALTERED_CORROBORATED = "altered_corroborated"
    # MD5 or SHA-1 alone: whoever makes two files can give them one digest.
    WEAK_DIGEST = "weak_digest"
    # Near by a perceptual hash alone.
    NEAR = "near"
    # Near only after an alteration was undone (a crop, a border, a tilt), by a calibrated bound; nothing else says so.
    ALTERED = "altered"
    # Worth a look, and no more: farther away than near, of a list that nobody reviewed, or of an entry in doubt.
    LEAD = "lead"

    @classmethod
    def first(cls, grounds: Iterable["Ground | None"]) -> "Ground | None":
        """Give the first of these in the order of this list; None where there is none."""
        held = set(grounds)
        return next((ground for ground in cls if ground in held), None)


class Second(StrEnum):
    """What can corroborate a near match. Closed."""

    # A digest of the item is that of an entry.
    DIGEST = "digest"
    # Several different frames of a video come near several different frames of the known one.
    FRAMES = "frames"
    # An entry that somebody else published is matched too.
    PUBLISHER = "publisher"
    # A perceptual hash of another kind matches the same entry.
    HASHER = "hasher"


class Weight(StrEnum):
    """What a kind of match counts as. Closed."""

    FINDING = "finding"
    LEAD = "lead"


class Mark(StrEnum):
    """What must be said beside a match, because of its entry. Closed."""

    # A member of the service says that it is wrong, whoever else says that it is right.
    DISPUTED = "disputed"
    # It matched files that have nothing to do with each other, and no named person has released it yet.
    QUARANTINED = "quarantined"
    # Its publisher took it back, or the hash that matched.
    WITHDRAWN = "withdrawn"
    # It is on a list of what somebody here found to be something else. It hides nothing and excuses nothing.
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPolicy:
    """How matches of one list are weighed; the default is written down in docs/explanation/corroboration.md.

    Attributes:
        near_bits: Largest distance that is near, inclusive, 0 … `NEAR_BITS_MAX`; what lies beyond is a lead. Of
            PDQ and its frames only: other hashes have a measure of their own.
        near: What a near match counts as that nothing corroborates.
        altered: What a match counts as that needed an alteration to be undone, and that nothing corroborates.
        corroborated_by: What may corroborate one.
        disputed: What a match of an entry counts as that members of its service say is wrong.
        publisher: Who published entries that name nobody; None where that is not known.
    """

    near_bits: int = NEAR_BITS_MAX
    near: Weight = Weight.FINDING
    altered: Weight = Weight.FINDING
    corroborated_by: frozenset[Second] = frozenset(Second)
    disputed: Weight = Weight.LEAD
    publisher: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.near_bits <= NEAR_BITS_MAX:
            raise ThresholdError(
                f"{self.near_bits} bits are no near match, at most {NEAR_BITS_MAX} are",
                hint="`unseen scan --threshold-bits` looks further, and shows what it finds there as leads",
            )
        if self.publisher is not None and not 0 < len(self.publisher) <= _PUBLISHER_CHARS_MAX:
            raise UsageError(f"a publisher has 1 to {_PUBLISHER_CHARS_MAX} characters, not {len(self.publisher):,}")

    def to_fields(self) -> dict[str, Any]:
        """Give it as values of JSON, in one way only."""
        ordered = [second.value for second in Second if second in self.corroborated_by]
        weights = {name: getattr(self, name).value for name in ("near", "altered", "disputed")}
        return {**asdict(self), "corroborated_by": ordered, **weights}

    @classmethod
    def of_fields(cls, fields: Mapping[str, Any]) -> Self:
        """Read what `to_fields` gave.

        Raises:
            ValueError: It is something else.
            KeyError: It lacks something.
        """
        return cls(
            near_bits=int(fields["near_bits"]),
            near=Weight(fields["near"]),
            # Older versions looked for no altered copies.
            altered=Weight(fields.get("altered", Weight.FINDING)),
            corroborated_by=frozenset(map(Second, fields["corroborated_by"])),
            disputed=Weight(fields["disputed"]),
            publisher=fields["publisher"],
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """All that is known of a list when its matches are weighed.

    Attributes:
        list_class: What it is for.
        policy: How its matches are weighed.
        origin: Tells what was read from one file or service from everything else, where nobody says who published it;
            empty for the name of the list.
    """

    list_class: ListClass
    policy: ListPolicy = field(default_factory=ListPolicy)
    origin: str = ""
