"""Pages of a service: staged as they come, applied whole, and on record."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select
from tests.stores import on_both
from tests.unit.stand_ins import open_writable

from unseen.errors import ListError, UsageError
from unseen.model import (
    ChangePage,
    EntryDecision,
    EntryVerdict,
    Label,
    ListChange,
    ListClass,
    Mark,
    Opinion,
    Published,
    Refused,
    Stance,
    Waiting,
    Withdrawn,
)
from unseen.store import (
    Acceptance,
    Change,
    Store,
    apply_staged,
    decide_entry,
    discard_staged,
    list_entries,
    list_lists,
    load_codes,
    quarantined_entries,
    read_account,
    read_checkpoint,
    read_entry_account,
    read_version,
    remove_list,
    stage_page,
)
from unseen.store.schema import entries, ledger

WHEN = "2026-11-23T12:00:00Z"
CHANGE = Change(list_class=ListClass.CSAM, file_format="ncmec", origin="https://a.test/v2", at_utc=WHEN, by="user@host")


def published(entry: str, number: int, publisher: str | None = "p", *opinions: Opinion) -> Published:
    """An entry with one PDQ, and one label."""
    return Published(
        entry=entry,
        publisher=publisher,
        hashes=(("pdq", number.to_bytes(32, "big")),),
        labels=(Label("a", "1"),),
        opinions=opinions,
        at_utc=WHEN,
    )


def page(*changes: Published | Withdrawn, anew: bool = False, last: bool = True, at: str = "1") -> ChangePage:
    """A page that is the last."""
    return ChangePage(changes=changes, checkpoint=at, begins_anew=anew, is_last=last)


def sync(store: Store, *pages: ChangePage, change: Change = CHANGE) -> ListChange:
    """Stage pages and apply them."""
    for one in pages:
        stage_page(store, "live", one)
    return apply_staged(store, "live", change)


def names(store: Store) -> list[str]:
    """Identifiers of what stands."""
    return [entry.entry for entry in list_entries(store, "live")]


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """A new store."""
    with open_writable(place) as opened:
        yield opened


def test_a_first_sync_makes_the_list(store: Store) -> None:
    """Entries, labels and publishers are there; the version of the list is the number of its newest entry on record."""
    change = sync(store, page(published("a", 1), last=False), page(published("b", 2, None), at="2"))
    assert (change.added, change.replaced, change.withdrawn, change.unchanged) == (2, 0, 0, 0)
    assert (change.entries_before, change.entries_after, change.waiting) == (0, 2, None)
    (info,) = list_lists(store)
    assert (info.version, info.entry_count, info.list_class) == (change.version, 2, ListClass.CSAM)
    assert [(one.entry, one.labels) for one in list_entries(store, "live")] == [
        ("a", (Label("a", "1"),)),
        ("b", (Label("a", "1"),)),
    ]
    assert read_checkpoint(store, "live") == "2"


def test_nothing_changes_before_the_last_page(store: Store) -> None:
    """Half an answer is no state that any service ever published."""
    stage_page(store, "live", page(published("a", 1), last=False, at="half"))
    with pytest.raises(ListError, match="complete"):
        apply_staged(store, "live", CHANGE)
    assert list_lists(store) == []
    assert read_checkpoint(store, "live") == "half"


@on_both
def test_the_same_pages_twice_change_nothing(store: Store) -> None:
    """Neither version nor ledger moves when a service repeats itself."""
    sync(store, page(published("a", 1), published("b", 2)))
    before = read_version(store, "live")
    with store.read() as connection:
        count = connection.execute(select(func.count()).select_from(ledger)).scalar_one()
    change = sync(store, page(published("a", 1), published("b", 2)))
    assert change.is_empty
    assert change.unchanged == 2
    assert read_version(store, "live") == before
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(ledger)).scalar_one() == count


def test_a_withdrawn_entry_is_searched_no_more_and_stays_on_record(store: Store) -> None:
    """It goes from what is loaded for a search; its row says when it came and when it went."""
    first = sync(store, page(published("a", 1), published("b", 2)))
    change = sync(store, page(Withdrawn(entry="a", publisher="p")))
    assert (change.withdrawn, change.entries_after) == (1, 1)
    assert names(store) == ["b"]
    (codes,) = load_codes(store, ["live"])
    assert codes.values.shape == (1, 32)
    (row,) = read_entry_account(store, "live", "a").rows
    assert row.added.record == first.version
    assert row.withdrawn is not None
    assert row.withdrawn.record == change.version
    assert read_entry_account(store, "live", "a").marks == (Mark.WITHDRAWN,)


@on_both
def test_an_entry_is_replaced_whole(store: Store) -> None:
    """Another hash under the same identifier withdraws the old one."""
    sync(store, page(published("a", 1)))
    change = sync(store, page(published("a", 2)))
    assert (change.added, change.replaced, change.withdrawn) == (0, 1, 0)
    (entry,) = list_entries(store, "live")
    assert entry.value == (2).to_bytes(32, "big")


def test_publishers_do_not_touch_each_others_entries(store: Store) -> None:
    """One identifier may be given by several; what one takes back stays where another holds it."""
    sync(store, page(published("a", 1, "p"), published("a", 1, "q")))
    change = sync(store, page(Withdrawn(entry="a", publisher="p")))
    assert change.withdrawn == 1
    account = read_entry_account(store, "live", "a")
    assert [(row.publisher, row.withdrawn is None) for row in account.rows] == [("q", True), ("p", False)]
    assert account.marks == ()


@on_both
def test_a_complete_copy_withdraws_what_it_does_not_name(store: Store) -> None:
    """What was staged before it began gives way too."""
    sync(store, page(published("a", 1), published("b", 2)))
    stage_page(store, "live", page(published("z", 9), last=False))
    change = sync(store, page(published("b", 2), anew=True, last=False), page(published("c", 3)))
    assert (change.added, change.withdrawn, change.unchanged) == (1, 1, 1)
    assert names(store) == ["b", "c"]


def test_of_several_changes_to_one_entry_the_last_counts(store: Store) -> None:
    """Pages apply in the order in which they came, and so do the changes in each."""
    sync(
        store,
        page(published("a", 1), Withdrawn(entry="a", publisher="p"), published("b", 1), last=False),
        page(published("a", 3), Withdrawn(entry="b", publisher="p")),
    )
    (entry,) = list_entries(store, "live")
    assert (entry.entry, entry.value) == ("a", (3).to_bytes(32, "big"))


def test_what_is_refused_is_counted_and_blocks_nothing(store: Store) -> None:
    """An entry that can no longer be read is not thereby withdrawn, not even by a complete copy."""
    sync(store, page(published("a", 1), published("b", 2)))
    refused = (Refused("a", "its pdq has 60 digits"), Refused("page 1, entry 7", "no identifier"))
    change = sync(
        store, ChangePage(changes=(published("b", 3),), refused=refused, checkpoint="2", begins_anew=True, is_last=True)
    )
    assert (change.refused, change.refusals, change.withdrawn, change.replaced) == (2, refused, 0, 1)
    assert names(store) == ["a", "b"]


@on_both
def test_opinions_are_kept_and_mark_an_entry_as_disputed(store: Store) -> None:
    """For and against stand side by side; an opinion that is taken back marks nothing any more."""
    against = Opinion("m", Stance.AGAINST, "pdq", ("not what it says",))
    sync(store, page(published("a", 1, "p", against, Opinion("n", Stance.FOR))))
    account = read_entry_account(store, "live", "a")
    assert set(account.opinions) == {("p", against), ("p", Opinion("n", Stance.FOR))}
    assert account.marks == (Mark.DISPUTED,)
    change = sync(store, page(published("a", 1, "p", Opinion("n", Stance.FOR))))
    assert (change.replaced, change.withdrawn) == (1, 0)
    assert read_entry_account(store, "live", "a").marks == ()


@pytest.mark.parametrize(("count", "waiting"), [(2, Waiting.SHRINKS_TENFOLD), (200, Waiting.GROWS_TENFOLD)])
def test_a_tenfold_change_waits_for_a_person(store: Store, count: int, waiting: Waiting) -> None:
    """Nothing is changed until a named person says that it is right; then it is on record who did."""
    sync(store, page(*(published(f"e{number}", number) for number in range(20))))
    before = read_version(store, "live")
    whole = page(*(published(f"f{number}", 1000 + number) for number in range(count)), anew=True)
    change = sync(store, whole)
    assert (change.waiting, change.entries_before, change.entries_after) == (waiting, 20, count)
    assert read_version(store, "live") == before
    assert len(names(store)) == 20
    accepted = Change(**{**{name: getattr(CHANGE, name) for name in ("list_class", "file_format", "origin", "at_utc")},
                         "acceptance": Acceptance("D. Okafor", "the service was renewed")})  # fmt: skip
    change = apply_staged(store, "live", accepted)
    assert change.waiting is None
    assert len(names(store)) == count
    assert read_entry_account(store, "live", "f0").rows[0].added.by == "D. Okafor"


@on_both
def test_what_waits_can_be_discarded(store: Store) -> None:
    """Then the next sync begins from nothing."""
    stage_page(store, "live", page(published("a", 1), at="7"))
    discard_staged(store, "live")
    assert read_checkpoint(store, "live") is None
    with pytest.raises(ListError, match="staged"):
        apply_staged(store, "live", CHANGE)


@on_both
def test_provenance_names_import_publisher_and_origin(store: Store) -> None:
    """Which list, who published, which version, imported when and by whom; and never a value."""
    change = sync(store, page(published("a", 77)))
    account = read_entry_account(store, "live", "a")
    assert (account.list, account.list_class, account.version) == ("live", "csam", change.version)
    (row,) = account.rows
    assert (row.publisher, row.published_at, row.signal) == ("p", WHEN, "pdq")
    assert (row.added.at_utc, row.added.by, row.added.origin) == (WHEN, "user@host", "https://a.test/v2")
    assert (77).to_bytes(32, "big").hex() not in str(account)


def test_an_entry_is_quarantined_until_a_named_person_releases_it(store: Store) -> None:
    """A measurement may quarantine by itself; only a person releases. Each decision is kept."""
    sync(store, page(published("a", 1)))
    by_itself = EntryVerdict(
        decision=EntryDecision.QUARANTINED, by=None, reason="matches 7 unrelated clusters", at_utc=WHEN
    )
    assert decide_entry(store, "live", "a", by_itself)
    assert not decide_entry(store, "live", "a", by_itself)
    assert quarantined_entries(store) == {("live", "a")}
    assert read_entry_account(store, "live", "a").marks == (Mark.QUARANTINED,)
    nobody = EntryVerdict(decision=EntryDecision.RELEASED, by=None, reason="looks right", at_utc=WHEN)
    with pytest.raises(UsageError, match="named person"):
        decide_entry(store, "live", "a", nobody)
    somebody = EntryVerdict(decision=EntryDecision.RELEASED, by="D. Okafor", reason="looked into", at_utc=WHEN)
    assert decide_entry(store, "live", "a", somebody)
    assert not decide_entry(store, "live", "a", somebody)
    assert quarantined_entries(store) == frozenset()
    assert [one.decision for one in read_entry_account(store, "live", "a").decisions] == ["quarantined", "released"]
    with pytest.raises(ListError, match="no entry"):
        decide_entry(store, "live", "b", by_itself)


def test_a_list_that_was_removed_has_no_checkpoint(store: Store) -> None:
    """Another list of its name begins from nothing: behind the old checkpoint it would miss all that came before."""
    sync(store, page(published("a", 1)))
    assert read_checkpoint(store, "live") is not None
    remove_list(store, "live", at_utc=WHEN)
    assert read_checkpoint(store, "live") is None


def test_a_list_of_another_kind_is_not_written_over(store: Store) -> None:
    """A name stands for one service, and one class, for ever."""
    sync(store, page(published("a", 1)))
    for wrong in ({"file_format": "arachnid"}, {"list_class": ListClass.USER_REPORTED}):
        given = {name: getattr(CHANGE, name) for name in ("list_class", "file_format", "origin", "at_utc")}
        stage_page(store, "live", page(published("b", 2)))
        with pytest.raises(ListError, match="live"):
            apply_staged(store, "live", Change(**{**given, **wrong}))
    assert names(store) == ["a"]


def test_the_account_counts_what_stands(store: Store) -> None:
    """Withdrawn rows are counted nowhere, and kept."""
    sync(store, page(published("a", 1), published("b", 2)))
    sync(store, page(Withdrawn(entry="a", publisher="p"), published("b", 3)))
    account = read_account(store, "live")
    assert (account.info.entry_count, dict(account.by_signal)) == (1, {"pdq": 1})
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(entries)).scalar_one() == 3
