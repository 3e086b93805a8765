"""The one door by which objects enter the queue, whoever brings them."""

import logging
import threading
import time
from pathlib import Path

from ...errors import LucencyError
from ...files import sha256_of
from ..jobs import Arrival, Job, Kind, Reception, State
from ..queue.errors import DiskFullError, QueueError
from ..queue.protocol import JobQueue
from ..settings import NodeSettings
from ..storage import Storage
from .candidates import is_candidate
from .metrics import IntakeMetrics

log = logging.getLogger("lucency.node")

FRESH_S = 1.0
"""How long the length of the queue and the free space of the disk are believed."""


class NodeFullError(LucencyError):
    """The node takes no objects for now; whoever brings one keeps it, and tries again later.

    Args:
        reason: ``queue``, ``disk`` or ``stopping``.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"the node takes no objects now ({reason}); try again later")
        self.reason = reason


class Intake:
    """Takes a received file into storage and queue, or refuses it.

    At most ``max_queue`` jobs wait for a worker, whatever number of threads take objects at once: the length of the
    queue is read once a second, and what was taken since, or is being taken, is added to it. With N nodes on one
    queue each may add what the others took within that second. Jobs that come back (`retry`, leases that ran out) are
    not held off by the bound, but count.

    Args:
        queue: where jobs are entered.
        storage: where objects are kept.
        recipe: digest of all that decides about a result's identity.
        settings: `max_queue` and `min_free_mb` are used.
        metrics: counts receptions and refusals.
    """

    def __init__(
        self, queue: JobQueue, storage: Storage, recipe: str, settings: NodeSettings, metrics: IntakeMetrics
    ) -> None:
        self._queue = queue
        self._storage = storage
        self._recipe = recipe
        self._max_queue = settings.max_queue
        self._min_free_mb = settings.min_free_mb
        self._metrics = metrics
        self._lock = threading.Lock()
        self._stopping = False
        self._read_at = -FRESH_S
        self._unknown: Exception | None = None
        self._free = True
        self._waiting = 0
        self._taken_since = 0
        self._being_taken = 0

    def stop(self) -> None:
        """Take nothing more."""
        self._stopping = True

    def refusal(self) -> str | None:
        """Why an object would be refused now: ``queue``, ``disk``, ``stopping`` or nothing."""
        with self._lock:
            return self._refusal()

    def refuse(self, reason: str) -> NodeFullError:
        """Count a refusal, and give the error to raise."""
        self._metrics.refused(reason)
        log.warning("object_refused", extra={"kind": reason})
        return NodeFullError(reason)

    def take(self, received: Path, *, sop_instance_uid: str, sop_class_uid: str, sender: str) -> Reception:
        """Take an object; when this returns, its file and its job are on disk and it may be acknowledged.

        The received file is gone afterwards, whatever happens.

        Args:
            received: a complete DICOM file in ``storage.incoming``.
            sop_instance_uid: as the peer has named it.
            sop_class_uid: as the peer has named it.
            sender: AE title of the peer, or ``dicomweb``.

        Raises:
            NodeFullError: queue or disk have no room, or the node stops.
            OSError: the file cannot be kept.
            QueueError: the job cannot be entered.
        """
        try:
            self._reserve()
            try:
                reception = self._enter(received, sop_instance_uid, sop_class_uid, sender)
            except BaseException:
                self._settle(0)
                raise
            self._settle(reception is not Reception.KNOWN)
        finally:
            received.unlink(missing_ok=True)
        self._metrics.reception(reception)
        log.info("object_taken", extra={"kind": reception.value})
        return reception

    def _refusal(self) -> str | None:
        if self._stopping:
            return "stopping"
        if time.monotonic() - self._read_at >= FRESH_S:
            self._unknown = None
            try:
                self._waiting = self._queue.counts()[State.QUEUED]
                self._free = self._storage.free_mb() >= self._min_free_mb
            except (QueueError, OSError) as error:  # they may take long to fail, and everyone waits in turn
                self._unknown = error
            self._taken_since = 0
            self._read_at = time.monotonic()
        if self._unknown is not None:
            raise self._unknown.with_traceback(None)
        if not self._free:
            return "disk"
        return "queue" if self._waiting + self._taken_since + self._being_taken >= self._max_queue else None

    def _reserve(self) -> None:
        with self._lock:
            reason = self._refusal()
            if reason is None:
                self._being_taken += 1
        if reason is not None:
            raise self.refuse(reason)

    def _settle(self, taken: int) -> None:
        with self._lock:
            self._being_taken -= 1
            self._taken_since += taken

    def _enter(self, received: Path, sop_instance_uid: str, sop_class_uid: str, sender: str) -> Reception:
        if not is_candidate(sop_class_uid):
            kind = Kind.NOT_CANDIDATE
            reason = "objects of this SOP class hold no radiograph of the chest"
            return self._queue.put(
                Arrival(sop_instance_uid, sop_class_uid, sender, "", self._recipe, kind=kind, reason=reason)
            )
        path = self._storage.keep(received)
        arrival = Arrival(sop_instance_uid, sop_class_uid, sender, path, self._recipe)
        try:
            reception = self._queue.put(arrival)
            if reception is Reception.KNOWN:
                reception = self._replace(arrival)
        except BaseException as error:
            # A server may have entered the job although its answer was lost; then the file is the queue's, and the
            # object is known when it comes again. If it was not entered, housekeeping finds that no job has the file.
            if not isinstance(error, QueueError) or isinstance(error, DiskFullError):
                self._storage.remove(path)
            raise
        if reception is Reception.KNOWN:
            self._storage.remove(path)
        return reception

    def _replace(self, arrival: Arrival) -> Reception:
        job = self._queue.find(arrival.sop_instance_uid, arrival.recipe)
        if job is None or not (job.state is State.SKIPPED or (job.state is State.DEAD and not job.products)):
            return Reception.KNOWN
        digest = sha256_of(self._storage.root / arrival.path)
        if digest == (job.digest or self._digest(job)):
            return Reception.KNOWN
        reception = self._queue.put(arrival, digest)
        if reception is Reception.REPLACED:
            self._storage.remove(job.path)
        return reception

    def _digest(self, job: Job) -> str:
        """Digest of an object that killed its worker before the worker could tell it."""
        try:
            return sha256_of(self._storage.root / job.path) if job.path else ""
        except FileNotFoundError:
            return ""
