"""How associations end that are still there when the node stops."""

import threading
import time

from .association_server import AssociationServer
from .guarded_socket import GuardedSocket

ABORT_S = 1.0
"""Time for an A-ABORT to be sent; after it the connection is cut."""


def end_associations(server: AssociationServer) -> None:
    """Abort all associations of a server, and cut the connections of those that do not end by it."""
    ending = [threading.Thread(target=association.abort, daemon=True) for association in server.associations()]
    for thread in ending:
        thread.start()
    until = time.monotonic() + ABORT_S
    for thread in ending:
        thread.join(max(until - time.monotonic(), 0))
    for association in server.associations():  # their threads wait for the rest of a PDU
        if isinstance(association.dul.socket, GuardedSocket):
            association.dul.socket.sever()
    for thread in ending:
        thread.join(ABORT_S)
    server.sweep()
