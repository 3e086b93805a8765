"""A PACS of pynetdicom that answers each object as a test likes."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any

from pydicom import uid
from pydicom.uid import UID
from pynetdicom import AE, build_context, evt

from node.delivery.results import SR

Behaviour = Callable[[Any, int], int]
"""Event and its number to a status."""


class Pacs:
    """Notes UIDs and data sets of what it is sent, whatever it answers.

    Args:
        behaviour: gives the status; may abort, or wait.
        port: 0 takes a free one.
        contexts: SOP class and transfer syntax that it accepts.
        tls: of its side, if it speaks TLS.
    """

    def __init__(
        self,
        behaviour: Behaviour = lambda event, number: 0,
        port: int = 0,
        contexts: Sequence[tuple[UID, UID]] = ((SR, uid.ExplicitVRLittleEndian),),
        tls: SSLContext | None = None,
    ) -> None:
        self.behaviour = behaviour
        self.received: list[tuple[str, bytes]] = []
        self.associations: list[str] = []
        self.released = threading.Event()
        self._entity = AE("PACS")
        self._entity.supported_contexts = [build_context(*context) for context in contexts]
        self._entity.require_called_aet = True
        handlers = [(evt.EVT_C_STORE, self._store), (evt.EVT_ACCEPTED, self._accepted)]
        self._server = self._entity.start_server(
            ("127.0.0.1", port), block=False, ssl_context=tls, evt_handlers=handlers
        )  # type: ignore[arg-type]
        self.port = int(self._server.server_address[1])
        self.address = f"PACS@127.0.0.1:{self.port}"

    def _accepted(self, event: Any) -> None:
        self.associations.append(event.assoc.requestor.ae_title)

    def _store(self, event: Any) -> int:
        self.received.append((str(event.request.AffectedSOPInstanceUID), event.request.DataSet.getvalue()))
        return self.behaviour(event, len(self.received))

    def uids(self) -> list[str]:
        """What came, in order."""
        return [uid for uid, _ in self.received]

    def stop(self) -> None:
        """Go away."""
        self.released.set()
        self._server.shutdown()


@contextmanager
def pacs(*arguments: Any, **options: Any) -> Iterator[Pacs]:
    """Be a PACS for a while."""
    peer = Pacs(*arguments, **options)
    try:
        yield peer
    finally:
        peer.stop()
