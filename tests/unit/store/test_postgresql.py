"""A store on a server: what is its alone."""

from pathlib import Path

import pytest
from tests.stores import Server, on_both, on_server
from tests.unit.casework.stores import furnish

from unseen.casework.proof.places import open_to_write
from unseen.casework.proof.verifying import verify
from unseen.store.engine import Store, migrate
from unseen.store.engine.postgresql import PostgreSQL


@on_both
def test_every_kind_of_record_verifies(place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists, scans, findings, verdicts, cases, letters and what was erased: all of it is as its ledger says."""
    monkeypatch.setenv("UNSEEN_KEYS", str(tmp_path / "keys"))
    furnish(place, tmp_path / "keys")
    found = verify(place)
    assert found.records is not None
    assert found.is_remembered


@on_server
def test_migrations_make_exactly_what_a_new_store_has(place: str, server: Server, tmp_path: Path) -> None:
    """Columns, their order of sorting, keys, indexes, references and defaults, as the server itself has them."""
    with open_to_write(place, create=True) as new, new.read() as connection:
        expected = new.backend.definitions(connection)
        assert expected == new.backend.our_definitions()
    other = server.new_database()
    try:
        with Store(PostgreSQL(server.address(other), tmp_path)) as migrated:
            migrate(migrated)
            with migrated.read() as connection:
                assert migrated.backend.definitions(connection) == expected
    finally:
        server.drop(other)
