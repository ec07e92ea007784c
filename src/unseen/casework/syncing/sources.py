"""Where a list is fetched from: said once, kept without secrets, recorded in the ledger."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from unseen import store as stores
from unseen.casework.lists import check_name
from unseen.casework.proof.clock import now_utc
from unseen.casework.proof.places import open_to_read
from unseen.casework.proof.recording import open_recorded
from unseen.casework.syncing.exchange import Exchange, Plan, Settings
from unseen.errors import ExchangeError, ListError, UsageError
from unseen.exchanges import Secret, read_secret
from unseen.model import ListClass, other_purpose
from unseen.store import ListSource, Store

__all__ = ["Followed", "credentials_of", "find_exchange", "follow_list", "followed_lists", "read_followed"]

# Paths of what proves who asks; whatever else is kept is for the exchange to read.
_CREDENTIALS = "credentials"
_CLASS = "class"
# As others call such services.
_SHORT = {"tat": "Tech Against Terrorism"}


@dataclass(frozen=True, slots=True)
class Followed:
    """A list that is fetched.

    Attributes:
        list: Its name.
        exchange: Kind of service.
        plan: Class and address.
        settings: What was said of it.
        credentials: File that proves who asks; None where a variable of the environment does.
        at_utc: Since when.
    """

    list: str
    exchange: Exchange
    plan: Plan
    settings: Settings
    credentials: Path | None
    at_utc: str


def find_exchange(name: str) -> Exchange:
    """A kind of service by its name.

    Raises:
        UsageError: There is none, it shares lists for another purpose, or what speaks with it is not installed.
    """
    from unseen.casework.syncing.ncmec import NCMEC
    from unseen.casework.syncing.threatexchange import THREATEXCHANGE

    known = {one.name: one for one in (NCMEC, THREATEXCHANGE)}
    _refuse_other_purpose(_SHORT.get(name.lower(), name))
    if name not in known:
        raise UsageError(f"no service {name[:40]!r} is known", hint=f"one of {', '.join(sorted(known))}")
    if find_spec("httpx") is None or find_spec("lxml") is None:
        raise UsageError(
            "httpx or lxml is not installed, which speak with services", hint="pip install 'unseen[exchange]'"
        )
    return known[name]


def follow_list(
    store: str,
    name: str,
    exchange: str,
    *,
    settings: Settings,
    credentials: str | None = None,
    list_class: str | None = None,
    replace: bool = False,
    note: Callable[[str], None] = lambda _: None,
) -> Followed:
    """Say where a list is fetched from. Nothing is fetched yet.

    Args:
        store: Path of the store; made where there is none.
        name: How the list will be called.
        exchange: Kind of service.
        settings: For that kind, by name.
        credentials: A file that only its owner may read; None for the variable of the environment.
        list_class: `csam` or `user_reported`; None for what the service says of itself.
        replace: Whether what was said before gives way. The next sync then reads the whole list.
        note: Told what a person should know.

    Raises:
        UsageError: An impossible name, service, setting or class.
        ExchangeError: The file of credentials cannot be read, or is open to others.
        ListError: There is such a list already.
        StoreError: The store cannot be written.
    """
    check_name(name)
    found = find_exchange(exchange)
    given = {key: value for key, value in settings.items() if value not in (None, False, (), [])}
    if foreign := sorted(given.keys() - found.options):
        raise UsageError(f"{found.name} knows no setting {foreign[0]!r}")
    for text in (one for one in given.values() if isinstance(one, str)):
        _refuse_other_purpose(text)
    plan = found.plan(given, None if list_class is None else ListClass(list_class))
    path = None if credentials is None else Path(credentials).absolute()
    if path is not None:
        # Found out now, and not at night.
        read_secret(path)
    at_utc = now_utc()
    kept = {**given, _CLASS: plan.list_class.value, _CREDENTIALS: None if path is None else str(path)}
    with open_recorded(store, note=note) as opened:
        _check_free(opened, name, found, plan, replace=replace)
        source = ListSource(list=name, exchange=found.name, settings=json.dumps(kept, sort_keys=True), at_utc=at_utc)
        stores.set_source(opened, source)
    return Followed(name, found, plan, given, path, at_utc)


def followed_lists(store: str) -> list[Followed]:
    """Every list that is fetched, by name.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    with open_to_read(store) as opened:
        return [read_followed(source) for source in stores.read_sources(opened)]


def read_followed(source: ListSource) -> Followed:
    """What was said of a source.

    Raises:
        ListError: Somebody altered it.
        UsageError: This version does not know the service.
    """
    exchange = find_exchange(source.exchange or "")
    try:
        kept = json.loads(source.settings)
        list_class, path = ListClass(kept.pop(_CLASS)), kept.pop(_CREDENTIALS)
    except (ValueError, KeyError, AttributeError):
        raise ListError(f"what is kept of the source of list {source.list!r} cannot be read") from None
    plan = exchange.plan(kept, list_class)
    return Followed(source.list, exchange, plan, kept, None if path is None else Path(path), source.at_utc)


def credentials_of(followed: Followed) -> Secret:
    """What proves who asks for a list: from its file, or from the variable of the environment.

    Raises:
        ExchangeError: There is none, or the file is open to others.
    """
    if followed.credentials is not None:
        return read_secret(followed.credentials)
    variable = followed.exchange.variable
    given = os.environ.get(variable, "").strip()
    if not given:
        raise ExchangeError(
            f"there are no credentials for {followed.plan.origin}",
            hint=f"set {variable}, or give `unseen list follow` a file of them with --credentials and --replace",
        )
    return Secret(given)


def _refuse_other_purpose(text: str) -> None:
    if purpose := other_purpose(text):
        raise UsageError(
            f"{text[:80]} shares lists about {purpose}: unseen does not take them",
            hint="unseen serves no other purpose than finding known child sexual abuse material",
        )


def _check_free(store: Store, name: str, exchange: Exchange, plan: Plan, *, replace: bool) -> None:
    """See whether a name may stand for this list: for what it stands already, it stands for ever."""
    if not replace and stores.read_source(store, name) is not None:
        raise ListError(f"list {name!r} comes from a service already", hint="give --replace to change from which")
    held = next((info for info in stores.list_lists(store) if info.name == name), None)
    if held is None:
        return
    if not replace or held.file_format != exchange.name:
        raise ListError(f"there is a list named {name!r} already", hint=f"`unseen list rm {name}` first")
    if held.list_class is not plan.list_class:
        raise ListError(
            f"list {name!r} is of class {held.list_class}, not {plan.list_class}", hint=f"`unseen list rm {name}` first"
        )
