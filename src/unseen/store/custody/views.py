"""Which files a person has viewed, whole. Nothing else says so: no verdict, no other copy of the same content."""

from collections.abc import Collection

from sqlalchemy import and_, select

from unseen.model import CustodyKind
from unseen.store.engine import Store
from unseen.store.schema import custody_acts

__all__ = ["viewed"]

_IDS_AT_ONCE = 500


def viewed(store: Store, findings: Collection[str]) -> frozenset[str]:
    """Of these findings, those whose file a named person has viewed whole.

    That is so only where a view was announced for this very finding, and whoever had announced it recorded afterwards
    that they saw all of it, and has not said otherwise since. A finding is one content at one place: a view of the same
    content elsewhere, or of other content that lay here, is a view of another file.

    Args:
        store: The store.
        findings: Ids, in full.
    """
    announced, done = custody_acts.alias(), custody_acts.alias()
    views = (
        select(done.c.answers, done.c.finding_id, done.c.extent)
        .join_from(done, announced, and_(announced.c.id == done.c.answers, announced.c.finding_id == done.c.finding_id))
        .where(done.c.kind == CustodyKind.VIEWED.value, announced.c.kind == CustodyKind.VIEW_ANNOUNCED.value)
        .where(announced.c.id < done.c.id)
    )
    extents: dict[tuple[str, int], set[str]] = {}
    ids = sorted(set(findings))
    with store.read() as connection:
        for at in range(0, len(ids), _IDS_AT_ONCE):
            for row in connection.execute(views.where(done.c.finding_id.in_(ids[at : at + _IDS_AT_ONCE]))):
                extents.setdefault((row.finding_id, row.answers), set()).add(row.extent)
    return frozenset(finding for (finding, _), said in extents.items() if said == {"whole"})
