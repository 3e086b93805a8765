"""The queue in SQL: entering, leasing and finishing jobs."""

# ruff: noqa: S608 -- what is written into statements is constant; values are parameters
import json
import uuid
from collections.abc import Callable, Sequence

from ..jobs import Arrival, Job, Kind, Reception, State
from .database import Transaction
from .protocol import Stage
from .rows import COLUMNS, job, storable, storable_reason
from .schema import JOBS, WAITING, WORK
from .sql_records import SqlRecords

_ENTER = f"""INSERT INTO {JOBS}
    (sop_instance_uid, sop_class_uid, sender, path, recipe, state, kind, reason, digest, received, finished, due)
    VALUES (:uid, :sop_class, :sender, :path, :recipe, :state, :kind, :reason, :digest, :now,
            CASE WHEN :ended = 1 THEN :now END, 0)
    ON CONFLICT (sop_instance_uid, recipe) DO NOTHING"""
_LOCKED = f"SELECT {COLUMNS} FROM {JOBS} WHERE sop_instance_uid = :uid AND recipe = :recipe FOR UPDATE"
_REMOVE = f"DELETE FROM {JOBS} WHERE id = :id"
_ANSWERED = f"SELECT 1 FROM {JOBS} WHERE sop_instance_uid = :uid AND recipe = :recipe AND id <> :id"
_ANSWER = "another job of this object has its result by this model"

# A job that is due now has 0, and one that is due in more than a day was put off by a clock that was set back since:
# the end of a lease or of a wait is never so far away.
_FAR_S = 86_400
_CLAIM = f"""WITH next_jobs AS MATERIALIZED (
        SELECT id FROM {JOBS} WHERE {{waiting}} AND (due <= :now OR due > :now + {_FAR_S})
        ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED)
    UPDATE {JOBS} SET lease = :lease, owner = :owner, due = :now + :lease_s, attempts = attempts + 1, {{changes}}
    WHERE id IN (SELECT id FROM next_jobs) RETURNING {COLUMNS}"""
_CLAIMS: dict[Stage, str] = {
    "work": _CLAIM.format(waiting=WORK, changes="state = 'running', started = :now"),
    "delivery": _CLAIM.format(waiting=f"state = 'built' AND {WAITING}", changes="state = 'built'"),
}

# every statement that ends a lease asks for its token: a holder whose job was leased again has another
_HELD = "WHERE id = :id AND lease = :lease"
_FREE = "lease = NULL, owner = NULL"
_BACK = "state = CASE WHEN state = 'running' THEN 'queued' ELSE state END"
_BUILT = f"""UPDATE {JOBS} SET {_FREE}, state = 'built', kind = NULL, reason = '', recipe = :recipe, digest = :digest,
    products = :products, built = :now, attempts = 0, due = 0 {_HELD} AND state = 'running'"""
_SENT = f"""UPDATE {JOBS} SET {_FREE}, state = 'sent', kind = NULL, reason = '', finished = :now
    {_HELD} AND state = 'built'"""
_ENDED = f"""UPDATE {JOBS} SET {_FREE}, state = :state, kind = :kind, reason = :reason, finished = :now,
    digest = CASE WHEN :digest = '' THEN digest ELSE :digest END {_HELD}"""
_AGAIN = f"""UPDATE {JOBS} SET {_FREE}, {_BACK}, kind = :kind, reason = :reason, due = :now + :wait_s,
    attempts = attempts - :refund {_HELD}"""
_RELEASE = f"""UPDATE {JOBS} SET {_FREE}, {_BACK}, due = 0, attempts = attempts - 1
    WHERE lease IS NOT NULL AND substr(owner, 1, :length) = :owner"""


