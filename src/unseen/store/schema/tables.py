"""The tables. SQL is the truth; every search index is a cache that can be built again from here.

Rows that the ledger speaks of carry the number of their entry: as `id`, or as `ledger_n` where several rows make one
record. Their `salt` and their values open the commitment in that entry; deleting the row closes it for good.
"""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

__all__ = [
    "case_events",
    "entries",
    "entry_decisions",
    "finding_matches",
    "findings",
    "items",
    "ledger",
    "list_policies",
    "list_sources",
    "lists",
    "metadata",
    "not_screened",
    "object_versions",
    "openings",
    "opinions",
    "runs",
    "scans",
    "staged",
    "syncs",
    "verdict_matches",
    "verdicts",
]

metadata = MetaData()

ledger = Table(
    "ledger",
    metadata,
    # Counted from 0 without a gap, in the order of the tree.
    Column("n", Integer, primary_key=True),
    # Canonical JSON, byte for byte what the tree is made of.
    Column("entry", LargeBinary, nullable=False),
)

# What entries commit to that has no table of its own.
openings = Table(
    "openings",
    metadata,
    Column("n", ForeignKey("ledger.n"), primary_key=True),
    Column("salt", LargeBinary(16), nullable=False),
    # The very text that was committed to: canonical JSON.
    Column("value", Text, nullable=False),
)

