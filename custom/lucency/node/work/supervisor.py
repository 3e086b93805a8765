"""The parent of workers and courier: starts them, ends those that hang, replaces those that die, settles their jobs."""

import logging
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from multiprocessing.connection import wait
from signal import SIGKILL, SIGTERM
from typing import Any

from ...errors import ConfigError
from ..delivery.process import deliver
from ..jobs import Kind
from ..queue.protocol import JobQueue
from ..settings import NodeSettings
from .child import Child, HeldJob, Target, preload
from .estates import Estate, Estates
from .worker import work

log = logging.getLogger("lucency.node")

PRELOAD = ("lucency.node.work.preload", "lucency.node.delivery.process")
TICK_S = 0.2
AT_ONCE_S = 10.0
"""A child that ends sooner, without having worked, is started again after a wait."""
LONGEST_WAIT_S = 30.0


class Supervisor:
    """Keep so many workers and one courier running.

    A child that takes longer than ``lease_s`` for a job is killed, one that dies is replaced; the job that it held is
    tried again, or is dead after ``attempts``. Other leases that it had are given back, and were no attempts.

    Args:
        settings: of the node.
        node: its name; owners of leases begin with it.
        queue: the node's.
        worker, courier: what the children run.
        modules: imported once, for all children.

    Attributes:
        pacs: ``ok``, ``unreachable`` or ``unknown``, as the courier says.
    """

    def __init__(
        self,
        settings: NodeSettings,
        node: str,
        queue: JobQueue,
        *,
        worker: Target = work,
        courier: Target = deliver,
        modules: Sequence[str] = PRELOAD,
    ) -> None:
        self.pacs = "unknown"
        self._settings = settings
        self._node = node
        self._queue = queue
        self._modules = modules
        self._workers = [Child(f"worker-{n + 1}", node, worker, settings) for n in range(settings.workers)]
        self._children = [*self._workers, Child("courier", node, courier, settings)]
        self._estates = Estates(queue, settings)
        self._first: Future[dict[str, Any]] = Future()
        self._ending = threading.Event()
        self._grace_s = 0.0
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    @property
    def workers_ready(self) -> int:
        """How many workers could take a job."""
        return sum(child.ready for child in self._workers)

    def start(self, end: threading.Event | None = None) -> dict[str, Any]:
        """Take back what an earlier run of this node had leased, and start the children.

        Args:
            end: once it is set, nobody waits for a worker any more.

        Returns:
            What the first worker that is ready says: ``recipe``, and of the model ``name``, ``version``, ``findings``
            and ``backend``. Nothing, if `end` came first.

        Raises:
            ConfigError: a worker cannot answer; nothing runs then.
        """
        self._queue.release(f"{self._node}/")
        preload(self._modules)
        self._thread.start()
        try:
            while not wait_for([self._first], TICK_S).done:
                if end is not None and end.is_set():
                    self.stop(0)
                    return {}
            return self._first.result()
        except BaseException:
            self.stop(0)
            raise

    def stop(self, grace_s: float) -> None:
        """Let the children finish what they have, for so many seconds; then end them."""
        if self._thread.ident is None:
            return
        self._grace_s = grace_s
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._round(restarts=True)
            except Exception:  # whoever watches must not be the first to fall
                log.exception("supervisor_failed")
                self._ending.wait(TICK_S)
        self._drain()

    def _drain(self) -> None:
        deadline = time.monotonic() + self._grace_s
        for child in self._children:
            child.signal(SIGTERM)
        while any(child.process is not None for child in self._children):
            if time.monotonic() >= deadline:
                for child in self._children:
                    child.job = None  # that it is not done is no fault of its own
                    child.signal(SIGKILL)
            try:
                self._round(restarts=False)
            except Exception:
                log.exception("supervisor_failed")

    def _round(self, *, restarts: bool) -> None:
        for child in self._children:
            if restarts and child.process is None and time.monotonic() >= child.due:
                self._start(child)
        wait([thing for child in self._children for thing in child.watched()], TICK_S)
        for child in self._children:
            ended = child.process is not None and not child.is_alive  # asked first: then all it said can be read
            for message in child.messages():
                self._hear(child, *message)
            if ended:
                self._bury(child)
            elif child.job and time.monotonic() > child.job.since + self._settings.lease_s and not child.killed:
                child.killed = child.job
                child.signal(SIGKILL)
        self._estates.settle()

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except OSError:  # no process or descriptor to be had
            log.exception(f"{child.role}_not_started")
            self._wait_before(child)

    def _hear(self, child: Child, what: str, *rest: Any) -> None:
        if what == "ready":
            child.ready = True
            log.info(f"{child.role}_ready", extra={"seconds": time.monotonic() - child.started})
            if child in self._workers and not self._first.done():
                self._first.set_result(rest[0])
        elif what == "begin":
            child.job, child.worked = HeldJob(rest[0], rest[1], time.monotonic()), True
        elif what == "end":
            child.job = None
        elif what == "pacs":
            self.pacs = rest[0]
        elif what == "failed":
            log.error(f"{child.role}_failed")
            self._give_up(rest[0])

    def _bury(self, child: Child) -> None:
        job, owner, killed, said_ready = child.job, child.owner, child.killed, child.ready
        if killed and killed != job:  # it had finished just then, and what it had begun since is innocent
            job = None
        code = child.bury()
        child.ready, child.job = False, None
        kind = Kind.TIME_LIMIT if killed else Kind.CRASHED
        if code and not self._ending.is_set():
            log.warning(f"{child.role}_died", extra={"kind": kind, **({"job": job.id} if job else {})})
        if not said_ready and child in self._workers:
            self._give_up(
                f"{self._settings.bundle}: a worker ended with code {code} before it could answer; "
                "is there enough memory?"
            )
        self._estates.add(Estate(owner, job, kind, code))
        if child.worked or time.monotonic() - child.started > AT_ONCE_S:
            child.failures = 0
        else:
            self._wait_before(child)

    def _give_up(self, line: str) -> None:
        """End the start of the node; later on, a child that fails is only started again."""
        if not self._first.done():
            self._first.set_exception(ConfigError(line))

    def _wait_before(self, child: Child) -> None:
        child.failures += 1
        child.due = time.monotonic() + min(LONGEST_WAIT_S, TICK_S * 2**child.failures)
