"""Error rates as they were measured on benign files: made by casework, rendered here. No list value is in them."""

from collections.abc import Mapping
from dataclasses import dataclass

from unseen.model import Altered, Locator, Match

__all__ = [
    "AuditedList",
    "BenignMatch",
    "CrowdedEntry",
    "Proportion",
    "RecallAudit",
    "RecallRow",
    "ThresholdAudit",
    "ThresholdRow",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """So many of so many, with exact (Clopper-Pearson) bounds of the proportion behind it.

    Attributes:
        upper_95: One-sided: a bound below which the true proportion lies in 95 of 100 such counts; about 3/n for none.
        low_95: Lower end of the two-sided interval of 95 %.
        high_95: Upper end of the two-sided interval of 95 %.
    """

    matched: int
    of: int
    upper_95: float
    low_95: float
    high_95: float

    @property
    def rate(self) -> float | None:
        """Those that matched, divided by all; None where there was nothing to count."""
        return self.matched / self.of if self.of else None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedList:
    """A list as it was when it was audited.

    Attributes:
        sha256: Digest of the file that it was read from, in hexadecimal.
        version: Number of the record of its newest change; None for a file.
        entries: Number of entries of each signal.
        searchable: Which of these signals were searched.
    """

    name: str
    list_class: str
    sha256: str
    version: int | None
    entries: Mapping[str, int]
    searchable: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdRow:
    """How many benign files, and how many clusters of them, matched within one threshold.

    Attributes:
        threshold_bits: Inclusive.
        files: Files that matched, of all that were compared.
        clusters: Clusters of near-duplicates of which at least one file matched, of all clusters.
    """

    threshold_bits: int
    files: Proportion
    clusters: Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class BenignMatch:
    """A benign file that matched within the threshold in use, or by a digest.

    Attributes:
        cluster: Number of its cluster among those that matched, from 1; None for a file that matched by a digest.
    """

    locator: Locator
    matches: tuple[Match, ...]
    cluster: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdedEntry:
    """An entry that came near several unrelated benign files at the threshold in use.

    Attributes:
        list: Name of its list.
        entry: The list's own identifier. Never its value.
        signal: Name of its signal.
        clusters: Different clusters that it came near.
        files: Files in these that it came near.
        state: `quarantined` where it was set aside; `released` where a named person had released it before, which
            stands; `candidate` where nothing could be written.
    """

    list: str
    entry: str
    signal: str
    clusters: int
    files: int
    state: str = "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdAudit:
    """The false-match rate of one custodian's benign files against one version of the lists.

    Attributes:
        audited_at_utc: When, in ISO 8601.
        version: Of the program.
        sources: As given.
        index_sha256: Digest of the generation of the index that was searched; None where all lists lay in memory.
        threshold_bits: The threshold in use.
        cluster_bits: Files are near-duplicates where a PDQ of one, in any orientation, lies within so many bits of the
            other's.
        crowd_clusters: From so many clusters on, an entry is set aside.
        quarantined: Entries of these lists that were quarantined when the audit began: their matches count nowhere.
        volume: Files a day of which the custodian asked; None for none.
        items: All that the source offered.
        by_digest: Files that matched by a digest: no benign files, or wrong entries. Counted nowhere else.
        largest_cluster: Files in the largest cluster.
        digest_only: Items without a PDQ that could be compared, by reason.
        not_screened: Items that could not be screened, or only in part, by reason.
        rows: One for each threshold, from 0 to the largest radius.
    """

    audited_at_utc: str
    version: str
    sources: tuple[str, ...]
    lists: tuple[AuditedList, ...]
    index_sha256: str | None
    threshold_bits: int
    cluster_bits: int
    crowd_clusters: int
    volume: int | None
    quarantined: int
    items: int
    by_digest: int
    largest_cluster: int
    digest_only: Mapping[str, int]
    not_screened: Mapping[str, int]
    rows: tuple[ThresholdRow, ...]
    matches: tuple[BenignMatch, ...]
    crowded: tuple[CrowdedEntry, ...]

    @property
    def in_use(self) -> ThresholdRow:
        """The row of the threshold in use."""
        return self.rows[self.threshold_bits]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRow:
    """What became of one alteration of all pictures.

    Attributes:
        kind: Of alteration: `jpeg`, `crop` and so on.
        strength: In words: `quality 50`, `5 % of each side`.
        pictures: How many were altered so, and hashed.
        low_quality: Of these, how many are too flat afterwards to be matched at any threshold.
        failed: Pictures of which this alteration could not be made or hashed; not among `pictures`.
        found: For each of the thresholds, how many of `pictures` lie within it of their original.
        altered: How many of `pictures` a scan finds that looks for altered copies: within its threshold as they lie, or
            by undoing what was done to them. None where these were not looked for.
    """

    kind: str
    strength: str
    pictures: int
    low_quality: int
    failed: int
    found: tuple[Proportion, ...]
    altered: Proportion | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallAudit:
    """Which alterations of one custodian's benign pictures are still found, at several thresholds.

    Attributes:
        audited_at_utc: When, in ISO 8601.
        version: Of the program.
        sources: As given.
        seed: Of what is drawn at random in alterations.
        altered: How far altered copies were looked for.
        thresholds_bits: Those of every row, in order.
        items: All that the source offered.
        pictures: Of these, pictures that were altered.
        low_quality: Pictures that are too flat to stand in a list; not altered.
        not_altered: Everything else, by reason.
        rows: In the order of the catalogue.
    """

    audited_at_utc: str
    version: str
    sources: tuple[str, ...]
    seed: int
    altered: Altered
    thresholds_bits: tuple[int, ...]
    items: int
    pictures: int
    low_quality: int
    not_altered: Mapping[str, int]
    rows: tuple[RecallRow, ...]
