"""Sending by C-STORE."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pynetdicom import AE, _config, build_context, evt
from pynetdicom.association import Association

from ..addresses import Peer
from ..intake.tls import client_context
from ..settings import NodeSettings
from .answer import Answer, Outcome, Outgoing, judged

# The bytes of a file go as they are, and are never decoded.
_config.STORE_SEND_CHUNKED_DATASET = True
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)  # it names patients' UIDs

ASSOCIATION_S = 5.0
"""Wait for a connection, and for the answer to an association request."""
WATCH_S = 0.5
"""How often a wait is looked at that nobody may end."""
ANSWER_S = 30.0
"""Wait for the answer to one object; pynetdicom loses one in some thousands under load, which then is sent again."""
LONGEST_ANSWER_S = 120.0
"""The same for a PACS that has let us wait in vain: a slow one would be sent the same object for ever."""
_CONTEXTS = 128  # PS3.8 9.3.2.2: their numbers are odd and below 256


class StoreScu:
    """A PACS that is spoken to by C-STORE; one association a batch.

    Each file is offered with the transfer syntax that it has, so that what arrives is what lies here.

    Args:
        settings: `pacs` is ``AET@HOST:PORT``.
        peer: its parsed form.
    """

    def __init__(self, settings: NodeSettings, peer: Peer) -> None:
        self.peer = peer
        self.entity = AE(ae_title=settings.aet)
        self.entity.connection_timeout = self.entity.acse_timeout = ASSOCIATION_S
        self.entity.dimse_timeout = ANSWER_S
        context = client_context(settings)
        self.tls = None if context is None else (context, peer.host)

    @contextmanager
    def session(self, files: Sequence[Outgoing]) -> Iterator["StoreSession"]:
        """Associate with contexts for these files."""
        offers = sorted({(file.identity.sop_class_uid, file.identity.transfer_syntax_uid) for file in files})
        try:
            association = self.entity.associate(
                self.peer.host,
                self.peer.port,
                [build_context(sop_class, syntax) for sop_class, syntax in offers[:_CONTEXTS]],
                self.peer.aet,
                tls_args=self.tls,
                evt_handlers=[(evt.EVT_CONN_OPEN, _limit_waits)],
            )
        except OSError:  # a host name that nobody knows
            yield StoreSession(None, self)
            return
        try:
            yield StoreSession(association, self)
        finally:
            if association.is_established:
                association.release()

    def waited(self, seconds: float, *, answered: bool) -> None:
        """Wait twice as long from now on if an answer did not come in time; as at first, once the PACS is fast."""
        longest = float(self.entity.dimse_timeout or ANSWER_S)
        if not answered and seconds >= longest:
            self.entity.dimse_timeout = min(2 * longest, LONGEST_ANSWER_S)
        elif answered and seconds < ANSWER_S / 2:
            self.entity.dimse_timeout = ANSWER_S


class StoreSession:
    """An association, or the lack of one."""

    def __init__(self, association: Association | None, scu: StoreScu) -> None:
        self.association = association
        self._scu = scu
        self.connected = association is not None and bool(
            association.accepted_contexts or association.rejected_contexts
        )

    def send(self, file: Outgoing) -> Answer:
        """Send one file; see `Session`."""
        association = self.association
        if association is None or not self.connected:
            rejected = association is not None and association.is_rejected
            return Answer(Outcome.UNREACHABLE, "association rejected" if rejected else "no association")
        offer = (file.identity.sop_class_uid, file.identity.transfer_syntax_uid)
        if offer not in {(cx.abstract_syntax, cx.transfer_syntax[0]) for cx in association.accepted_contexts}:
            return Answer(Outcome.REFUSED, "SOP class or transfer syntax not accepted")
        answered = threading.Event()
        threading.Thread(target=_watch, args=(association, answered), daemon=True).start()
        began = time.monotonic()
        try:
            status = association.send_c_store(file.path)
        except RuntimeError:
            return Answer(Outcome.UNREACHABLE, "association lost")
        finally:
            answered.set()
        self._scu.waited(time.monotonic() - began, answered="Status" in status)
        return judged(status.Status) if "Status" in status else Answer(Outcome.UNREACHABLE, "no answer")


def _limit_waits(event: evt.Event) -> None:
    """Limit how long a peer that stops reading, or stops in the middle of a message, holds the socket."""
    event.assoc.dul.socket.socket.settimeout(ANSWER_S)


def _watch(association: Association, answered: threading.Event) -> None:
    """Let `send_c_store` go on that waits for a thread which has ended.

    pynetdicom 3.0 waits without limit for the pause of its association's thread, if that ends between its check of it
    and the wait; and as long as for an answer, if that thread has taken the news of an abort out of the queue.
    """
    while not answered.wait(WATCH_S):
        if not association.is_alive():
            association._is_paused = True
            if not association.dul.is_alive():
                association.dimse.msg_queue.put((None, None))  # what pynetdicom puts there itself after an abort
                return
