"""Meta ThreatExchange: updates of the indicators of one privacy group, page by page."""

import re
from collections import Counter
from collections.abc import Iterator

from unseen.errors import ExchangeError, UsageError
from unseen.exchanges.credentials import Secret
from unseen.exchanges.objects import read_object
from unseen.exchanges.service import Service
from unseen.exchanges.threatexchange.checkpoint import Checkpoint, Paging, without_secrets
from unseen.exchanges.threatexchange.wire import FIELDS, Parse, Updates, read_updates
from unseen.exchanges.timing import Timing
from unseen.model import ChangePage, other_purpose

__all__ = ["BASE", "ThreatExchangeClient", "read_token"]

# Meta retires a version some two years after it came: 26.0 is what python-threatexchange 1.2.17 asks.
BASE = "https://graph.facebook.com/v26.0"
# As Meta's own client asks: with more the service answers that this is too much data.
PAGE_SIZE = 100
# Read again at the start of each run: what several of Meta's servers write in one moment shows one after the other,
# and an update read twice is one update.
LOOK_BACK_S = 3_600
# A hundred million indicators.
PAGES_MAX = 1_000_000
RESTARTS_MAX = 2
_LAPSED = frozenset({400, 404, 410})
_GROUP = re.compile(r"[0-9]{1,40}")
_TOKEN = re.compile(r"([0-9]{1,40})(?:%7C|%7c|\|)([A-Za-z0-9_-]{8,200})")


def read_token(secret: Secret) -> Secret:
    """An app's access token, `APP|SECRET`, as the service wants it.

    Raises:
        ExchangeError: It is none.
    """
    match = _TOKEN.fullmatch(secret.reveal().strip())
    if match is None:
        raise ExchangeError(
            "the credentials are no access token of an app: APP|SECRET",
            hint="tokens of users expire after hours, and are not taken",
        )
    return Secret(f"{match[1]}|{match[2]}")


class ThreatExchangeClient:
    """One privacy group, read from where the last run ended."""

    def __init__(self, service: Service, privacy_group: str, *, timing: Timing, parse: Parse) -> None:
        """Prepare to ask.

        Args:
            service: At `BASE`, with the token as query `access_token`.
            privacy_group: Number of the group.
            timing: Clock; the service's own wins where it tells it.
            parse: Reads the value of a signal; raises ValueError.

        Raises:
            UsageError: The group's number is none.
        """
        if not _GROUP.fullmatch(privacy_group):
            raise UsageError("a privacy group is given by its number")
        self._service = service
        self._group = privacy_group
        self._timing = timing
        self._parse = parse
        # Updates by type of what is no hash of pictures and videos: addresses of sites, texts.
        self.left_out_by_type: Counter[str] = Counter()

    @property
    def left_out(self) -> int:
        """How many updates were of types that are no hash of pictures and videos."""
        return self.left_out_by_type.total()

    def changes(self, checkpoint: str | None) -> Iterator[ChangePage]:
        """Give everything that changed since a checkpoint, page by page.

        Args:
            checkpoint: That of the last page that was kept; None to read the whole group.

        Raises:
            ExchangeError: The service cannot be asked any further; what was given so far holds.
            UsageError: The group serves another purpose.
        """
        now_s = self._check_group()
        known = Checkpoint() if checkpoint is None else Checkpoint.parse(checkpoint)
        known = known.at_start(now_s, here_s=self._timing.now())
        paging = known.paging
        restarts = 0
        while True:
            try:
                yield from self._read(known, paging, now_s)
            except _LostError as lost:
                restarts += 1
                if restarts > RESTARTS_MAX:
                    raise ExchangeError(f"{self._service.host} loses its way between the pages of one answer") from lost
                paging = None
            else:
                return

    def _read(self, known: Checkpoint, paging: Paging | None, now_s: int) -> Iterator[ChangePage]:
        """Give the pages of one answer, from its beginning or from where it was left."""
        begins_anew = known.whole_at_s == 0 and paging is None
        began_at_s = paging.began_at_s if paging else now_s
        latest_s = paging.latest_s if paging else 0
        link = paging.link if paging else None
        seen: set[str] = set()
        for _ in range(PAGES_MAX):
            updates = self._ask(known, link)
            self.left_out_by_type += updates.left_out
            latest_s = max(latest_s, updates.latest_s)
            if updates.next is None:
                known = known.after(began_at_s, latest_s)
            else:
                link = without_secrets(updates.next)
                if link in seen:
                    raise _LostError
                seen.add(link)
                known = known.at_page(Paging(link, int(self._timing.now()), began_at_s, latest_s))
            yield ChangePage(
                changes=updates.changes,
                refused=updates.refused,
                checkpoint=str(known),
                begins_anew=begins_anew,
                is_last=updates.next is None,
            )
            if updates.next is None:
                return
            begins_anew = False
        raise ExchangeError(f"{self._service.host} gives more than {PAGES_MAX:,} pages")

    def _ask(self, known: Checkpoint, link: str | None) -> Updates:
        if link is not None:
            try:
                return read_updates(self._service.get(link).content, self._parse)
            except ExchangeError as error:
                if error.status in _LAPSED:
                    raise _LostError from None
                raise
        params = {"fields": FIELDS, "limit": str(PAGE_SIZE)}
        if known.done_to_s:
            params["start_time"] = str(max(0, known.done_to_s - LOOK_BACK_S))
        return read_updates(self._service.get(f"{self._group}/threat_updates/", params).content, self._parse)

    def _check_group(self) -> int:
        """Refuse a group whose name says that it serves another purpose; returns the service's time."""
        try:
            answer = self._service.get(self._group, {"fields": "id,name,description"})
        except ExchangeError as error:
            if error.status != 400:
                raise
            raise ExchangeError(
                f"{self._service.host} tells nothing of privacy group {self._group}",
                hint="is the token right, and is its app a member of the group?",
                status=error.status,
            ) from None
        group = read_object(answer.content, "the answer about the privacy group")
        for word in ("name", "description"):
            if purpose := other_purpose(str(group.get(word, ""))):
                raise UsageError(
                    f"privacy group {self._group} is about {purpose}",
                    hint="unseen serves no other purpose than finding known child sexual abuse material",
                )
        return int(self._timing.now() if answer.at_s is None else answer.at_s)


class _LostError(Exception):
    """The link to a next page has lapsed, or leads in a circle."""
