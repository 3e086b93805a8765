"""The embedded database: one file, shared by the processes of one node."""

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from ...errors import ConfigError
from ...files import sync
from .database import Connections, Result, Row, Transaction
from .errors import DiskFullError, QueueError
from .schema import prepare

_OLDEST_SQLITE = (3, 35)  # the first with RETURNING and MATERIALIZED
_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE")  # the latter: no room for the index of the write-ahead log
_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")
_IDENTITY = "INTEGER PRIMARY KEY AUTOINCREMENT"
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


class SqliteDatabase:
    """SQLite with a write-ahead log that is flushed to disk at every commit.

    Args:
        path: file, made if it is not there, for its owner only: it holds patient data.
        busy_s: how long to wait for other processes that write.

    Raises:
        ConfigError: the file is something else, or cannot be opened.
        QueueError: it is locked, damaged, or its disk is full.
    """

    def __init__(self, path: Path, busy_s: float = 20) -> None:
        if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
            raise ConfigError(
                f"SQLite {sqlite3.sqlite_version} is too old for a queue; use a Python with 3.35 or later"
            )
        self._path = path.absolute()
        self._busy_s = busy_s
        self._connections = Connections(self._connect, sqlite3.Connection.close)
        self._turns: dict[int, threading.Lock] = {}
        self._make_file()
        self.write(self._prepare)
        self._keep_log()

    def write(self, work: Callable[[Transaction], Result]) -> Result:
        """See `Database`."""
        with self._explained(), self._turn(), self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            result = work(_SqliteTransaction(connection))
            connection.execute("COMMIT")
            return result

    def read(self, sql: str, **values: object) -> list[Row]:
        """See `Database`."""
        with self._explained(), self._connection() as connection:
            return _SqliteTransaction(connection).rows(sql, **values)

    def close(self) -> None:
        """See `Database`."""
        self._connections.close()

    def _make_file(self) -> None:
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
            sync(self._path.parent)
        except OSError as error:
            raise ConfigError(f"{self._path}: cannot be opened ({error.strerror}); give another --state") from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.as_uri()}?mode=rw",  # rw: a file that vanished is an error, not an empty queue
            uri=True,
            timeout=self._busy_s,
            isolation_level=None,
            check_same_thread=False,  # `Connections` gives it to one thread at a time
        )
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _prepare(self, transaction: Transaction) -> None:
        tables = {str(row[0]) for row in transaction.rows(_TABLES)}
        prepare(transaction, tables, _IDENTITY, str(self._path))

    def _keep_log(self) -> None:
        """Switch to a write-ahead log; SQLite does not wait for others here, so we do."""
        deadline = time.monotonic() + self._busy_s
        with self._explained():
            while True:
                try:
                    with self._connection() as connection:
                        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
                    break
                except sqlite3.OperationalError as error:
                    if _name(error) not in _LOCKED or time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)
        if mode != "wal":
            raise ConfigError(f"{self._path}: its file system shares no memory; put --state on a local disk")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let the threads of this process write in turn: SQLite's own waiting sleeps, and so wastes time."""
        turn = self._turns.setdefault(os.getpid(), threading.Lock())
        if not turn.acquire(timeout=self._busy_s):
            raise QueueError(f"{self._path}: is locked; see what else holds it")
        try:
            yield
        finally:
            turn.release()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = self._connections.take()
        try:
            yield connection
        except BaseException:
            self._connections.drop(connection)  # rolls back
            raise
        self._connections.give(connection)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            name = _name(error)
            if name in _FULL:
                raise DiskFullError(f"{self._path}: its disk is full; free space") from error
            if name.startswith(_LOCKED):
                raise QueueError(f"{self._path}: is locked; see what else holds it") from error
            if name == "SQLITE_NOTADB":
                raise ConfigError(f"{self._path}: is no SQLite database; move it away") from error
            raise QueueError(
                f"{self._path}: fails ({name or type(error).__name__}); see whether its disk works"
            ) from error


class _SqliteTransaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, **values: object) -> list[Row]:
        return cast("list[Row]", self._execute(sql, values).fetchall())

    def changed(self, sql: str, **values: object) -> int:
        return self._execute(sql, values).rowcount

    def _execute(self, sql: str, values: dict[str, object]) -> sqlite3.Cursor:
        # a writer is alone here, there are no rows to lock
        sql = sql.replace("FOR UPDATE SKIP LOCKED", "").replace("FOR UPDATE", "")
        return self._connection.execute(sql, {"now": time.time(), **values})


def _name(error: sqlite3.Error) -> str:
    return getattr(error, "sqlite_errorname", "")
