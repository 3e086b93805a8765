"""The queue in SQL: what is asked about jobs, and the care of those that are finished."""

# ruff: noqa: S608 -- what is written into statements is constant; values are parameters
import time
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from ..jobs import Job, Kind, State
from .database import Database, Transaction
from .rows import COLUMNS, job, placeholders, storable
from .schema import ENDED, HAS_PRODUCTS, JOBS, SCHEMA, WAITING

Value = TypeVar("Value")

_BATCH = 500  # values in one statement
_LONG_HISTORY = 100_000  # finished jobs; counting a million takes some 50 ms
_RECOUNT_S = 5
_ENDS = (State.SENT, State.SKIPPED, State.DEAD)
_OF = "WHERE sop_instance_uid = :uid AND recipe = :recipe"
_KNOWN = f"SELECT sop_instance_uid FROM {JOBS} WHERE recipe = :recipe AND sop_instance_uid IN ({{uids}})"
_RETRY = f"""UPDATE {JOBS} SET state = CASE WHEN {HAS_PRODUCTS} THEN 'built' ELSE 'queued' END, attempts = 0,
    built = CASE WHEN {HAS_PRODUCTS} THEN :now END, kind = NULL, reason = '', finished = NULL, due = 0
    WHERE state = 'dead' AND {ENDED}"""
_COUNTS = f"SELECT state, count(*) FROM {JOBS} WHERE {{those}} GROUP BY state"
_KINDS = f"SELECT state, kind, count(*) FROM {JOBS} WHERE kind IS NOT NULL GROUP BY state, kind"
_OLDEST = f"SELECT received FROM {JOBS} WHERE state = :state AND {{those}} ORDER BY id LIMIT 1"
# of all that are finished, those that were sent have no kind; asked by state, SQLite would go through all of these
_EXPIRED = f"""SELECT {COLUMNS} FROM {JOBS} WHERE {HAS_PRODUCTS} AND finished < :before AND kind IS NULL
    ORDER BY finished LIMIT :limit"""
_PATHS = f"SELECT path FROM {JOBS} WHERE path <> '' AND state NOT IN ('sent', 'skipped')"
_CLEAR_PATH = f"UPDATE {JOBS} SET path = '' WHERE id = :id AND {ENDED}"
_CLEAR_PRODUCTS = f"UPDATE {JOBS} SET products = '[]' WHERE id = :id AND {ENDED}"


class SqlRecords:
    """The part of a `JobQueue` that needs no lease.

    Args:
        database: where the tables are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ended: tuple[float, dict[State, int]] = (0.0, {})

    def identity(self) -> str:
        """See `JobQueue`."""
        return str(self._database.read(f"SELECT identity FROM {SCHEMA}")[0][0])

    def find(self, sop_instance_uid: str, recipe: str) -> Job | None:
        """See `JobQueue`."""
        return self._one(_OF, uid=storable(sop_instance_uid), recipe=recipe)

    def get(self, job_id: int) -> Job | None:
        """See `JobQueue`."""
        return self._one("WHERE id = :id", id=job_id)

    def known(self, sop_instance_uids: Collection[str], recipe: str) -> set[str]:
        """See `JobQueue`."""
        found: set[str] = set()
        asked = {storable(uid): uid for uid in sop_instance_uids}
        for uids in _batches(asked):
            names, values = placeholders(uids)
            rows = self._database.read(_KNOWN.format(uids=names), recipe=recipe, **values)
            found.update(asked[row[0]] for row in rows)
        return found

    def retry(self, ids: Collection[int] | None = None) -> int:
        """See `JobQueue`."""
        if ids is None:
            return self._database.write(lambda transaction: transaction.changed(_RETRY))
        chosen = sorted(set(ids))  # in one order, so that two who retry cannot lock each other out

        def revive(transaction: Transaction) -> int:
            revived = 0
            for batch in _batches(chosen):
                names, values = placeholders(batch)
                revived += transaction.changed(f"{_RETRY} AND id IN ({names})", **values)
            return revived

        return self._database.write(revive)

    def jobs(self, state: State | None = None, limit: int = 100) -> list[Job]:
        """See `JobQueue`."""
        where = "" if state is None else f"WHERE state = :state AND {_those(state)}"
        sql = f"SELECT {COLUMNS} FROM {JOBS} {where} ORDER BY id DESC LIMIT :limit"
        return [job(row) for row in self._database.read(sql, state=state, limit=limit)]

    def counts(self) -> dict[State, int]:
        """See `JobQueue`; of a long history, the finished ones are those of a few seconds ago."""
        counted, ended = self._ended
        if sum(ended.values()) < _LONG_HISTORY or time.monotonic() > counted + _RECOUNT_S:
            ended = self._count(ENDED)
            self._ended = (time.monotonic(), ended)
        return dict.fromkeys(State, 0) | ended | self._count(WAITING)

    def kinds(self) -> dict[tuple[State, Kind], int]:
        """See `JobQueue`."""
        return {(State(state), Kind(kind)): int(number) for state, kind, number in self._database.read(_KINDS)}

    def oldest(self, state: State) -> float | None:
        """See `JobQueue`."""
        rows = self._database.read(_OLDEST.format(those=_those(state)), state=state)
        return float(rows[0][0]) if rows else None

    def paths(self) -> set[str]:
        """See `JobQueue`."""
        return {str(path) for (path,) in self._database.read(_PATHS)}

    def clear_path(self, job_id: int) -> None:
        """See `JobQueue`."""
        self._database.write(lambda transaction: transaction.changed(_CLEAR_PATH, id=job_id))

    def expired(self, before: float, limit: int = 1000) -> list[Job]:
        """See `JobQueue`."""
        return [job(row) for row in self._database.read(_EXPIRED, before=before, limit=limit)]

    def clear_products(self, job_id: int) -> None:
        """See `JobQueue`."""
        self._database.write(lambda transaction: transaction.changed(_CLEAR_PRODUCTS, id=job_id))

    def close(self) -> None:
        """See `JobQueue`."""
        self._database.close()

    def _count(self, those: str) -> dict[State, int]:
        return {State(state): int(number) for state, number in self._database.read(_COUNTS.format(those=those))}

    def _one(self, where: str, **values: object) -> Job | None:
        rows = self._database.read(f"SELECT {COLUMNS} FROM {JOBS} {where}", **values)
        return job(rows[0]) if rows else None


def _those(state: State) -> str:
    return ENDED if state in _ENDS else WAITING


def _batches(values: Iterable[Value]) -> Iterator[list[Value]]:
    iterator = iter(values)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
