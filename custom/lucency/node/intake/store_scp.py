"""The node's C-STORE and C-ECHO service."""

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from pynetdicom import evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.events import Event

from ...errors import ConfigError
from ..settings import NodeSettings
from ..storage import Storage
from .accepted_contexts import accepted_contexts
from .admission import REJECTIONS, Admission
from .association_server import AssociationServer
from .ending import end_associations
from .guarded_socket import GuardedSocket
from .intake import Intake, NodeFullError
from .metrics import ScpMetrics
from .object_reception import ObjectReception
from .patience import Patience
from .received_object import PREFIX, ReceivedObject
from .silence import silence
from .statuses import CANNOT_UNDERSTAND, SUCCESS, status_of
from .tls import server_context

log = logging.getLogger("lucency.node")

LONGEST_DATA_PDU = 2**17
"""Bytes that a peer may send at once; pynetdicom's 16 KB halve the rate of large images."""


class StoreScp:
    """Takes associations, gives objects to the intake, acknowledges what is safe.

    Every storage SOP class and transfer syntax that pynetdicom knows is accepted, and objects are stored as sent.

    Args:
        settings: `aet`, `listen`, `allow`, `max_associations` and the TLS files are used.
        intake: decides about objects.
        storage: gives the folder for objects on their way.
        metrics: counts.
        on_refused: is told why a peer was refused (``called_ae``, ``calling_ae``, ``limit``, ``stopping`` or ``tls``),
            its address, and its AE title where it gave one.
        patience: how long peers are waited for.
    """

    def __init__(
        self,
        settings: NodeSettings,
        intake: Intake,
        storage: Storage,
        metrics: ScpMetrics,
        *,
        on_refused: Callable[[str, str, str], None] | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._storage = storage
        self._metrics = metrics
        self._on_refused = on_refused
        self._patience = patience or Patience()
        self._server: AssociationServer | None = None
        self._thread: threading.Thread | None = None
        self._admission = Admission(settings)
        self._stopping = False

    @property
    def port(self) -> int:
        """That is listened on."""
        if self._server is None:
            raise RuntimeError("StoreScp is not started")
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Listen; what a kill left half received is removed first.

        Raises:
            ConfigError: the address cannot be listened on, or TLS cannot be set up.
        """
        silence()
        tls = server_context(self._settings)
        for leftover in self._storage.incoming.glob(f"{PREFIX}*"):
            leftover.unlink(missing_ok=True)
        listen = self._settings.listen
        try:
            found = socket.getaddrinfo(listen.host, listen.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
            self._server = AssociationServer(
                self._entity(),
                found[0][4],  # type: ignore[arg-type]
                accepted_contexts(),
                [
                    (evt.EVT_REQUESTED, self._requested),
                    (evt.EVT_ESTABLISHED, self._established),
                    (evt.EVT_C_ECHO, self._echo),
                    (evt.EVT_C_STORE, self._store),
                ],
                patience=self._patience,
                folder=self._storage.incoming,
                full=self._full,
                tls=tls,
                most=self._settings.max_associations,
                refused=self._refused,
            )
        except OSError as error:
            raise ConfigError(
                f"listen: {listen}: cannot be listened on ({error.strerror or error}); give another address or port"
            ) from error
        self._thread = threading.Thread(target=self._server.serve, name="store-scp", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take no more associations; let objects that are on their way come in, then abort."""
        server = self._server
        if server is None or self._stopping:
            return
        self._stopping = True
        self._admission.close()
        until = time.monotonic() + self._patience.grace
        with contextlib.suppress(ValueError):  # pynetdicom wants to forget a server that it did not start
            server.shutdown()
        while server.busy() and time.monotonic() < until:
            time.sleep(0.02)
        end_associations(server)

    def _entity(self) -> ApplicationEntity:
        entity = ApplicationEntity(self._settings.aet)
        entity.maximum_pdu_size = LONGEST_DATA_PDU
        entity.acse_timeout = self._patience.negotiation
        entity.network_timeout = self._patience.idle
        entity.dimse_timeout = self._patience.pdu
        entity.maximum_associations = 2**31  # `Admission` counts those that have asked; this, all connections
        return entity

    def _full(self) -> NodeFullError | None:
        reason = self._intake.refusal()
        return None if reason is None else self._intake.refuse(reason)

    def _refused(self, kind: str, address: str, title: str = "") -> None:
        log.warning("association_refused", extra={"kind": kind})
        self._metrics.association("refused")
        if self._on_refused is not None:
            self._on_refused(kind, address, title)

    def _requested(self, event: Event) -> None:
        association = event.assoc
        kind = self._admission.objection(association)
        if kind is None:
            if isinstance(association.dul.socket, GuardedSocket):
                association.dul.socket.allow(self._patience.pdu)
        else:
            association.acse.send_reject(*REJECTIONS[kind])
            association.kill()
            self._refused(kind, str(association.requestor.address), association.requestor.ae_title.strip())

    def _established(self, event: Event) -> None:
        self._metrics.association("accepted")

    def _echo(self, event: Event) -> int:
        return SUCCESS

    def _store(self, event: Event) -> int:
        request: Any = event.request
        received: ReceivedObject | None = request._dataset_file
        reception = event.assoc.dimse
        if received is None or not isinstance(reception, ObjectReception):
            return CANNOT_UNDERSTAND
        try:
            if received.failure is not None:
                raise received.failure
            self._intake.take(
                received.path,
                sop_instance_uid=str(request.AffectedSOPInstanceUID),
                sop_class_uid=str(request.AffectedSOPClassUID),
                sender=event.assoc.requestor.ae_title.strip(),
            )
            self._metrics.acknowledged(time.monotonic() - received.finished)
            return SUCCESS
        except Exception as error:
            if not isinstance(error, NodeFullError):  # the intake has told that
                log.exception("object_failed")
            return status_of(error)
        finally:
            reception.taken(received)
