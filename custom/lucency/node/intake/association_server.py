"""Takes connections; none of them can hold up another, before it is an association and after."""

import logging
import socket
import ssl
import threading
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.events import EventHandlerType
from pynetdicom.presentation import PresentationContext
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from .guarded_machine import GuardedMachine
from .guarded_socket import GuardedSocket
from .object_reception import ObjectReception
from .patience import Patience

log = logging.getLogger("lucency.node")

SPARE_CONNECTIONS = 128
"""How many may be open beyond the associations that are allowed: on their way to one, or to be rejected."""


POLL_S = 0.1
"""How often it is looked after what ended associations have left."""

COLLECT_S = 30
"""How often the threads of ended associations, which are cycles of references, are collected."""


class SharedContexts(list[PresentationContext]):
    """Contexts that all associations share; pynetdicom copies 170 of them for each, which takes 50 ms."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "SharedContexts":
        return self


class ConnectionHandler(RequestHandler):  # type: ignore[misc]
    """Makes an association of a connection, once its peer has said something."""

    server: "AssociationServer"
    request: socket.socket

    def handle(self) -> None:
        """Wait for the first byte, shake hands, and start the association's threads.

        A probe that connects and closes never comes to have a thread of an association: pynetdicom lets it stay for
        the whole timeout and counts it.
        """
        connection = self.request
        patience = self.server.patience
        connection.settimeout(patience.negotiation)
        try:
            if not connection.recv(1, socket.MSG_PEEK):
                self.server.shutdown_request(connection)
                return
            if self.server.tls is not None:
                connection = self.request = self.server.tls.wrap_socket(connection, server_side=True)
        except OSError as error:
            if isinstance(error, ssl.SSLError):
                self.server.refused("tls", self.client_address[0])
            self.server.shutdown_request(connection)
            return
        association = self._create_association()
        plain = association.dul.socket
        if plain is not None:
            association.dul.socket = GuardedSocket(plain, patience.negotiation)
        association.dul.state_machine = GuardedMachine(association.dul)
        reception = ObjectReception(association, self.server.folder, self.server.full)
        association.dimse = reception
        association.start()
        self.server.receptions.add(reception)


class AssociationServer(ThreadedAssociationServer):  # type: ignore[misc]
    """A server whose accept loop does nothing but accept.

    Args:
        ae: application entity.
        address: host and port.
        contexts: that are supported.
        handlers: of events.
        patience: how long peers are waited for.
        folder: where objects are received.
        full: gives the error if the node has no room.
        tls: context, or ``None`` for plain connections.
        most: connections at once, `SPARE_CONNECTIONS` are added.
        refused: is told why, and the address, of peers that could not even ask for an association.
    """

    request_queue_size = SPARE_CONNECTIONS
    daemon_threads = True

    def __init__(
        self,
        ae: ApplicationEntity,
        address: tuple[str, int],
        contexts: list[PresentationContext],
        handlers: list[EventHandlerType],
        *,
        patience: Patience,
        folder: Path,
        full: Callable[[], Exception | None],
        tls: ssl.SSLContext | None,
        most: int,
        refused: Callable[[str, str], None],
    ) -> None:
        self.patience = patience
        self.folder = folder
        self.full = full
        self.tls = tls  # not pynetdicom's ssl_context, which makes the accept loop wait for the handshake
        self.refused = refused
        self.receptions: set[ObjectReception] = set()
        self._most = most + SPARE_CONNECTIONS
        self._opening = 0
        self._count = threading.Lock()
        super().__init__(
            ae,
            address,
            ae.ae_title,
            SharedContexts(deepcopy(contexts)),
            None,
            handlers,
            request_handler=ConnectionHandler,
        )

        self._gc = [0, round(COLLECT_S / POLL_S)]  # pynetdicom's own count of polls until it collects garbage

    def serve(self) -> None:
        """Accept until `shutdown`."""
        self.serve_forever(poll_interval=POLL_S)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept, nothing else."""
        accepted: tuple[socket.socket, Any] = self.socket.accept()
        return accepted

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether there is room for one more connection; else it is closed at once."""
        fits = self._opening + len(self.receptions) < self._most
        if not fits:
            self.refused("limit", client_address[0])
        return fits

    def process_request(self, request: Any, client_address: Any) -> None:
        """Handle a connection in a thread."""
        with self._count:
            self._opening += 1
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._opened()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Handle a connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._opened()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log an error, instead of printing it."""
        log.exception("connection_failed")

    def service_actions(self) -> None:
        """Look after associations that have ended."""
        super().service_actions()
        self.sweep()

    def sweep(self) -> None:
        """Remove what ended associations have left."""
        for reception in [*self.receptions]:
            association = reception.assoc
            if not association.is_alive() and not association.dul.is_alive():
                reception.clear()
                self.receptions.discard(reception)

    def associations(self) -> list[Association]:
        """Associations whose threads run."""
        return [reception.assoc for reception in [*self.receptions] if reception.assoc.is_alive()]

    def busy(self) -> bool:
        """Whether an object is on its way."""
        return any(reception.busy for reception in [*self.receptions])

    def _opened(self) -> None:
        with self._count:
            self._opening -= 1
