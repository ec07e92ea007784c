"""What came to be known after a filing was decided on. By the ledger's order: clocks jump."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from unseen.store.engine import Store
from unseen.store.schema import filing_decisions, lists, verdicts

__all__ = ["Since", "known_since"]

_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Since:
    """What is newer than all that was decided about a filing.

    Attributes:
        judged: Findings that have a newer verdict.
        lists: Names of lists that have changed.
    """

    judged: frozenset[str]
    lists: frozenset[str]


def known_since(store: Store, filing_id: int, ids: Sequence[str]) -> Since:
    """Say what is newer than the decision on a filing and whatever a person decided about it later.

    Args:
        store: The store.
        filing_id: Number of the filing.
        ids: Of its findings.
    """
    turned = select(func.max(filing_decisions.c.id)).where(filing_decisions.c.filing_id == filing_id)
    with store.read() as connection:
        decided = max(filing_id, connection.execute(turned).scalar() or 0)
        judged: set[str] = set()
        for at in range(0, len(ids), _IDS_AT_ONCE):
            some = verdicts.c.finding_id.in_(ids[at : at + _IDS_AT_ONCE]), verdicts.c.id > decided
            judged.update(connection.scalars(select(verdicts.c.finding_id).where(*some)))
        changed = connection.scalars(select(lists.c.name).where(lists.c.version > decided))
        return Since(frozenset(judged), frozenset(changed))
