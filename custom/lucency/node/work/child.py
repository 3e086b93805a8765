"""A child process of the node as its supervisor sees it: started from a fork server, told apart by its messages."""

import logging
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any, NamedTuple
from uuid import uuid4

from ..operations.logs import configure_logs
from ..settings import NodeSettings
from .limits import die_with_parent

log = logging.getLogger("lucency.node")

Target = Callable[[NodeSettings, str, Connection], None]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class HeldJob(NamedTuple):
    """What a child says it works on, and since when."""

    id: int
    lease: str
    since: float


class Child:
    """One place for a process, which is filled again when the process ends.

    Args:
        name: of the place.
        node: name of the node.
        target: what the process runs; gets settings, the owner of its leases, and a connection for messages.
        settings: of the node.

    Attributes:
        role: what it does, in one word for logs.
        owner: node, place and a token of the present process.
        job: what it works on.
        ready: whether it has said so.
        worked: whether it has ever begun a job.
        killed: the job for whose sake the supervisor has ended it.
        failures: how often it ended at once, in a row.
        due: when to start it, by the monotonic clock.
    """

    def __init__(self, name: str, node: str, target: Target, settings: NodeSettings) -> None:
        self.name = name
        self.role = name.split("-")[0]
        self._node = node
        self._target = target
        self._settings = settings
        self.failures = 0
        self.due = 0.0
        self.process: ForkServerProcess | None = None
        self._forget()

    def _forget(self) -> None:
        self.owner = f"{self._node}/{self.name}-{uuid4().hex[:8]}"
        self.connection: Connection | None = None
        self.started = time.monotonic()
        self.job: HeldJob | None = None
        self.killed: HeldJob | None = None
        self.ready = self.worked = False

    def start(self) -> None:
        """Fill the place."""
        self._forget()
        ours, theirs = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("forkserver")
        process = context.Process(
            target=_enter, args=(self._target, self._settings, self.owner, theirs), name=self.name, daemon=True
        )
        with theirs, _fork_server_environment():
            process.start()
        self.process, self.connection = process, ours
        self.started = time.monotonic()

    @property
    def is_alive(self) -> bool:
        """Whether the process runs."""
        return self.process is not None and self.process.is_alive()

    def watched(self) -> Iterator[Connection | int]:
        """What `multiprocessing.connection.wait` is to watch."""
        if self.process is not None:
            yield self.process.sentinel
        if self.connection is not None:
            yield self.connection

    def messages(self) -> Iterator[tuple[Any, ...]]:
        """What it has said since the last call."""
        try:
            while self.connection is not None and self.connection.poll():
                yield self.connection.recv()
        except (EOFError, OSError):
            self._hang_up()

    def bury(self) -> int:
        """Empty the place of a process that has ended; its exit code."""
        process, self.process = self.process, None
        self._hang_up()
        if process is None:
            return 0
        process.join()
        code = process.exitcode or 0
        process.close()
        return code

    def signal(self, number: int) -> None:
        """Send a signal to the process, if there is one."""
        if self.process is not None and self.process.pid is not None and self.process.is_alive():
            with suppress(ProcessLookupError):  # it ended just now
                os.kill(self.process.pid, number)

    def _hang_up(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def preload(modules: Sequence[str]) -> None:
    """Have the fork server import modules before the first child starts; the main module of the program is left out."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(modules))


@contextmanager
def _fork_server_environment() -> Iterator[None]:
    """If this starts the fork server: with one thread, and deaf to the SIGTERM that ends a whole group of processes."""
    resource_tracker.ensure_running()  # else it would be started on the way, and would let SIGTERM through again
    before = {name: os.environ.get(name) for name in THREADS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def _enter(target: Target, settings: NodeSettings, owner: str, connection: Connection) -> None:
    """Begin a child: it ends with the node, heeds SIGTERM alone, and leaves no patient in logs or core files."""
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the node says when to end
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    configure_logs()
    try:
        target(settings, owner, connection)
    except Exception:  # multiprocessing would print it, values and all
        log.exception("child_failed")
        sys.exit(1)
