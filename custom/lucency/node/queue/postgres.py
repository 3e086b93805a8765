"""A PostgreSQL server, shared by several nodes; its clock is everyone's."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from zlib import crc32

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from ...errors import ConfigError, one_line
from .database import Connections, Result, Row, Transaction
from .errors import DiskFullError, QueueError
from .schema import JOBS, SCHEMA, prepare

Session = psycopg.Connection[Row]

_DEFAULTS = {"connect_timeout": "5", "keepalives_idle": "30", "tcp_user_timeout": "30000"}  # s, s, ms
_STATEMENT_MS = 30_000
_CONFLICTS = (errors.UniqueViolation, errors.DeadlockDetected, errors.SerializationFailure)
_CONFLICT_RUNS = 10
_IDENTITY = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
_NOW = "CAST(EXTRACT(EPOCH FROM statement_timestamp()) AS DOUBLE PRECISION)"
_SCHEMA_LOCK = crc32(b"tables of lucency.node.queue")
_TABLES = "SELECT relname FROM pg_class WHERE pg_table_is_visible(oid) AND relname IN (:schema, :jobs)"
_SETTINGS = (
    f"SET statement_timeout = {_STATEMENT_MS}",
    # a commit is on disk when it returns, whatever the server's default; stricter defaults stay
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
)


class _UnreachableError(Exception):
    """The server could not be reached, or the connection broke."""


class PostgresDatabase:
    """PostgreSQL by psycopg.

    A connection that broke is opened again, and the transaction run again: every transaction of the queue may be run
    twice. Behind a pool such as PgBouncer, sessions must be pooled, not transactions.

    Args:
        url: ``postgresql://...``; a password is better kept in a ``.pgpass`` file.
        patience_s: how long writing waits for a server that is gone, as while it restarts.

    Raises:
        ConfigError: the URL is none, or the tables are another version's.
        QueueError: the server cannot be reached.
    """

    def __init__(self, url: str, patience_s: float = 5) -> None:
        try:
            self._target: dict[str, Any] = _DEFAULTS | conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            # libpq quotes the part that it cannot read, which may be the password
            raise ConfigError("queue: is no address of PostgreSQL; write postgresql://USER@HOST/DATABASE") from error
        self._name = f"PostgreSQL at {self._target.get('host', 'the default host')}"
        self._patience_s = patience_s
        self._connections = Connections(self._connect, psycopg.Connection.close)
        self.write(self._prepare)

    def write(self, work: Callable[[Transaction], Result]) -> Result:
        """See `Database`."""
        for _ in range(_CONFLICT_RUNS):
            try:
                return self._reached(lambda: self._write_once(work), self._patience_s)
            except _CONFLICTS:
                continue
        raise QueueError(f"{self._name}: too many transactions conflict; run fewer workers")

    def read(self, sql: str, **values: object) -> list[Row]:
        """See `Database`."""
        return self._reached(lambda: self._read_once(sql, values), 0)

    def close(self) -> None:
        """See `Database`."""
        self._connections.close()

    def _write_once(self, work: Callable[[Transaction], Result]) -> Result:
        with self._connection() as connection, connection.transaction():
            return work(_PostgresTransaction(connection))

    def _read_once(self, sql: str, values: dict[str, object]) -> list[Row]:
        with self._connection() as connection:
            return _PostgresTransaction(connection).rows(sql, **values)

    def _reached(self, run: Callable[[], Result], patience_s: float) -> Result:
        """Run, once more after a connection broke, and then for some time while the server is gone."""
        deadline = time.monotonic() + patience_s
        wait_s = 0.0
        while True:
            try:
                return run()
            except _UnreachableError as error:
                if wait_s and time.monotonic() + wait_s > deadline:
                    raise QueueError(f"{self._name}: cannot be reached ({error}); see whether it runs") from None
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, 1) or 0.1

    def _connect(self) -> Session:
        connection: Session | None = None
        try:
            # planned with the values of each call: a plan for any value may read the whole history
            connection = psycopg.connect(**self._target, autocommit=True, prepare_threshold=None)
            connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            for statement in _SETTINGS:
                connection.execute(statement)
        except psycopg.OperationalError as error:
            if connection is not None:
                connection.close()
            raise _UnreachableError(one_line(str(error))) from None
        return connection

    def _prepare(self, transaction: Transaction) -> None:
        transaction.rows("SELECT pg_advisory_xact_lock(:key)", key=_SCHEMA_LOCK)
        tables = {str(row[0]) for row in transaction.rows(_TABLES, schema=SCHEMA, jobs=JOBS)}
        prepare(transaction, tables, _IDENTITY, self._name)

    @contextmanager
    def _connection(self) -> Iterator[Session]:
        connection: Session | None = None
        try:
            connection = self._connections.take()
            yield connection
        except BaseException as error:
            broken = connection is not None and connection.closed
            if connection is not None:
                self._connections.drop(connection)  # rolls back
            if broken:
                self._connections.clear()  # the others are most likely broken as well
                raise _UnreachableError("the connection broke") from None
            if isinstance(error, psycopg.Error) and not isinstance(error, _CONFLICTS):
                raise self._explained(error) from None  # its text may quote values
            raise
        self._connections.give(connection)

    def _explained(self, error: psycopg.Error) -> QueueError:
        if isinstance(error, errors.DiskFull):
            return DiskFullError(f"{self._name}: its disk is full; free space")
        if isinstance(error, errors.QueryCanceled | errors.LockNotAvailable):
            return QueueError(f"{self._name}: is locked; see what else holds its tables")
        return QueueError(f"{self._name}: fails ({type(error).__name__}); see its log")


class _PostgresTransaction:
    def __init__(self, connection: Session) -> None:
        self._connection = connection

    def rows(self, sql: str, **values: object) -> list[Row]:
        return self._execute(sql, values).fetchall()

    def changed(self, sql: str, **values: object) -> int:
        return self._execute(sql, values).rowcount

    def _execute(self, sql: str, values: dict[str, object]) -> "psycopg.Cursor[Row]":
        return self._connection.execute(_translated(sql), values)


@lru_cache(maxsize=256)
def _translated(sql: str) -> str:
    """Write ``:name`` as psycopg does."""
    return re.sub(r":(\w+)", lambda name: _NOW if name[1] == "now" else f"%({name[1]})s", sql)
