"""The desks: two of the CyberTipline, apart in name, address and credentials, and one of our own to rehearse with."""

import os
import random
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from unseen.casework.filing.settings import Environment, FilingSettings, read_settings
from unseen.errors import ExchangeError, UsageError
from unseen.exchanges import Timing
from unseen.exchanges.credentials import Login, Secret, read_secret
from unseen.exchanges.service import Service
from unseen.exchanges.timing import Patience
from unseen.filing.cybertipline.calls import CyberTipline
from unseen.filing.rehearsal import Desk, RehearsalServer

__all__ = [
    "PRODUCTION",
    "REHEARSAL",
    "TEST",
    "Way",
    "named_by",
    "open_desk",
    "open_rehearsal",
    "way_of",
]

# A video of some gigabytes over a slow line; the letter is kept in hand while bytes flow.
_ANSWER_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Way:
    """A desk.

    Attributes:
        channel: Its name in the outbox.
        title: Its name for people.
        address: Where it is.
        variable: Of the environment, which may hold `user:password`.
        is_production: Whether what is filed there reaches officers.
    """

    channel: str
    title: str
    address: str
    variable: str
    is_production: bool


TEST = Way(
    "cybertipline-test",
    "test desk of the CyberTipline",
    "https://exttest.cybertip.org/ispws",
    "UNSEEN_CYBERTIPLINE_TEST",
    is_production=False,
)
PRODUCTION = Way(
    "cybertipline",
    "NCMEC CyberTipline",
    "https://report.cybertip.org/ispws",
    "UNSEEN_CYBERTIPLINE_PRODUCTION",
    is_production=True,
)
# On a port of this machine, and only while something is sent.
REHEARSAL = Way("rehearsal", "rehearsal on this machine", "http://127.0.0.1/ispws", "", is_production=False)
_WAYS = {Environment.TEST: TEST, Environment.PRODUCTION: PRODUCTION, Environment.REHEARSAL: REHEARSAL}


def way_of(settings: FilingSettings, *, is_production: bool) -> Way:
    """The desk that settings name; production only where it is said twice, in the settings and on the command line.

    Raises:
        UsageError: One says so, and the other does not.
    """
    way = _WAYS[settings.service.environment]
    if way.is_production and not is_production:
        raise UsageError(
            "the settings name the production desk of the CyberTipline, and --production was not given",
            hint="what is filed there reaches officers: say --production, or use settings for the test desk",
        )
    if is_production and not way.is_production:
        raise UsageError(
            f"--production was given, and the settings name the {way.title}",
            hint='environment = "production" in the settings, with the credentials for it',
        )
    return way


def named_by(settings: str) -> Way:
    """The desk that settings name, for whatever sends nothing there.

    Args:
        settings: Path of the settings.

    Raises:
        UsageError: They cannot be read.
    """
    return _WAYS[read_settings(settings).service.environment]


@contextmanager
def open_desk(
    settings: FilingSettings, way: Way, *, timing: Timing | None = None, address: str | None = None
) -> Iterator[CyberTipline]:
    """Be ready to call a desk; nothing is sent yet. That of a rehearsal is there for as long, and then has forgotten.

    Args:
        settings: With the credentials for it.
        way: The desk.
        timing: Clock and chance; None for those of this machine.
        address: In place of the desk's own.

    Raises:
        ExchangeError: There are no credentials, or the file is open to others.
    """
    if way is REHEARSAL:
        # Numbers of reports of one rehearsal are not those of the next: receipts are told apart by them.
        with open_rehearsal(Desk(now=time.monotonic, first=secrets.randbelow(1 << 40) + 1)) as tip:
            yield tip
        return
    with _connect(address or way.address, _login_of(settings, way), timing) as tip:
        yield tip


@contextmanager
def open_rehearsal(desk: Desk) -> Iterator[CyberTipline]:
    """Have a desk of our own listen on a port of this machine, and be ready to call it."""
    user, password = "rehearsal", secrets.token_hex(16)
    with (
        RehearsalServer(desk, login=(user, password)) as server,
        _connect(server.address, Login(user, Secret(password)), None) as tip,
    ):
        yield tip


def _login_of(settings: FilingSettings, way: Way) -> Login:
    """What the custodian proves itself to a desk with, from a file or from the variable of that desk."""
    if settings.service.credentials is not None:
        return Login.parse(read_secret(settings.service.credentials))
    given = os.environ.get(way.variable, "").strip()
    if not given:
        raise ExchangeError(
            f"there are no credentials for {way.channel}",
            hint=f"name a file of them in the settings, service.credentials; or set {way.variable} to user:password",
        )
    return Login.parse(Secret(given))


@contextmanager
def _connect(address: str, login: Login, timing: Timing | None) -> Iterator[CyberTipline]:
    patience = Patience(answer_s=_ANSWER_S)
    clock = timing or Timing(time.time, time.sleep, random.SystemRandom().random)
    with Service(address, timing=clock, login=login, patience=patience) as service:
        yield CyberTipline(service)
