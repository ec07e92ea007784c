"""NCMEC Hash Sharing v2: a polling service that gives each entry as it now stands."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from unseen.errors import AnswerTooLargeError, ExchangeError
from unseen.exchanges.markup import read_xml, tag_of, text_of
from unseen.exchanges.ncmec.windows import SPAN_ENTRIES_MAX, Checkpoint, Span, estimate_entries, is_of_span, time_text
from unseen.exchanges.ncmec.wire import VERSION, Member, Parse, Query, WireEntry, read_member, read_query
from unseen.exchanges.service import Service
from unseen.exchanges.timing import Timing
from unseen.model import ChangePage, Published, Refused, Withdrawn

__all__ = ["NcmecClient", "Status"]

# What the service takes in while it is asked might come out later with a time that was already read.
SETTLE_S = 5
# Read again at the start of each run: clocks of several servers differ, and an entry read twice is one entry.
LOOK_BACK_S = 60
# TMK+PDQF, the longest in use, has 260 kB. Lists in files take as much.
LARGE_BYTES_MAX = 300_000
# A link may lapse while its page is worked on; a service that lets it lapse again and again is broken.
RESTARTS_MAX = 2
# A million entries in one second have 1,000 pages.
PAGES_MAX = 100_000
_LAPSED = frozenset({400, 404, 410})
# Of a single hash also where its member shows it to some only: everybody else's come all the same.
_WITHHELD = _LAPSED | {401, 403}


@dataclass(frozen=True, slots=True)
class Status:
    """Who the service takes us for."""

    member: Member
    user: str


class NcmecClient:
    """One list of NCMEC, read from where the last run ended."""

    def __init__(
        self,
        service: Service,
        *,
        timing: Timing,
        parse: Parse,
        is_chosen: Callable[[Member], bool] = lambda _: True,
        fetch_large: bool = False,
    ) -> None:
        """Prepare to ask.

        Args:
            service: At the base of the list.
            timing: Clock; the service's own wins where it tells it.
            parse: Reads the value of a signal; raises ValueError.
            is_chosen: Whether entries of a member belong into this list.
            fetch_large: Whether hashes that answers only point to are fetched. None of them can be searched here; an
                entry is counted without.
        """
        self._service = service
        self._timing = timing
        self._parse = parse
        self._is_chosen = is_chosen
        self._fetch_large = fetch_large
        # Entries of members that were not chosen.
        self.left_out = 0

    def status(self) -> Status:
        """Ask who we are.

        Raises:
            ExchangeError: No answer, or none that says it.
        """
        return self._status()[0]

    def members(self) -> tuple[Member, ...]:
        """Ask who shares.

        Raises:
            ExchangeError: No answer, or none that says it.
        """
        root = read_xml(self._service.get(f"{VERSION}/members").content, "the answer to members")
        found = (read_member(element) for element in root.iter() if tag_of(element) == "member")
        return tuple(member for member in found if member is not None)

    def changes(self, checkpoint: str | None) -> Iterator[ChangePage]:
        """Give everything that changed since a checkpoint, page by page.

        Args:
            checkpoint: That of the last page that was kept; None to read the whole list.

        Raises:
            ExchangeError: The service cannot be asked any further; what was given so far holds.
        """
        now_s = self._status()[1]
        end_s = int(now_s) - SETTLE_S
        known = Checkpoint() if checkpoint is None else Checkpoint.parse(checkpoint)
        known = known.without_old_link(self._timing.now())
        if known.done_to_s > end_s + LOOK_BACK_S:
            # Its clock was set back: what it has dated since then lies in what we take for read.
            known = Checkpoint()
        begins_anew = known == Checkpoint()
        from_s = max(0, known.done_to_s - LOOK_BACK_S)
        is_over = False
        while not is_over:
            span = known.paging.span if known.paging else Span(from_s, min(end_s, from_s + known.width_s))
            if span.width_s < 1:
                yield ChangePage(changes=(), checkpoint=str(known), is_last=True)
                return
            for query, known in self._read_span(span, known):  # noqa: B020  # it goes on from what is known
                if query is None:
                    break
                is_over = known.paging is None and span.to_s >= end_s
                yield self._page(query, known, begins_anew=begins_anew, is_last=is_over)
                begins_anew = False
            else:
                from_s = span.to_s

    def _read_span(self, span: Span, known: Checkpoint) -> Iterator[tuple[Query | None, Checkpoint]]:
        """Give the pages of a span, each with what is known after it; no page where the span is too wide."""
        link = known.paging.link if known.paging else None
        seen: set[str] = set()
        count = restarts = 0
        for _ in range(PAGES_MAX):
            query = self._ask(span, link)
            is_lost = query is None or (query.next is not None and not is_of_span(query.next, span))
            if is_lost or (query is not None and query.next in seen):
                restarts += 1
                if restarts > RESTARTS_MAX:
                    raise ExchangeError(f"{self._service.host} loses its way between the pages of one answer")
                link, count = None, 0
                seen.clear()
                continue
            assert query is not None
            if link is None and query.next and self._is_too_wide(span, query):
                yield None, known.narrower(span)
                return
            count += len(query.entries)
            link = query.next
            if link is None:
                yield query, known.after(span, count)
                return
            seen.add(link)
            known = known.at_page(span, link, self._timing.now())
            yield query, known
        raise ExchangeError(f"{self._service.host} gives more than {PAGES_MAX:,} pages for one span of time")

    @staticmethod
    def _is_too_wide(span: Span, query: Query) -> bool:
        return span.width_s > 1 and estimate_entries(query.next or "", len(query.entries)) > SPAN_ENTRIES_MAX

    def _ask(self, span: Span, link: str | None) -> Query | None:
        """Read one page with what it points to; None where the link to it has lapsed."""
        query = self._get(span, link)
        if query is None or not self._fetch_large:
            return query
        fetched, lapsed = self._fetch(query)
        if not lapsed:
            return fetched
        # The links of a page are good for a while: asked again, it gives new ones.
        query = self._get(span, link)
        if query is None:
            return None
        fetched, lapsed = self._fetch(query)
        return replace(fetched, refused=(*fetched.refused, *lapsed))

    def _get(self, span: Span, link: str | None) -> Query | None:
        if link is None:
            params = {"from": time_text(span.from_s), "to": time_text(span.to_s)}
            return read_query(self._service.get(f"{VERSION}/entries", params).content, self._parse)
        try:
            return read_query(self._service.get(link).content, self._parse)
        except ExchangeError as error:
            if error.status not in _LAPSED:
                raise
            return None

    def _fetch(self, query: Query) -> tuple[Query, list[Refused]]:
        """Fetch what entries point to; what could not be fetched stays as it was, and is named."""
        lapsed: list[Refused] = []
        refused: list[Refused] = []
        entries = []
        for entry in query.entries:
            left = []
            change = entry.change
            for large in entry.large if self._is_chosen(entry.member) else ():
                assert isinstance(change, Published)
                where = f"{change.entry} {large.signal}"
                try:
                    content = self._service.get(large.link, size_max_bytes=LARGE_BYTES_MAX).content
                except AnswerTooLargeError as error:
                    refused.append(Refused(where, str(error)))
                    left.append(large)
                except ExchangeError as error:
                    if error.status not in _WITHHELD:
                        raise
                    lapsed.append(Refused(where, "the link to this hash has lapsed, or it is not for us"))
                    left.append(large)
                else:
                    # Values of others' signals are text.
                    change = replace(change, hashes=(*change.hashes, (large.signal, b64encode(content))))
            entries.append(replace(entry, change=change, large=tuple(left)))
        return replace(query, entries=tuple(entries), refused=(*query.refused, *refused)), lapsed

    def _page(self, query: Query, known: Checkpoint, *, begins_anew: bool, is_last: bool) -> ChangePage:
        chosen = [entry for entry in query.entries if self._is_chosen(entry.member)]
        self.left_out += len(query.entries) - len(chosen)
        return ChangePage(
            changes=tuple(_with_unfetched(entry) for entry in chosen),
            refused=query.refused,
            checkpoint=str(known),
            begins_anew=begins_anew,
            is_last=is_last,
        )

    def _status(self) -> tuple[Status, float]:
        answer = self._service.get(f"{VERSION}/status")
        root = read_xml(answer.content, "the answer to status")
        parts = {tag_of(element): element for element in root}
        member = read_member(parts["member"]) if "member" in parts else None
        if tag_of(root) != "status" or member is None:
            raise ExchangeError(f"{self._service.host} does not say who we are: is this the address of a list?")
        user = text_of(parts["username"]) if "username" in parts else ""
        # The times of entries are told by the service's clock; where ours is ahead, what comes late would be missed.
        now_s = self._timing.now() if answer.at_s is None else answer.at_s
        return Status(member, user), now_s


def _with_unfetched(entry: WireEntry) -> Published | Withdrawn:
    """The change, with what was not fetched by its name alone: it is counted, and cannot be taken for searched."""
    if not isinstance(entry.change, Published):
        return entry.change
    return replace(entry.change, hashes=(*entry.change.hashes, *((large.signal, b"") for large in entry.large)))