lists = Table(
    "lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("list_class", Text, nullable=False),
    Column("format", Text, nullable=False),
    # Where it came from and what exactly was read: the path as given, and the SHA-256 of its bytes.
    Column("origin", Text, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("added_at_utc", Text, nullable=False),
    Column("entry_count", Integer, nullable=False),
    # Over the rows that it was first taken in with: see unseen.store.ledger.rows.
    Column("entries_sha256", LargeBinary(32), nullable=False),
    # Number of the newest entry of the ledger that changed it. `sha256` and `entry_count` are as of then.
    Column("version", Integer, nullable=False),
)

# Rows are added, and withdrawn once, and never altered otherwise: whoever asks what a list said when it was searched is
# answered from those that stood then.
entries = Table(
    "entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
    Column("entry", Text, nullable=False),
    Column("signal", Text, nullable=False),
    Column("value", LargeBinary, nullable=False),
    # JSON array of [scheme, code] pairs, or NULL: most lists label nothing, and nothing joins on labels yet.
    Column("labels", Text),
    # NULL where the list came as a file; of a service that does not name whoever published the entry, empty.
    Column("publisher", Text),
    # When its publisher last changed it, as the service says.
    Column("published_at", Text),
    # Numbers of the entries of the ledger that added it and that withdrew it; NULL while it stands.
    Column("added_n", Integer, nullable=False),
    Column("withdrawn_n", Integer),
    Index("entries_by_list", "list_id", "signal"),
    # Lists that come as files are not looked up by it, and should not pay for it.
    Index(
        "entries_by_publisher",
        "list_id",
        "entry",
        "publisher",
        sqlite_where=text("publisher IS NOT NULL"),
        postgresql_where=text("publisher IS NOT NULL"),
    ),
    Index(
        "entries_withdrawn",
        "list_id",
        "entry",
        "withdrawn_n",
        sqlite_where=text("withdrawn_n IS NOT NULL"),
        postgresql_where=text("withdrawn_n IS NOT NULL"),
    ),
)

# What members of a service say of an entry; added and withdrawn like entries.
opinions = Table(
    "opinions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", ForeignKey("lists.id", ondelete="CASCADE"), nullable=False),
    Column("entry", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("stance", Text, nullable=False),
    # NULL for the entry as a whole.
    Column("signal", Text),
    # JSON array of texts, or NULL.
    Column("reasons", Text),
    Column("added_n", Integer, nullable=False),
    Column("withdrawn_n", Integer),
    Index("opinions_by_entry", "list_id", "entry", "publisher"),
)

# What was decided here about an entry of a list: the newest counts. Kept when the list is gone.
entry_decisions = Table(
    "entry_decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", Integer, nullable=False),
    Column("entry", Text, nullable=False),
    Column("decision", Text, nullable=False),
    # Name of a person, or NULL where a measurement decided by itself.
    Column("decided_by", Text),
    Column("reason", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Index("decisions_by_entry", "list_id", "entry"),
)

# Where lists are fetched from: the newest of each list counts, and one without an exchange says that it no longer is.
list_sources = Table(
    "list_sources",
    metadata,
    # Number of its entry in the ledger.
    Column("id", Integer, primary_key=True),
    # By name: the list may not exist yet.
    Column("list", Text, nullable=False),
    Column("exchange", Text),
    # JSON, for whoever speaks with that exchange; a path to credentials at most, never these.
    Column("settings", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Index("sources_by_list", "list"),
)

# How far the answers of a service have been kept. Working notes: nothing here counts before it is applied.
syncs = Table(
    "syncs",
    metadata,
    # By name: the list may not exist yet.
    Column("list", Text, primary_key=True),
    Column("checkpoint", Text, nullable=False),
    # Whether what is staged is a complete copy, and whether the service had no more.
    Column("begins_anew", Integer, nullable=False),
    Column("is_complete", Integer, nullable=False),
)

# Pages of a service that are kept and not yet applied, one row for each change.
staged = Table(
    "staged",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list", ForeignKey("syncs.list", ondelete="CASCADE"), nullable=False, index=True),
    Column("entry", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("published_at", Text),
    # JSON, see unseen.store.changing.staging; NULL where the entry was withdrawn, text for why it was refused.
    Column("content", Text),
    Column("is_refused", Integer, nullable=False),
)

# How matches of a list are weighed, by the name of the list: a policy outlives the entries that it was made for. Rows
# are added and never changed: the newest of a name counts. Who set it, and why, stands in `openings`.
list_policies = Table(
    "list_policies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list", Text, nullable=False),
    # JSON, as unseen.model.ListPolicy writes itself.
    Column("policy", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
)

scans = Table(
    "scans",
    metadata,
    Column("id", Integer, primary_key=True),
    # SHA-256 over sources, list digests and settings: an unfinished scan with the same key is resumed.
    Column("key", LargeBinary(32), nullable=False),
    Column("settings", Text, nullable=False),
    Column("started_at_utc", Text, nullable=False),
    Column("finished_at_utc", Text),
    Column("seconds", Text, nullable=False, server_default="0"),
    Column("summary", Text),
    # For how many days from its beginning the hashes of items that matched nothing are kept; 0 for not at all, NULL
    # for as long as the exhibit. See unseen.model.Retention.
    Column("keep_days", Integer),
    # When they must be gone: NULL where there is no date, and once they are.
    Column("hashes_due_utc", Text),
    # 1 for a recheck: its items are those that came to match, copied with their hashes.
    Column("is_recheck", Integer, nullable=False, server_default="0"),
    Index("scans_by_key", "key"),
)

# A scan that was interrupted has several.
runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scan_id", ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
    # JSON: who ran it, where, with what.
    Column("conditions", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scan_id", ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
    # Text of the locator in UTF-8 with surrogateescape: names on disk are bytes, and SQL text cannot hold them all.
    # Of what lies in a container, a zero byte and the names of its layers follow.
    Column("locator", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("size_bytes", Integer),
    Column("sha256", LargeBinary(32)),
    Column("sha1", LargeBinary(20)),
    Column("md5", LargeBinary(16)),
    Column("pdq", LargeBinary(32)),
    Column("pdq_quality", Integer),
    # Packed variants, or frames of a video, so that a later recheck needs no pixel: see unseen.store.variants.
    Column("variants", LargeBinary),
    Column("salt", LargeBinary(16), nullable=False),
    # JSON object: in hexadecimal, what hashers of a licensee made, by signal; or NULL.
    Column("plugged_in", Text),
    # Of an item that matched nothing: the salt of its hashes, which goes with them, and what the entry commits to of
    # them, which stays. NEVER_KEPT where they were not written; both NULL where the entry holds them as it holds all.
    Column("hash_salt", LargeBinary(16)),
    Column("hashes_sha256", LargeBinary(32)),
    # Of an item with a finding: packed hashes of what was placed anew in it, with their confidences, so that what was
    # decided by them can be decided again; or NULL. See unseen.store.variants.
    Column("altered", LargeBinary),
    UniqueConstraint("scan_id", "locator", name="one_row_per_item_and_scan"),
    # Each recheck counts them.
    Index(
        "items_without_hashes",
        "scan_id",
        "hashes_sha256",
        sqlite_where=text("hashes_sha256 IS NOT NULL AND hash_salt IS NULL"),
        postgresql_where=text("hashes_sha256 IS NOT NULL AND hash_salt IS NULL"),
    ),
)

not_screened = Table(
    "not_screened",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("item_id", ForeignKey("items.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("reason", Text, nullable=False),
)

# Which content of an object in a bucket an unfinished scan has taken in hand: digests of locator and ETag, so that
# nothing is here that one day would have to be erased. Gone when the scan ends.
object_versions = Table(
    "object_versions",
    metadata,
    Column("scan_id", ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
    Column("locator", LargeBinary(16), primary_key=True),
    Column("version", LargeBinary(16), nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("id", Text, primary_key=True),
    Column("locator", LargeBinary, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("state", Text, nullable=False),
    # JSON: when it was touched, in nanoseconds since 1970, as its source said when it was first seen; or NULL.
    Column("times", Text),
    Column("first_seen_at_utc", Text, nullable=False),
    UniqueConstraint("locator", "sha256", name="one_finding_per_item"),
)

finding_matches = Table(
    "finding_matches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("finding_id", ForeignKey("findings.id", ondelete="CASCADE"), nullable=False),
    Column("scan_id", ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
    Column("list", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("signal", Text, nullable=False),
    Column("distance_bits", Integer, nullable=False),
    Column("how", Text),
    # One entry for all matches of a finding in a scan; all carry its salt.
    Column("ledger_n", Integer, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    # What the match stands on beside the others of its item, or NULL; and what was known of the entry: who published
    # it, and a JSON array of marks, NULL for none.
    Column("ground", Text),
    Column("publisher", Text),
    Column("marks", Text),
    Index("matches_by_scan", "scan_id", "finding_id"),
    Index("matches_by_finding", "finding_id"),
    Index("matches_by_entry", "list", "entry"),
)

# Rows are added and never changed: the newest of a finding counts.
verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Integer, primary_key=True),
    # Not deleted with its finding: what a person decided cannot go by the way.
    Column("finding_id", ForeignKey("findings.id"), nullable=False),
    Column("decision", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("salt", LargeBinary(16), nullable=False),
    Index("verdicts_by_finding", "finding_id"),
)

# The matches on record when a verdict was given. A copy, because rows of matches may be erased and their numbers be
# given again: a verdict must never come to cover a match that nobody had seen.
verdict_matches = Table(
    "verdict_matches",
    metadata,
    Column("verdict_id", ForeignKey("verdicts.id", ondelete="CASCADE"), primary_key=True),
    Column("list", Text, primary_key=True),
    Column("entry", Text, primary_key=True),
    Column("signal", Text, primary_key=True),
    Column("distance_bits", Integer, primary_key=True),
)

# What happened to cases: rows are added and never changed, and where a case stands follows from them. No column holds a
# number about a person or a case but identifiers and moments: there is nothing to sort people by.
case_events = Table(
    "case_events",
    metadata,
    Column("id", Integer, primary_key=True),
    # The event that opened the case; its own number, in that one.
    Column("case_id", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at_utc", Text, nullable=False),
    Column("subject_kind", Text),
    Column("subject", Text),
    Column("finding_id", ForeignKey("findings.id")),
    # JSON: what is known of how the item of the finding came.
    Column("facts", Text),
    # Named persons, as given.
    Column("done_by", Text),
    Column("offered_to", Text),
    Column("text", Text),
    Column("due_at_utc", Text),
    Column("outcome", Text),
    Column("salt", LargeBinary(16), nullable=False),
    # Of what was forwarded: the number of the last entry of which it may speak. What came later has not left.
    Column("answers", Integer),
    Index("events_by_case", "case_id"),
    Index("events_by_finding", "finding_id"),
    Index(
        "cases_by_subject",
        "subject_kind",
        "subject",
        sqlite_where=text("subject IS NOT NULL"),
        postgresql_where=text("subject IS NOT NULL"),
    ),
)
