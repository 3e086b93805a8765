"""The process that brings results to the PACS, and waits as long as that takes."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection

from ...errors import LucencyError
from ..jobs import Job, Kind
from ..operations.audit import auditor_of
from ..operations.audit_subject import subject_of
from ..queue import JobQueue
from ..settings import NodeSettings
from ..storage import Storage
from .answer import Answer, Destination, Outcome, Session
from .backoff import ceiling, full_jitter
from .parcel import Parcel, packed

log = logging.getLogger("lucency.node")

BATCH = 16
LEASE_S = 360.0
HANG_S = 240  # longer than one file, or packing a batch, may take
_MARGIN_S = HANG_S + 10.0  # a file that is begun later might outlast the lease
_IDLE_S = 0.2
_OUTAGE = (Outcome.BUSY, Outcome.UNREACHABLE)


class Courier:
    """Send the products of jobs that are built, always the same bytes.

    If the PACS is away or busy, nothing counts as an attempt: results go back to the queue and the courier waits,
    longer each time. The job at which a conversation broke off waits longest, so that an object which a PACS cannot
    bear holds up no other. A refusal is an attempt, and the last one ends the job.

    Args:
        settings: see `NodeSettings`.
        queue: where built jobs are.
        destination: the PACS.
        owner: of leases.
        connection: told ``("pacs", "ok" | "unreachable")`` on every change.
        stop: once set, the file on its way is finished and the rest released.
        alarm: ends this process after so many seconds, unless it is called again before; with 0, never.
    """

    def __init__(
        self,
        settings: NodeSettings,
        queue: JobQueue,
        destination: Destination,
        owner: str,
        connection: "Connection[object, object]",
        stop: threading.Event,
        alarm: Callable[[int], object] = int,
    ) -> None:
        self.settings, self.queue, self.destination = settings, queue, destination
        self.owner, self.stop, self._alarm = owner, stop, alarm
        self.storage = Storage(settings.storage_root, owner.split("/")[0], make=False)
        self.auditor = auditor_of(settings)
        self._connection = connection
        self._pacs = "unknown"
        self._failures = 0
        self._struck: dict[int, int] = {}  # job to how often a conversation broke off at it again

    def run(self) -> None:
        """Deliver until told to stop; whatever goes wrong, such as a queue that is away, is waited out."""
        self.tell("ready", {})
        clean = True
        while not self.stop.is_set():
            self._alarm(HANG_S)
            try:
                if not clean:
                    self.queue.release(self.owner)
                    clean = True
                wait = self.round()
            except Exception:
                log.exception("delivery_failed")
                clean, wait = False, self._next_wait()
            self._alarm(0)
            self.stop.wait(wait)
        self.queue.release(self.owner)

    def round(self) -> float:
        """Deliver one batch; how many seconds to wait after it."""
        due = time.monotonic() + LEASE_S - _MARGIN_S
        jobs = self.queue.claim("delivery", self.owner, LEASE_S, BATCH)
        parcels = [parcel for job in jobs if (parcel := self._packed(job)) is not None]
        if not parcels:
            return 0.0 if jobs else _IDLE_S
        with self.destination.session([file for parcel in parcels for file in parcel.files]) as session:
            for index, parcel in enumerate(parcels):
                if self.stop.is_set() or time.monotonic() > due:
                    self.queue.release(self.owner)
                    return 0.0
                answer = self._sent(parcel, session)
                if answer.outcome in _OUTAGE:
                    return self._outage(answer, parcel.job, [later.job for later in parcels[index + 1 :]], session)
        return 0.0

    def tell(self, subject: str, content: object) -> None:
        """Tell the supervisor; without one there is nothing left to do."""
        try:
            self._connection.send((subject, content))
        except OSError:
            self.stop.set()

    def _packed(self, job: Job) -> Parcel | None:
        """Find a job's results; without them it is dead, and without the FHIR folder it waits."""
        try:
            parcel = packed(job, self.settings.storage_root)
        except (LucencyError, OSError) as error:
            if not self.storage.is_there:
                raise  # all results are away, not this one
            if isinstance(error, OSError):
                self._wait_or_give_up(job, Kind.NODE_FAILURE, str(error), self.settings.retry_cap)
            elif self._give_up(job, Kind.NODE_FAILURE, str(error)):
                self.storage.withdraw(job.name)  # so that they are made anew, if somebody says retry
                self.queue.clear_products(job.id)
            return None
        try:
            parcel.publish(self.settings.fhir)
        except (OSError, LucencyError) as error:
            log.error("fhir_failed", extra={"job": job.id})
            self._wait_or_give_up(job, Kind.NODE_FAILURE, str(error), self.settings.retry_cap)
            return None
        return parcel

    def _sent(self, parcel: Parcel, session: Session) -> Answer:
        job = parcel.job
        answer = Answer(Outcome.TAKEN)
        for file in parcel.files:
            self._alarm(HANG_S)
            if (answer := session.send(file)).outcome is not Outcome.TAKEN:
                break
        if answer.outcome in _OUTAGE:
            return answer
        self._failures = 0
        self._struck.pop(job.id, None)
        self._change("ok")
        if answer.outcome is not Outcome.REFUSED:
            self._finish(parcel)
        elif job.attempts >= self.settings.attempts:
            self._audit(parcel, successful=False)
            self._give_up(job, Kind.REFUSED_BY_PACS, answer.reason)
        else:
            wait = full_jitter(job.attempts - 1, self.settings.retry_base, self.settings.retry_cap)
            self.queue.again(job, Kind.REFUSED_BY_PACS, answer.reason, wait)
            log.warning("job_again", extra={"job": job.id, "kind": str(Kind.REFUSED_BY_PACS)})
        return answer

    def _finish(self, parcel: Parcel) -> None:
        job = parcel.job
        self._audit(parcel, successful=True)
        if self.queue.sent(job):
            log.info("job_sent", extra={"job": job.id, "seconds": round(time.time() - job.received, 3)})
            self.storage.remove(job.path)
            self.queue.clear_path(job.id)

    def _audit(self, parcel: Parcel, *, successful: bool) -> None:
        if self.auditor.enabled:
            self.auditor.sent(subject_of([file.path for file in parcel.files]), successful=successful)

    def _outage(self, answer: Answer, failed: Job, others: Sequence[Job], session: Session) -> float:
        self._change("unreachable")
        wait = 0.0
        if session.connected:
            self._struck[failed.id] = tries = self._struck.get(failed.id, -1) + 1
            wait = ceiling(tries, self.settings.retry_base, self.settings.retry_cap)
        self._wait_or_give_up(failed, Kind.PACS_UNREACHABLE, answer.reason, wait)
        for job in others:
            self._wait_or_give_up(job, Kind.PACS_UNREACHABLE, answer.reason, 0.0)
        return self._next_wait()

    def _next_wait(self) -> float:
        self._failures += 1
        return full_jitter(self._failures - 1, self.settings.retry_base, self.settings.retry_cap)

    def _wait_or_give_up(self, job: Job, kind: Kind, reason: str, wait_s: float) -> None:
        if time.time() - (job.built or job.received) > self.settings.give_up_h * 3600:
            self._give_up(job, kind, reason)
        else:
            self.queue.again(job, kind, reason, wait_s, counts=False)

    def _give_up(self, job: Job, kind: Kind, reason: str) -> bool:
        self._struck.pop(job.id, None)
        if ours := self.queue.dead(job, kind, reason):
            log.error("job_dead", extra={"job": job.id, "kind": str(kind)})
        return ours

    def _change(self, pacs: str) -> None:
        if pacs == self._pacs:
            return
        if pacs == "unreachable":
            log.warning("pacs_unreachable")
        elif self._pacs == "unreachable":
            log.info("pacs_back")
        self._pacs = pacs
        self.tell("pacs", pacs)
