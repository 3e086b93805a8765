"""The node: its parts, put together in the order in which they depend on each other."""

import logging
import signal
import threading
from contextlib import ExitStack
from functools import partial
from typing import Protocol

from .folders import writable_folder
from .housekeeping import Housekeeping
from .intake import Intake, StoreScp
from .intake.puller import Puller
from .intake.stow import StowService
from .operations.app import node_app
from .operations.audit import Auditor, auditor_of
from .operations.http_server import HttpServer
from .operations.logs import configure_logs
from .operations.metrics import NodeMetrics
from .operations.status import NodeStatus
from .queue import open_queue
from .settings import NodeSettings
from .state_folder import StateFolder
from .storage import Storage
from .work.supervisor import Supervisor

log = logging.getLogger("lucency.node")

NOT_AUTHENTICATED = ("called_ae", "calling_ae", "tls")
"""Refusals that a security officer wants to know of; the others are those of a busy node."""


class Part(Protocol):
    """What runs in threads of its own."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End; what is going on is finished."""


class Node:
    """Take radiographs, answer them, send the results; `run` returns when the process is told to end.

    Objects are taken only when a worker is ready, since what identifies a result is known then. At the end the node
    stops taking, lets workers finish what they have, and leaves the rest in the queue for its next start.

    Args:
        settings: see `NodeSettings`.

    Example:
        >>> from lucency.node.settings import node_settings
        >>> node = Node(node_settings({"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242"}))
    """

    def __init__(self, settings: NodeSettings) -> None:
        self.settings = settings
        self._end = threading.Event()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT.

        Raises:
            ConfigError: the bundle cannot answer, another node runs on the state folder, a folder cannot be written,
                or an address is taken.
            QueueError: the queue cannot be opened.
        """
        configure_logs()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._end.set())
        state = StateFolder(self.settings.state)
        with state.locked(), ExitStack() as stack:
            self._serve(state.node, stack)
        log.info("node_stopped")

    def _serve(self, node: str, stack: ExitStack) -> None:
        settings = self.settings
        storage = Storage(writable_folder("storage", settings.storage_root), node)
        if settings.fhir is not None:
            writable_folder("fhir", settings.fhir)  # else it would be missed with the first result
        queue = open_queue(settings)
        stack.callback(queue.close)
        storage.belong_to(queue.identity(), needed=bool(queue.paths()))
        auditor = auditor_of(settings)
        metrics = NodeMetrics()
        metrics.watch(queue, storage)

        supervisor = Supervisor(settings, node, queue)
        stack.callback(supervisor.stop, settings.lease_s)
        if not (model := supervisor.start(self._end)):
            return
        recipe = model["recipe"]
        intake = Intake(queue, storage, recipe, settings, metrics)
        status = NodeStatus(queue, supervisor, intake, storage, settings, model)
        parts: list[Part] = [
            Housekeeping(queue, storage, settings.keep_days),
            StoreScp(settings, intake, storage, metrics, on_refused=partial(_alert, auditor)),
        ]
        if settings.pull is not None:
            parts.append(Puller(settings, intake, queue, storage, recipe))
        parts.append(HttpServer(settings, node_app(status, metrics, StowService(intake, storage))))  # says it is ready
        for part in parts:
            part.start()
            stack.callback(part.stop)
        stack.callback(intake.stop)  # the first to be called: nothing is taken any more

        auditor.application(started=True)
        log.info("node_ready")
        self._end.wait()
        log.info("node_stopping")
        auditor.application(started=False)


def _alert(auditor: Auditor, kind: str, address: str, title: str) -> None:
    if kind in NOT_AUTHENTICATED:
        auditor.rejected(host=address, title=title)
