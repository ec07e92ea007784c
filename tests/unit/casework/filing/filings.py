"""A store with a case whose files lie on disk, settings for both desks, and a desk on a port of this machine."""

import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from tests.unit.stand_ins import hash_content, make_item

from unseen.casework.filing.sending.deciding import decide, turn
from unseen.casework.filing.sending.preparing import Wanted
from unseen.casework.filing.sending.rereading import Kept
from unseen.casework.filing.sending.working import Worked, Working, send
from unseen.casework.proof.recording import open_recorded
from unseen.filing.rehearsal import Desk, Fault, RehearsalServer
from unseen.model import Entry, Facts, Finding, Ground, ListClass, Match, Subject, SubjectKind
from unseen.scan import screen_item
from unseen.sources.layers import MemoryRange
from unseen.store import ListOrigin, ScanSession, Store, add_list, list_cases, record
from unseen.store.cases import gather

__all__ = [
    "CONTENTS",
    "LOGIN",
    "NOW",
    "decide_case",
    "found",
    "furnish",
    "held",
    "only_case",
    "run",
    "settings_for",
    "start",
    "wanted",
    "working",
]

NOW = "2026-11-23T08:00:00Z"
CONTENTS = {"one.jpg": b"a picture of a bridge", "two.jpg": b"a picture of a tree"}
LOGIN = "tester:benign-password"
_TEXT = """
[service]
environment = "{environment}"
credentials = "{credentials}"
[company]
files_are_as_uploaded = true
[[reporter.reportingPerson.email]]
value = "safety@files.example"
[[internetDetails]]
webPageIncident = {{ url = ["https://files.example/"] }}
"""


def furnish(folder: Path, *, cases: int = 1, contents: dict[str, bytes] | None = None, place: str | None = None) -> str:
    """Write files, and a store in which each is a finding by SHA-256, in one case for each account."""
    store, number = place or str(folder / "store"), 0
    with open_recorded(store) as opened:
        for account in range(cases):
            some = CONTENTS if contents is None else contents
            there = folder / "held" / f"account{account}"
            there.mkdir(parents=True, exist_ok=True)
            ids = []
            for name, content in some.items():
                (there / name).write_bytes(content)
                ids.append(found(opened, str(there / name), content, number))
                number += 1
            facts = Facts(subject=Subject(SubjectKind.ACCOUNT, f"47{account}"), uploaded_at_utc="2026-11-22T08:00:00Z")
            with record(opened, at_utc=NOW) as page:
                gather(page, [(one, facts) for one in ids])
        for name, value in (("known", b"k" * 32), ("other", b"o" * 32)):
            origin = ListOrigin(f"/{name}", "text", lambda value=value: value)  # type: ignore[misc]  # its own value
            entries = [Entry(f"{name} entry", "sha256", value)]
            add_list(opened, name, entries, list_class=ListClass.CSAM, origin=origin, at_utc=NOW)
    return store


def found(store: Store, locator: str, content: bytes, number: int) -> str:
    """Record a scan, told apart by its number, that found a file by SHA-256; gives the id of the finding."""
    match = Match("known", "entry", "sha256", 0, None, ground=Ground.EXACT)
    screened = screen_item(make_item(locator, content), hash_content(content), (match,), is_finding=True)
    assert screened.finding is not None
    with ScanSession(store, number.to_bytes(32, "big"), settings="{}", at_utc=NOW) as session:
        session.commit([screened], seconds=0, at_utc=NOW)
        session.finish(entries_searchable=2, entries_not_searchable=0, seconds=0, at_utc=NOW)
    return screened.finding.id


def settings_for(folder: Path, environment: str = "production", *, login: str = LOGIN) -> str:
    """Write settings and credentials for a desk."""
    credentials, path = folder / f"{environment}-credentials", folder / f"{environment}.toml"
    _put(credentials, login)
    _put(path, _TEXT.format(environment=environment, credentials=credentials))
    return str(path)


def _put(path: Path, text: str) -> None:
    """Write a file for its owner, whole at any moment: other threads and processes may be reading it."""
    if not path.exists() or path.read_text() != text:
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).rename(path)


def start(fault: Callable[[int, str], Fault | None] = lambda _number, _path: None) -> RehearsalServer:
    """A desk behind a port, which whoever starts it closes."""
    user, _, password = LOGIN.partition(":")
    return RehearsalServer(Desk(now=time.monotonic), login=(user, password), fault=fault, schema=b"<schema/>")


def held(contents: dict[str, bytes] | None = None) -> Kept:
    """Gives contents by name without any process: reading anew is tested by itself."""
    some = CONTENTS if contents is None else contents

    def keep(finding: Finding) -> nullcontext[MemoryRange]:
        return nullcontext(MemoryRange(some[Path(str(finding.locator)).name]))

    return keep


def wanted(folder: Path, case: int, environment: str = "production") -> Wanted:
    """How a case is to be reported."""
    return Wanted(case=case, settings=settings_for(folder, environment), kept=held())


def working(folder: Path, server: RehearsalServer, environment: str = "production") -> Working:
    """A worker for a desk."""
    return Working(
        settings=settings_for(folder, environment),
        is_production=environment == "production",
        address=server.address,
        kept=held(),
    )


def only_case(store: str) -> int:
    """The number of the first case."""
    with open_recorded(store) as opened:
        return next(iter(list_cases(opened)))[0].case


def decide_case(folder: Path, store: str, case: int | None = None, environment: str = "production") -> int:
    """Decide that a case is reported; gives the number of the filing."""
    number = only_case(store) if case is None else case
    decided = decide(
        store,
        wanted(folder, number, environment),
        by="D. Okafor",
        reason="known material",
        is_production=environment == "production",
    )
    return decided.filing


def run(store: str, how: Working, *, rounds: int = 8) -> list[Worked]:
    """Send until nothing more happens by itself; what waits is let go on, or begun anew where it was taken back."""
    done: list[Worked] = []
    for _ in range(rounds):
        came = list(send(store, replace(how, lease_s=-1)))
        done += came
        if not came:
            return done
        for one in came:
            if one.outcome == "waits":
                anew = "taken back" in one.why or "over" in one.why
                turn(store, one.filing, "anew" if anew else "go_on", by="D. Okafor", reason="looked into")
        _make_due(store)
    raise AssertionError("it never came to rest")


def _make_due(store: str) -> None:
    """What is tried again later is tried at once."""
    from sqlalchemy import update

    from unseen.store.schema import outbox

    with open_recorded(store) as opened, opened.write() as connection:
        connection.execute(update(outbox).values(due_s=0))
