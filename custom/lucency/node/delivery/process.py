"""The courier as a process of its own, so that no PACS that hangs holds up those who wait for an acknowledgement."""

import signal
import threading
from multiprocessing.connection import Connection

from ...errors import LucencyError
from ..queue import open_queue
from ..settings import NodeSettings
from .courier import Courier
from .destination import destination_of


def deliver(settings: NodeSettings, owner: str, connection: "Connection[object, object]") -> None:
    """Be the courier: what its process runs, until SIGTERM.

    Args:
        settings: of the node.
        owner: of leases.
        connection: to the supervisor.
    """
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        destination = destination_of(settings)
        queue = open_queue(settings)
    except LucencyError as error:
        connection.send(("failed", str(error)))
        raise SystemExit(1) from None
    try:
        Courier(settings, queue, destination, owner, connection, stop, signal.alarm).run()
    finally:
        queue.close()
