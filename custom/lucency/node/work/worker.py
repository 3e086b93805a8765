"""The child process that answers: it claims a job, works on it, tells the queue, and claims the next."""

import logging
import os
import signal
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from ...errors import explanation, one_line
from ...memory import RADIOGRAPHS_BYTES, keep_freed_memory
from ..jobs import Job, Kind, State
from ..queue.protocol import JobQueue
from ..settings import NodeSettings
from ..storage import Storage
from .outcome import Outcome

if TYPE_CHECKING:
    from .job_runner import JobRunner

log = logging.getLogger("lucency.node")

NICENESS = 5  # whoever waits for an acknowledgement comes first
IDLE_S = 0.1
RETRY_S = 1.0
SPARE_S = 30.0
"""Seconds by which a lease outlasts the time for a job: the supervisor ends a worker first."""


def work(settings: NodeSettings, owner: str, connection: Connection) -> None:
    """Work until SIGTERM, then finish the job at hand.

    Args:
        settings: of the node.
        owner: begins with the node's name and a slash.
        connection: tells the supervisor ``("ready", model)``, ``("begin", job, lease)``, ``("end", job)``, or
            ``("failed", one line)`` if the bundle cannot answer.
    """
    import torch

    os.nice(NICENESS)
    keep_freed_memory(RADIOGRAPHS_BYTES)
    torch.set_num_threads(1)
    worker = Worker(settings, owner, connection)
    signal.signal(signal.SIGTERM, worker.end)
    with suppress(BrokenPipeError, ConnectionResetError):  # nobody listens any more
        worker.run()


class Worker:
    """Claim, work, tell, tidy; `work` is this in a process of its own.

    Args:
        settings: of the node.
        owner: of leases.
        connection: to the supervisor.
    """

    def __init__(self, settings: NodeSettings, owner: str, connection: Connection) -> None:
        self._settings = settings
        self._owner = owner
        self._connection = connection
        self._ended = False

    def end(self, *_: object) -> None:
        """Claim nothing more; takes what a signal handler gets."""
        self._ended = True

    def run(self) -> None:
        """Load the model and serve, or tell why that cannot be."""
        try:
            storage = Storage(self._settings.storage_root, self._owner.split("/")[0], make=False)
            runner, model = self._prepared(storage)
            from ..queue import open_queue

            queue = open_queue(self._settings)
        except Exception as error:
            line = explanation(error) or one_line(f"{type(error).__name__}: {error}")
            self._connection.send(("failed", line))
            return
        self._connection.send(("ready", model))
        try:
            self.serve(queue, storage, runner)
        finally:
            queue.close()

    def _prepared(self, storage: Storage) -> "tuple[JobRunner, dict[str, object]]":
        from . import preload  # the fork server has it, else it would count as the first job's memory

        predictor = preload.Predictor(self._settings)
        runner = preload.JobRunner(self._settings, storage, predictor, preload.Products(predictor.parts))
        return runner, {
            "recipe": predictor.recipe,
            "name": predictor.identity.name,
            "version": predictor.identity.version,
            "findings": len(predictor.identity.findings),
            "backend": predictor.answered_by,
        }

    def serve(self, queue: JobQueue, storage: Storage, runner: "JobRunner") -> None:
        """Work off the queue until `end`, or until a job has taken more memory than it may."""
        while not self._ended:
            try:
                jobs = queue.claim("work", self._owner, self._settings.lease_s + SPARE_S)
            except Exception:  # the queue is out of reach; it comes back, or somebody stops the node
                log.exception("queue_failed")
                time.sleep(RETRY_S)
                continue
            if not jobs:
                time.sleep(IDLE_S)
            for job in jobs:
                if self._finish(queue, storage, job, runner) is Kind.MEMORY_LIMIT:
                    return  # what a shortage leaves behind is not idle memory; a fresh process takes over

    def _finish(self, queue: JobQueue, storage: Storage, job: Job, runner: "JobRunner") -> Kind | None:
        began = time.monotonic()
        self._connection.send(("begin", job.id, job.lease))
        outcome = runner.run(job)
        self._connection.send(("end", job.id))
        if self._told(queue, job, outcome):
            seconds = time.monotonic() - began
            log.info(outcome.event, extra={"job": job.id, "kind": outcome.kind, "seconds": seconds})
            try:
                _tidy(queue, storage, job, outcome)
            except Exception:  # it costs space, no result
                log.exception("tidying_failed", extra={"job": job.id})
        return outcome.kind

    def _told(self, queue: JobQueue, job: Job, outcome: Outcome) -> bool:
        """Tell the queue, again and again until the lease is over: then somebody else does the work."""
        until = time.monotonic() + SPARE_S
        while True:
            try:
                return outcome.tell(queue, job)
            except Exception:
                log.exception("queue_failed", extra={"job": job.id})
                if self._ended or time.monotonic() > until:
                    return False
                time.sleep(RETRY_S)


def _tidy(queue: JobQueue, storage: Storage, job: Job, outcome: Outcome) -> None:
    """Remove the object of a job that has no result, and the products of one whose result another job has."""
    if outcome.state is State.BUILT:
        if outcome.recipe == job.recipe:
            return
        now = queue.get(job.id)
        if now is None or now.state is not State.SKIPPED:
            return
        storage.withdraw(job.name)
    elif outcome.state is not State.SKIPPED:
        return
    storage.remove(job.path)
    queue.clear_path(job.id)
