"""Policies of lists in the store: one row for each time that somebody set one. The newest of a name counts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, insert, select

from unseen.model import ListPolicy
from unseen.store.engine import Store
from unseen.store.ledger.entries import record
from unseen.store.lists import find_list
from unseen.store.schema import list_policies, openings

__all__ = ["SetPolicy", "policy_history", "read_policies", "set_policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPolicy:
    """One policy as it was set.

    Attributes:
        record: Number of its entry in the ledger.
        by: Who set it; None where that was erased. So `reason`.
        at_utc: When, in ISO 8601.
    """

    record: int
    policy: ListPolicy
    by: str | None
    reason: str | None
    at_utc: str


def set_policy(store: Store, name: str, policy: ListPolicy, *, by: str, reason: str, at_utc: str) -> int:
    """Set how matches of a list are weighed from now on; what was weighed before stays as it is.

    Returns:
        Number of the entry in the ledger that states it.

    Raises:
        ListError: There is no such list.
        StoreError: The store cannot be written.
    """
    with record(store, at_utc=at_utc) as page:
        find_list(page.connection, name)
        fields = policy.to_fields()
        number = page.add("list_policy", {"list": name, "policy": fields}, hidden={"by": by, "reason": reason})
        row = {"id": number, "list": name, "policy": json.dumps(fields), "at_utc": at_utc}
        page.connection.execute(insert(list_policies).values(row))
    return number


def read_policies(store: Store) -> Mapping[str, tuple[int, ListPolicy]]:
    """By the name of the list, the policy that counts and the number of the entry in the ledger that states it."""
    newest = select(func.max(list_policies.c.id)).group_by(list_policies.c.list)
    with store.read() as connection:
        rows = connection.execute(select(list_policies).where(list_policies.c.id.in_(newest))).mappings().all()
    return {row["list"]: (row["id"], ListPolicy.of_fields(json.loads(row["policy"]))) for row in rows}


def policy_history(store: Store, name: str) -> list[SetPolicy]:
    """Every policy that was set for a list, oldest first; none where the default has always held.

    Raises:
        ListError: There is no such list.
    """
    query = (
        select(list_policies, openings.c.value)
        .join(openings, openings.c.n == list_policies.c.id, isouter=True)
        .where(list_policies.c.list == name)
        .order_by(list_policies.c.id)
    )
    with store.read() as connection:
        find_list(connection, name)
        rows = connection.execute(query).mappings().all()
    history = []
    for row in rows:
        said = {} if row["value"] is None else json.loads(row["value"])
        policy = ListPolicy.of_fields(json.loads(row["policy"]))
        by, reason = said.get("by"), said.get("reason")
        history.append(SetPolicy(record=row["id"], policy=policy, by=by, reason=reason, at_utc=row["at_utc"]))
    return history
