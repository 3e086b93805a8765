"""What the queue needs of a database, and the connections to it."""

import os
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

Row = tuple[Any, ...]
Result = TypeVar("Result")
Connection = TypeVar("Connection")


class Transaction(Protocol):
    """Runs statements, whose parameters are written ``:name``; ``:now`` is the database's clock, in seconds."""

    def rows(self, sql: str, **values: object) -> list[Row]:
        """Run a statement that answers with rows."""

    def changed(self, sql: str, **values: object) -> int:
        """Run a statement that changes rows; how many it changed."""


class Database(Protocol):
    """Runs transactions; statements are PostgreSQL's, in the part of it that SQLite reads too."""

    def write(self, work: Callable[[Transaction], Result]) -> Result:
        """Run a transaction; when this returns, it is on disk. `work` may be run again after a conflict.

        Raises:
            QueueError: the database fails; the transaction was rolled back.
        """

    def read(self, sql: str, **values: object) -> list[Row]:
        """Run a query outside of transactions."""

    def close(self) -> None:
        """Close the connections of this process."""


class Connections(Generic[Connection]):
    """Idle connections of each process; at any time, a connection is in the hands of one thread.

    A forked child finds none: those of its parent stay the parent's, and are not even closed, for closing would end
    the parent's session on a server, and drop its locks on a file.

    Example:
        >>> import sqlite3
        >>> connections = Connections(lambda: sqlite3.connect(":memory:"), sqlite3.Connection.close)
        >>> first = connections.take()
        >>> connections.take() is first
        False
        >>> connections.give(first)
        >>> connections.take() is first
        True
    """

    def __init__(self, connect: Callable[[], Connection], close: Callable[[Connection], None]) -> None:
        self._connect = connect
        self._close = close
        self._idle: dict[int, deque[Connection]] = {}
        self._closed = False

    def _own(self) -> deque[Connection]:
        return self._idle.setdefault(os.getpid(), deque())

    def take(self) -> Connection:
        """Get an idle connection, or open one."""
        try:
            return self._own().pop()
        except IndexError:
            return self._connect()

    def give(self, connection: Connection) -> None:
        """Give back a connection that is between transactions."""
        if self._closed:
            self._close(connection)
        else:
            self._own().append(connection)

    def drop(self, connection: Connection) -> None:
        """Close a connection that failed, with whatever it was doing."""
        self._close(connection)

    def clear(self) -> None:
        """Close the idle ones."""
        idle = self._own()
        while idle:
            self._close(idle.pop())

    def close(self) -> None:
        """Close the idle ones, and later those that are given back."""
        self._closed = True
        self.clear()
