"""`unseen list policy`: show how matches of a list are weighed, or set it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unseen import store as stores
from unseen.casework.given.persons import stated_name, stated_reason
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.errors import UsageError
from unseen.model import ListClass, ListPolicy
from unseen.store import SetPolicy

__all__ = ["ShownPolicy", "set_policy", "show_policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPolicy:
    """The policy of a list.

    Attributes:
        history: Every policy that was set, oldest first; none where the default has always held.
    """

    list: str
    policy: ListPolicy
    history: tuple[SetPolicy, ...]


def show_policy(store: str, name: str) -> ShownPolicy:
    """Say how matches of a list are weighed.

    Raises:
        ListError: There is no such list.
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(store) as opened:
        return _shown(opened, name)


def set_policy(
    store: str, name: str, changes: Mapping[str, Any], *, by: str, reason: str, anew: bool = False
) -> ShownPolicy:
    """Set how matches of a list are weighed from the next scan on; what was found before stays as it was weighed.

    Args:
        store: Path of the store.
        name: Of the list.
        changes: Fields of `ListPolicy` as its `to_fields` gives them; the others stay as they are.
        by: Name of whoever decides.
        reason: Why.
        anew: Whether the others are those of the default policy instead.

    Raises:
        UsageError: The list is not of class csam, or a value, name or reason is none.
        ThresholdError: More bits than can be near.
        ListError: There is no such list.
        StoreError: There is no store, or it cannot be written.
        SigningKeyError: There is no key to sign the ledger with.
        LedgerBrokenError: The store's ledger is not what was signed.
    """
    who, why = stated_name(by), stated_reason(reason)
    if changes.get("publisher") is not None:
        stated_name(changes["publisher"])
    with open_recorded(store, create=False) as opened:
        shown = _shown(opened, name).policy
        before = ListPolicy() if anew else shown
        policy = ListPolicy.of_fields({**before.to_fields(), **changes})
        list_class = next(info.list_class for info in stores.list_lists(opened) if info.name == name)
        if list_class is not ListClass.CSAM:
            raise UsageError(
                f"list {name} is of class {list_class}, which no policy changes",
                hint="matches of a list of class user_reported are leads; those of the other classes accuse nobody",
            )
        stores.set_policy(opened, name, policy, by=who, reason=why, at_utc=now_utc())
        return _shown(opened, name)


def _shown(store: stores.Store, name: str) -> ShownPolicy:
    history = stores.policy_history(store, name)
    policy = history[-1].policy if history else ListPolicy()
    return ShownPolicy(list=name, policy=policy, history=tuple(history))
