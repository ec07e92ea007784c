"""A store with findings by a list of NCMEC's, and the service on a port of this machine."""

from pathlib import Path

from tests.unit.exchanges.fake_ncmec import FakeNcmec
from tests.unit.exchanges.servers import Server
from tests.unit.found import found

from unseen.casework.proof.recording import open_recorded
from unseen.casework.syncing import follow_list
from unseen.model import Decision, Ground, How, Match
from unseen.store import record_verdicts

__all__ = ["GUID", "NOW", "decide", "furnish", "put_of"]

NOW = "2026-11-23T12:00:00Z"
GUID = "01234567-0000"
NEAR = How(orientation="original", convention="full")


def furnish(folder: Path, server: Server, *, count: int = 1) -> tuple[str, list[str]]:
    """Make the store; gives its path, and the ids of its findings, each by MD5 and, near, by PDQ of another entry."""
    secret = folder / "secret"
    secret.write_text("tester:benign-password\n")
    secret.chmod(0o600)
    store = str(folder / "store")
    settings = {"base": server.address}
    follow_list(store, "known", "ncmec", settings=settings, credentials=str(secret), list_class="csam")
    matches = {
        f"item {n}": (
            Match("known", f"42-entry{n}", "md5", 0, None, ground=Ground.WEAK_DIGEST),
            Match("known", f"42-other{n}", "pdq", 20, NEAR, ground=Ground.NEAR),
            Match("known", f"42-far{n}", "pdq", 31, NEAR, ground=Ground.LEAD),
            Match("own", "line 1", "md5", 0, None, ground=Ground.WEAK_DIGEST),
        )
        for n in range(count)
    }
    with open_recorded(store) as opened:
        ids = found(opened, matches, number=0, at_utc=NOW)
    return store, ids


def decide(store: str, ids: list[str], decision: Decision) -> None:
    """Record what somebody decided."""
    with open_recorded(store) as opened:
        record_verdicts(opened, ids, decision, by="D. Okafor", reason="compared", at_utc=NOW)


def put_of(fake: FakeNcmec) -> dict[str, str]:
    """By entry and signal, what the service was told last: `affirmative` or `negative`."""
    return {
        "/".join(path.split("/")[4:6]): "affirmative" if "affirmative" in body else "negative"
        for path, body in fake.given.items()
    }
