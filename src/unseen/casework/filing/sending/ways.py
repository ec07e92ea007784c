"""The two desks of the CyberTipline: apart in name, address and credentials, and never taken one for the other."""

import os
import random
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

__all__ = ["PRODUCTION", "TEST", "Way", "connect", "login_of", "machine_timing", "named_by", "way_of"]

# A video of some gigabytes over a slow line; the letter is kept in hand while bytes flow.
_ANSWER_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Way:
    """A desk.

    Attributes:
        channel: Its name in the outbox.
        address: Where it is.
        variable: Of the environment, which may hold `user:password`.
        is_production: Whether what is filed there reaches officers.
    """

    channel: str
    address: str
    variable: str
    is_production: bool


TEST = Way("cybertipline-test", "https://exttest.cybertip.org/ispws", "UNSEEN_CYBERTIPLINE_TEST", is_production=False)
PRODUCTION = Way(
    "cybertipline", "https://report.cybertip.org/ispws", "UNSEEN_CYBERTIPLINE_PRODUCTION", is_production=True
)


def way_of(settings: FilingSettings, *, is_production: bool) -> Way:
    """The desk that settings name; production only where it is said twice, in the settings and on the command line.

    Raises:
        UsageError: One says so, and the other does not.
    """
    if settings.service.environment is Environment.PRODUCTION:
        if not is_production:
            raise UsageError(
                "the settings name the production desk of the CyberTipline, and --production was not given",
                hint="what is filed there reaches officers: say --production, or use settings for the test desk",
            )
        return PRODUCTION
    if is_production:
        raise UsageError(
            "--production was given, and the settings name the test desk of the CyberTipline",
            hint='environment = "production" in the settings, with the credentials for it',
        )
    return TEST


def named_by(settings: str) -> Way:
    """The desk that settings name, for whatever sends nothing there.

    Args:
        settings: Path of the settings.

    Raises:
        UsageError: They cannot be read.
    """
    return PRODUCTION if read_settings(settings).is_production else TEST


def login_of(settings: FilingSettings, way: Way) -> Login:
    """What the custodian proves itself to a desk with, from a file or from the variable of that desk.

    Raises:
        ExchangeError: There is nothing, or the file is open to others.
    """
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
def connect(
    way: Way, login: Login, *, timing: Timing | None = None, address: str | None = None
) -> Iterator[CyberTipline]:
    """Be ready to call a desk; nothing is sent yet.

    Args:
        way: The desk.
        login: For it.
        timing: Clock and chance; None for those of this machine.
        address: In place of the desk's own.
    """
    patience = Patience(answer_s=_ANSWER_S)
    with Service(address or way.address, timing=timing or machine_timing(), login=login, patience=patience) as service:
        yield CyberTipline(service)


def machine_timing() -> Timing:
    """Clock and chance of this machine."""
    return Timing(time.time, time.sleep, random.SystemRandom().random)
