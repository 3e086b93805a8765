"""What became of an attempt at a job, to be told to the queue in one call."""

from dataclasses import dataclass

from ..delivery.backoff import full_jitter
from ..jobs import Job, Kind, State
from ..queue.protocol import JobQueue
from ..settings import NodeSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a job goes after an attempt.

    Attributes:
        state: ``built``, ``skipped``, ``dead``, or ``queued`` for another attempt.
        kind: why, unless it is built.
        reason: the same in one line, which may quote the object.
        digest: SHA-256 of the object, if it was read.
        products: files to be sent, of ``built``.
        recipe: by which they were made.
        wait_s: seconds before another attempt.
        counts: whether this was one.
    """

    state: State
    kind: Kind | None = None
    reason: str = ""
    digest: str = ""
    products: tuple[str, ...] = ()
    recipe: str = ""
    wait_s: float = 0
    counts: bool = True

    @property
    def event(self) -> str:
        """What logs call it."""
        return "job_again" if self.state is State.QUEUED else f"job_{self.state}"

    def tell(self, queue: JobQueue, job: Job) -> bool:
        """Enter it; ``False`` if another has the job by now, and nothing was changed."""
        if self.state is State.BUILT:
            return queue.built(job, self.products, self.recipe, self.digest)
        kind = self.kind or Kind.NODE_FAILURE
        if self.state is State.SKIPPED:
            return queue.skipped(job, kind, self.reason, self.digest)
        if self.state is State.DEAD:
            return queue.dead(job, kind, self.reason, self.digest)
        return queue.again(job, kind, self.reason, self.wait_s, counts=self.counts)


def tried(job: Job, kind: Kind, reason: str, settings: NodeSettings) -> Outcome:
    """Another attempt after a wait with backoff and full jitter, or none after the last one."""
    if job.attempts >= settings.attempts:
        return Outcome(State.DEAD, kind, reason)
    wait_s = full_jitter(job.attempts - 1, settings.retry_base, settings.retry_cap)
    return Outcome(State.QUEUED, kind, reason, wait_s=wait_s)
