"""A PostgreSQL server for tests: in a temporary folder, reached by a socket there, gone when the tests end."""

import atexit
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import pytest

PATIENCE_S = 60


def binary(name: str) -> Path | None:
    """Find a program of the server, the newest if there are several versions."""
    installed = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]), reverse=True
    )
    found = shutil.which(name)
    return installed[0] if installed else Path(found) if found else None


class PostgresServer:
    """A server that can be stopped and started; it writes nothing through to disk, so it is for tests alone.

    Under root it runs as the user ``postgres`` or ``nobody``, for it refuses root.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._user = self._unprivileged()
        self._numbers = itertools.count()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user is not None:
            os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self._run("initdb", "-D", "data", "-U", "lucency", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C")
        self.start()

    @staticmethod
    def _unprivileged() -> pwd.struct_passwd | None:
        if os.geteuid() != 0:
            return None
        names = {user.pw_name: user for user in pwd.getpwall()}
        return names.get("postgres") or names["nobody"]

    def _identity(self) -> dict[str, object]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _run(self, name: str, *arguments: str) -> None:
        subprocess.run(
            [binary(name), *arguments], cwd=self._folder, check=True, capture_output=True, **self._identity()
        )

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = (
            "listen_addresses=",
            "fsync=off",
            "full_page_writes=off",
            "max_connections=60",
            "shared_buffers=32MB",
        )
        options = [part for setting in settings for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [binary("postgres"), "-D", "data", "-k", str(self._folder), *options],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                start_new_session=True,  # the terminal's Ctrl-C is for the tests
                **self._identity(),
            )
        wait = [binary("pg_isready"), "-h", str(self._folder), "-U", "lucency", "-q"]
        for _ in range(PATIENCE_S * 20):
            if subprocess.run(wait, check=False).returncode == 0:
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError((self._folder / "log").read_text())

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop, and break all connections; SIGQUIT is as a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(PATIENCE_S)
            self._process = None

    @property
    def url(self) -> str:
        """Address of its database."""
        return f"postgresql://lucency@/postgres?host={quote(str(self._folder), safe='')}"

    def new_database(self) -> str:
        """Address of an empty schema: as good as a database of its own, and made a hundred times faster."""
        import psycopg

        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        return f"{self.url}&options=-csearch_path%3D{name}"


@functools.cache
def running_server() -> PostgresServer:
    """The server of this test process, or a skip where there can be none."""
    pytest.importorskip("psycopg")
    for name in ("initdb", "postgres", "pg_isready"):
        if binary(name) is None:
            pytest.skip(f"PostgreSQL's {name} is not installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="lucency-postgres-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    server = PostgresServer(folder)
    atexit.register(server.stop)
    return server


@pytest.fixture
def postgres_server() -> PostgresServer:
    """A server; import this into the conftest of the tests that use it."""
    return running_server()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> str:
    """Address of an empty place for `--queue`."""
    return postgres_server.new_database()
