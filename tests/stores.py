"""Places for stores of both kinds: a directory, and a database of a real server that the tests start.

A test that is marked `@on_both` runs on each kind; all others use a directory. The server is that of the package
`postgresql`; without it those tests are skipped, visibly.
"""

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

__all__ = ["PASSWORD", "Server", "find_server", "name_of", "on_both", "on_server"]

on_both = pytest.mark.parametrize("place", ["directory", "server"], indirect=True)
on_server = pytest.mark.parametrize("place", ["server"], indirect=True)

# Of the one account that is asked for one; those who come by the socket are not. With what an address must escape.
PASSWORD = "p@ss:/w?rd#%"

# No server runs as root. Debian's package makes an account for it, and every system has the other.
_ACCOUNTS = ("postgres", "nobody")
_START_TIMEOUT_S = 120
_NUMBERS = itertools.count()

# Small, and without waiting for disks: tests kill processes, and never the machine.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "autovacuum": "off",
    "log_min_messages": "panic",
    "dynamic_shared_memory_type": "mmap",
}


def name_of(address: str) -> str:
    """The name of the database at an address that a server gave."""
    return address.partition("@/")[2].partition("?")[0]


def find_server() -> Path | None:
    """The folder of the server's programs, of the newest version that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


class Server:
    """A server of the tests' own, in a folder that goes with it."""

    def __init__(self, programs: Path) -> None:
        """Make its files, and start it."""
        self._programs = programs
        # Not below pytest's folders: these are closed to every other account.
        self.folder = Path(tempfile.mkdtemp(prefix="unseen-postgresql-"))
        self.folder.chmod(0o755)
        self._account = _account()
        if self._account is not None:
            shutil.chown(self.folder, self._account)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        accepted = ["--auth-local=trust", "--auth-host=scram-sha-256", "--username=unseen", "--encoding=UTF8"]
        self._run("initdb", "--pgdata", str(self._data), "--no-sync", "--locale=C.UTF-8", *accepted)
        self.start()
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE asked LOGIN PASSWORD '{PASSWORD}'")

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {**_SETTINGS, "port": self.port, "unix_socket_directories": self.folder}
        given = " ".join(f"-c {name}={value}" for name, value in {**settings, "listen_addresses": "127.0.0.1"}.items())
        log = str(self.folder / "log")
        self._run(
            "pg_ctl", "start", "--pgdata", str(self._data), "--log", log, "-w", "-t", str(_START_TIMEOUT_S), "-o", given
        )

    def stop(self, mode: str = "immediate") -> None:
        """Stop it: `immediate` is as if it had crashed, `fast` cuts every connection."""
        self._run("pg_ctl", "stop", "--pgdata", str(self._data), "-w", "-m", mode)

    def close(self) -> None:
        """Stop it, and remove all that it was."""
        self.stop()
        shutil.rmtree(self.folder)

    def address(self, database: str) -> str:
        """Where a database is found, by the socket."""
        return f"postgresql://unseen@/{database}?host={self.folder}&port={self.port}"

    def address_with_password(self, database: str) -> str:
        """The same by the network, for the account that is asked for a password."""
        from urllib.parse import quote

        return f"postgresql://asked:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/{database}"

    def new_database(self, *, template: str = "template0") -> str:
        """Make an empty database; gives its name."""
        name = f"of_test_{next(_NUMBERS)}"
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        """Remove a database, whoever is connected."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {database} WITH (FORCE)")

    def cut(self, database: str) -> int:
        """Cut every connection to a database; gives how many there were."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            return len(connection.execute(query, [database]).fetchall())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        if self._account is not None:
            command = ["setpriv", f"--reuid={self._account}", "--clear-groups", *command]
        # `pg_ctl` leaves a process behind that holds what it was given to write to.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/", check=False)
            said.seek(0)
            assert done.returncode == 0, said.read().decode()


def _account() -> str | None:
    """As whom the server runs; None for whoever runs the tests."""
    if os.getuid():
        return None
    import pwd

    return next(name for name in _ACCOUNTS if name in {one.pw_name for one in pwd.getpwall()})
