"""The queue as a list in memory, written to be read: what every method means, without durability or speed."""

import itertools
import time
import uuid
from dataclasses import replace

from lucency.node.jobs import Arrival, Job, Kind, Reception, State

ENDS = {State.SENT, State.SKIPPED, State.DEAD}


class ReferenceQueue:
    """A `JobQueue` for one thread."""

    def __init__(self):
        self.rows = {}
        self.owners = {}
        self.due = {}
        self.numbers = itertools.count(1)

    def put(self, arrival: Arrival, digest: str = "") -> Reception:
        known = self.find(arrival.sop_instance_uid, arrival.recipe)
        reception = Reception.TAKEN
        if known is not None:
            if known.path == arrival.path and arrival.path:
                return Reception.TAKEN
            may_go = known.state is State.SKIPPED or (known.state is State.DEAD and not known.products)
            if not may_go or not digest or digest == known.digest:
                return Reception.KNOWN
            del self.rows[known.id]
            reception = Reception.REPLACED
        now = time.time()
        number = next(self.numbers)
        self.rows[number] = Job(
            id=number,
            sop_instance_uid=arrival.sop_instance_uid,
            sop_class_uid=arrival.sop_class_uid,
            sender=arrival.sender,
            path=arrival.path,
            recipe=arrival.recipe,
            state=State.QUEUED if arrival.kind is None else State.SKIPPED,
            kind=arrival.kind,
            reason=arrival.reason,
            attempts=0,
            lease=None,
            digest=digest,
            products=(),
            received=now,
            started=None,
            built=None,
            finished=None if arrival.kind is None else now,
        )
        self.due[number] = now
        return reception

    def find(self, sop_instance_uid, recipe):
        for row in self.rows.values():
            if (row.sop_instance_uid, row.recipe) == (sop_instance_uid, recipe):
                return row
        return None

    def known(self, sop_instance_uids, recipe):
        return {uid for uid in sop_instance_uids if self.find(uid, recipe)}

    def claim(self, stage, owner, lease_s, limit=1):
        states = {State.QUEUED, State.RUNNING} if stage == "work" else {State.BUILT}
        now = time.time()
        waiting = [row for _, row in sorted(self.rows.items()) if row.state in states and self.due[row.id] <= now]
        claimed = []
        for row in waiting[:limit]:
            if stage == "work":
                row = replace(row, state=State.RUNNING, started=now)
            row = replace(row, lease=uuid.uuid4().hex, attempts=row.attempts + 1)
            self.rows[row.id] = row
            self.owners[row.id] = owner
            self.due[row.id] = now + lease_s
            claimed.append(row)
        return claimed

    def _holds(self, job):
        return job.id in self.rows and job.lease is not None and self.rows[job.id].lease == job.lease

    def _end(self, job, **changes):
        if not self._holds(job):
            return False
        self.rows[job.id] = replace(self.rows[job.id], lease=None, **changes)
        self.due[job.id] = time.time()
        return True

    def built(self, job, products, recipe, digest):
        if any(
            row.id != job.id and (row.sop_instance_uid, row.recipe) == (job.sop_instance_uid, recipe)
            for row in self.rows.values()
        ):
            return self.skipped(job, Kind.ANSWERED_BEFORE, "", digest)
        if not self._holds(job) or self.rows[job.id].state is not State.RUNNING:
            return False
        return self._end(
            job,
            state=State.BUILT,
            kind=None,
            reason="",
            recipe=recipe,
            digest=digest,
            products=tuple(products),
            built=time.time(),
            attempts=0,
        )

    def sent(self, job):
        if not self._holds(job) or self.rows[job.id].state is not State.BUILT:
            return False
        return self._end(job, state=State.SENT, kind=None, reason="", finished=time.time())

    def skipped(self, job, kind, reason, digest=""):
        return self._finish(job, State.SKIPPED, kind, reason, digest)

    def dead(self, job, kind, reason, digest=""):
        return self._finish(job, State.DEAD, kind, reason, digest)

    def _finish(self, job, state, kind, reason, digest):
        digest = digest or (self.rows[job.id].digest if job.id in self.rows else "")
        return self._end(job, state=state, kind=kind, reason=reason, digest=digest, finished=time.time())

    def again(self, job, kind, reason, wait_s, *, counts=True):
        if not self._holds(job):
            return False
        self._back(job.id, attempts=self.rows[job.id].attempts - (not counts), kind=kind, reason=reason)
        self.due[job.id] = time.time() + wait_s
        return True

    def _back(self, number, **changes):
        row = self.rows[number]
        state = State.QUEUED if row.state is State.RUNNING else row.state
        self.rows[number] = replace(row, state=state, lease=None, **changes)
        self.due[number] = time.time()

    def release(self, owner):
        gone = [row for row in self.rows.values() if row.lease and self.owners[row.id].startswith(owner)]
        for row in gone:
            self._back(row.id, attempts=row.attempts - 1)
        return len(gone)

    def retry(self, ids=None):
        chosen = [row for row in self.rows.values() if row.state is State.DEAD and (ids is None or row.id in ids)]
        for row in chosen:
            state = State.BUILT if row.products else State.QUEUED
            built = time.time() if row.products else None
            self.rows[row.id] = replace(row, state=state, attempts=0, kind=None, reason="", finished=None, built=built)
            self.due[row.id] = time.time()
        return len(chosen)

    def get(self, job_id):
        return self.rows.get(job_id)

    def jobs(self, state=None, limit=100):
        return [row for _, row in sorted(self.rows.items(), reverse=True) if state in (None, row.state)][:limit]

    def counts(self):
        return {state: sum(row.state is state for row in self.rows.values()) for state in State}

    def kinds(self):
        pairs = [(row.state, row.kind) for row in self.rows.values() if row.kind]
        return {pair: pairs.count(pair) for pair in pairs}

    def oldest(self, state):
        times = [row.received for _, row in sorted(self.rows.items()) if row.state is state]
        return times[0] if times else None

    def paths(self):
        needed = [row for row in self.rows.values() if row.state not in (State.SENT, State.SKIPPED)]
        return {row.path for row in needed if row.path}

    def clear_path(self, job_id):
        self._clear(job_id, path="")

    def expired(self, before, limit=1000):
        rows = [row for row in self.rows.values() if row.state is State.SENT and row.products and row.finished < before]
        return sorted(rows, key=lambda row: row.finished)[:limit]

    def clear_products(self, job_id):
        self._clear(job_id, products=())

    def _clear(self, job_id, **changes):
        if job_id in self.rows and self.rows[job_id].state in ENDS:
            self.rows[job_id] = replace(self.rows[job_id], **changes)

    def close(self):
        self.rows.clear()
