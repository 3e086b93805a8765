"""What dead children leave behind: a job that they died of, leases that nobody holds any more."""

import logging
from dataclasses import dataclass

from ..jobs import Kind
from ..queue.protocol import JobQueue
from ..settings import NodeSettings
from .child import HeldJob
from .outcome import tried

log = logging.getLogger("lucency.node")


@dataclass(frozen=True, slots=True)
class Estate:
    """What is to be said of one dead child.

    Attributes:
        owner: of its leases.
        job: what it died of, if anything.
        kind: why.
        code: its exit code, negative for a signal.
    """

    owner: str
    job: HeldJob | None
    kind: Kind
    code: int


class Estates:
    """Tell the queue of dead children; a queue that is away is told later.

    Args:
        queue: where the jobs are.
        settings: of the node.
    """

    def __init__(self, queue: JobQueue, settings: NodeSettings) -> None:
        self._queue = queue
        self._settings = settings
        self._waiting: list[Estate] = []

    def add(self, estate: Estate) -> None:
        """Note one, for the next `settle`."""
        self._waiting.append(estate)

    def settle(self) -> None:
        """Count the attempt that a job was, or end the job after the last; give other leases back uncounted."""
        while self._waiting:
            try:
                self._settle(self._waiting[0])
            except Exception:
                log.exception("queue_failed")
                return
            del self._waiting[0]

    def _settle(self, estate: Estate) -> None:
        job = self._queue.get(estate.job.id) if estate.job else None
        if job is not None and estate.job is not None and job.lease == estate.job.lease:  # else it is another's by now
            limit = f"took more than {self._settings.lease_s:g} s"
            reason = limit if estate.kind is Kind.TIME_LIMIT else f"the worker ended with code {estate.code}"
            outcome = tried(job, estate.kind, reason, self._settings)
            if outcome.tell(self._queue, job):
                log.warning(outcome.event, extra={"job": job.id, "kind": estate.kind})
        self._queue.release(estate.owner)