class SqlQueue(SqlRecords):
    """A `JobQueue` over a database.

    A finished job keeps no lease; a due time in the past, or the end of a lease, makes a waiting job due.

    Args:
        database: where the tables are.
    """

    def put(self, arrival: Arrival, digest: str = "") -> Reception:
        """See `JobQueue`; a replaced job's number is given up with it, so that none of its products is taken over."""
        identity = {"uid": storable(arrival.sop_instance_uid), "recipe": arrival.recipe}
        values = identity | {
            "sop_class": storable(arrival.sop_class_uid),
            "sender": storable(arrival.sender),
            "path": arrival.path,
            "state": State.QUEUED if arrival.kind is None else State.SKIPPED,
            "kind": arrival.kind,
            "reason": storable_reason(arrival.reason),
            "digest": digest,
            "ended": int(arrival.kind is not None),
        }

        def enter(transaction: Transaction) -> Reception:
            reception = Reception.TAKEN
            while not transaction.changed(_ENTER, **values):
                rows = transaction.rows(_LOCKED, **identity)
                if not rows:
                    continue  # it was replaced just now, by one that can be seen from here on
                known = job(rows[0])
                if known.path == arrival.path != "":
                    return Reception.TAKEN  # by this very call, before its connection broke
                if not _replaceable(known) or digest in ("", known.digest):
                    return Reception.KNOWN
                transaction.changed(_REMOVE, id=known.id)
                reception = Reception.REPLACED
            return reception

        return self._database.write(enter)

    def claim(self, stage: Stage, owner: str, lease_s: float, limit: int = 1) -> list[Job]:
        """See `JobQueue`."""
        values = {"lease": uuid.uuid4().hex, "owner": owner, "lease_s": float(lease_s), "limit": limit}
        rows = self._database.write(lambda transaction: transaction.rows(_CLAIMS[stage], **values))
        return sorted(map(job, rows), key=lambda claimed: claimed.id)

    def built(self, job: Job, products: Sequence[str], recipe: str, digest: str) -> bool:
        """See `JobQueue`."""
        answered = {"uid": storable(job.sop_instance_uid), "recipe": recipe, "id": job.id}

        def finish(transaction: Transaction) -> bool:
            if transaction.rows(_ANSWERED, **answered):
                return _end(job, State.SKIPPED, Kind.ANSWERED_BEFORE, _ANSWER, digest)(transaction)
            return _held(job, _BUILT, recipe=recipe, digest=digest, products=json.dumps(list(products)))(transaction)

        return self._database.write(finish)

    def sent(self, job: Job) -> bool:
        """See `JobQueue`."""
        return self._database.write(_held(job, _SENT))

    def skipped(self, job: Job, kind: Kind, reason: str, digest: str = "") -> bool:
        """See `JobQueue`."""
        return self._database.write(_end(job, State.SKIPPED, kind, reason, digest))

    def dead(self, job: Job, kind: Kind, reason: str, digest: str = "") -> bool:
        """See `JobQueue`."""
        return self._database.write(_end(job, State.DEAD, kind, reason, digest))

    def again(self, job: Job, kind: Kind, reason: str, wait_s: float, *, counts: bool = True) -> bool:
        """See `JobQueue`."""
        values = {"kind": kind, "reason": storable_reason(reason), "wait_s": float(wait_s), "refund": int(not counts)}
        return self._database.write(_held(job, _AGAIN, **values))

    def release(self, owner: str) -> int:
        """See `JobQueue`."""
        values = {"owner": owner, "length": len(owner)}
        return self._database.write(lambda transaction: transaction.changed(_RELEASE, **values))


def _replaceable(known: Job) -> bool:
    return known.state is State.SKIPPED or (known.state is State.DEAD and not known.products)


def _held(job: Job, sql: str, **values: object) -> Callable[[Transaction], bool]:
    return lambda transaction: transaction.changed(sql, id=job.id, lease=job.lease, **values) == 1


def _end(job: Job, state: State, kind: Kind, reason: str, digest: str) -> Callable[[Transaction], bool]:
    return _held(job, _ENDED, state=state, kind=kind, reason=storable_reason(reason), digest=digest)
