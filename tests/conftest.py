"""Shared by every test: where the reference vectors lie."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from tests.stores import Server, find_server

# A shell that runs the tests in the background has them, and every program they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)

# No test is about time: a machine that does other work besides is slow, and nothing is wrong with that.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def find_vectors() -> Path | None:
    """The folder of reference vectors, if this machine has one."""
    default = Path(__file__).parent.parent.parent / "shared" / "vectors"
    folder = Path(os.environ.get("UNSEEN_VECTORS", default))
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session", autouse=True)
def _keys(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test leaves a signing key in the folder of whoever runs it."""
    os.environ["UNSEEN_KEYS"] = str(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of reference vectors; the test is skipped, visibly, where there is none."""
    folder = find_vectors()
    if folder is None:
        pytest.skip("no reference vectors: set UNSEEN_VECTORS")
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server of PostgreSQL; the test is skipped, visibly, where none is installed."""
    programs = find_server()
    if programs is None:
        pytest.skip("no server of PostgreSQL: install the package postgresql")
    server = Server(programs)
    yield server
    server.close()


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where a store may be made: a directory, unless the test asks for a server; see `tests.stores`."""
    if getattr(request, "param", os.environ.get("UNSEEN_TEST_PLACE", "directory")) == "directory":
        yield str(tmp_path / "store")
        return
    server: Server = request.getfixturevalue("server")
    monkeypatch.setenv("UNSEEN_STATE", str(tmp_path / "state"))
    database = server.new_database()
    yield server.address(database)
    server.drop(database)
