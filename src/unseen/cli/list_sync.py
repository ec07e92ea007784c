"""`unseen list follow`, `sources`, `sync`: lists that are fetched from services."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unseen.cli import voice
from unseen.cli.options import DEFAULT_STORE, Json, Store

if TYPE_CHECKING:
    from unseen.casework.syncing import Followed, Synced
    from unseen.model import ListChange

__all__ = ["follow", "sources", "sync"]

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the list.")]
Base = Annotated[
    str | None,
    typer.Option(
        "--base",
        metavar="BASE",
        help="Which list of NCMEC: industry, industry-exploitative, law-enforcement, npo, npo-exploitative,"
        " generative-ai, generative-ai-exploitative, any of them behind test-, or an https address. Of ThreatExchange"
        " the address of a version of Meta's service.",
    ),
]
Credentials = Annotated[
    str | None,
    typer.Option(
        "--credentials",
        metavar="FILE",
        help="What proves who asks, in a file of mode 0600: user:password for NCMEC, APP|SECRET for ThreatExchange."
        " Default: UNSEEN_NCMEC_CREDENTIALS, UNSEEN_THREATEXCHANGE_CREDENTIALS.",
    ),
]
Group = Annotated[
    str | None, typer.Option("--group", metavar="ID", help="Number of a privacy group of ThreatExchange.")
]
Members = Annotated[
    list[str] | None,
    typer.Option("--member", metavar="ID", help="Take entries of this member only; may be repeated."),
]
Without = Annotated[
    list[str] | None,
    typer.Option("--without-member", metavar="ID", help="Leave out entries of this member; may be repeated."),
]
# As many as fit on a screen; the JSON holds more.
_REFUSED_SHOWN_MAX = 20


def follow(
    name: Name,
    *,
    exchange: Annotated[
        str, typer.Option("--from", metavar="SERVICE", help="Kind of service: ncmec or threatexchange.")
    ],
    base: Base = None,
    group: Group = None,
    credentials: Credentials = None,
    list_class: Annotated[
        Literal["csam", "user_reported"] | None,
        typer.Option("--class", help="What the list is for. Default: what the service says of it."),
    ] = None,
    members: Members = None,
    without: Without = None,
    large: Annotated[
        bool, typer.Option("--large", help="Fetch large hashes too, which nothing here can search.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Change where a list comes from.")] = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Say from which service a list is fetched; `unseen list sync` fetches it.

    Example: unseen list follow ncmec --from ncmec --base npo --credentials ncmec.secret
    """
    from unseen.casework.syncing import follow_list

    followed = follow_list(
        store,
        name,
        exchange,
        settings={"base": base, "group": group, "only": members or [], "without": without or [], "large": large},
        credentials=credentials,
        list_class=list_class,
        replace=replace,
        note=voice.note,
    )
    voice.show(_source_row(followed), _source_lines(followed), json=json)
    return 0


def sources(*, store: Store = DEFAULT_STORE, json: Json = False) -> int:
    """Name the lists that are fetched from services.

    Example: unseen list sources
    """
    from unseen.casework.syncing import followed_lists

    for followed in followed_lists(store):
        voice.show(_source_row(followed), _source_lines(followed), json=json)
    return 0


def sync(
    name: Name,
    *,
    accept: Annotated[
        bool, typer.Option("--accept", help="Apply a change that waits for a person; needs --by and --reason.")
    ] = False,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who accepts it.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", metavar="TEXT", help="Why.")] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="Read the whole list again; what is in it no more is withdrawn.")
    ] = False,
    store: Store = DEFAULT_STORE,
    json: Json = False,
) -> int:
    """Fetch what changed in a list, and apply all of it or nothing.

    A sync that was interrupted goes on where it ended. A list that shrinks or grows tenfold waits for a named person.

    Example: unseen list sync ncmec
    """
    from unseen.casework.syncing import accepted, sync_list
    from unseen.cli import lives

    acceptance = accepted(by=by, reason=reason, is_asked=accept)
    synced = sync_list(store, name, acceptance=acceptance, anew=anew, note=voice.note)
    for refused in synced.change.refusals[:_REFUSED_SHOWN_MAX]:
        voice.note(f"refused {refused.position}: {refused.why}")
    voice.show(_synced_row(synced), lives.change_lines(synced.change), json=json)
    if synced.change.waiting is not None:
        voice.warn(
            f"nothing was changed: list {name} {_waiting_words(synced.change)}",
            f"ask the owner of the list; if it is so, `unseen list sync {name} --accept --by NAME --reason TEXT`",
        )
        return voice.FOUND
    return voice.NOT_ALL_SCREENED if synced.change.refused else 0


def _source_row(followed: "Followed") -> dict[str, object]:
    """A row of `unseen list follow --json` and of `unseen list sources --json`."""
    return {
        "list": followed.list,
        "from": followed.exchange.name,
        "origin": followed.plan.origin,
        "class": followed.plan.list_class,
        "settings": dict(followed.settings),
        "credentials": None if followed.credentials is None else str(followed.credentials),
        "since_utc": followed.at_utc,
    }


def _synced_row(synced: "Synced") -> dict[str, object]:
    """The row of `unseen list sync --json`."""
    from unseen.cli import lives

    return {
        "from": synced.exchange,
        "origin": synced.origin,
        "pages": synced.pages,
        **lives.change_row(synced.change),
    }


def _source_lines(followed: "Followed") -> list[str]:
    """Where a list is fetched from, as what, and what proves who asks; never that itself."""
    proof = followed.exchange.variable if followed.credentials is None else str(followed.credentials)
    return [
        f"list {followed.list} comes from {followed.exchange.name}, class {followed.plan.list_class}",
        f"  at {voice.printable(followed.plan.origin)}",
        f"  credentials: {voice.printable(proof)}",
    ]


def _waiting_words(change: "ListChange") -> str:
    """Why a change waits."""
    verb = "shrinks" if change.entries_after < change.entries_before else "grows"
    return f"{verb} tenfold, from {change.entries_before:,} hashes to {change.entries_after:,}"
