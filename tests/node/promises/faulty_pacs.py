"""A PACS that takes results, or refuses, is busy, hangs, or is away, as a test likes."""

import threading
import time
from collections import defaultdict
from types import TracebackType
from typing import Any

from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    Comprehensive3DSRStorage,
    ComprehensiveSRStorage,
    SecondaryCaptureImageStorage,
    Verification,
)

from node.ports import free_port

SUCCESS, BUSY, CANNOT_UNDERSTAND, DUPLICATE, WARNING = 0x0000, 0xA700, 0xC000, 0x0111, 0xB000
HANG, REJECT = -1, -2


class FaultyPacs:
    """An SCP of pynetdicom that notes every byte it is sent.

    Attributes:
        mood: status that it answers, or `HANG` (answers when the mood changes), or `REJECT` (rejects associations).
        received: SOP Instance UID to the data sets that came, in order, whatever was answered.
        taken: the same of those that were taken.
    """

    aet = "FAULTY"

    def __init__(self) -> None:
        self.port = free_port()
        self.mood = SUCCESS
        self.received: dict[str, list[bytes]] = defaultdict(list)
        self.taken: dict[str, list[bytes]] = defaultdict(list)
        self._released = threading.Event()
        self._entity = AE(self.aet)
        self._entity.maximum_associations = 50
        for sop_class in (Comprehensive3DSRStorage, ComprehensiveSRStorage, SecondaryCaptureImageStorage, Verification):
            self._entity.add_supported_context(sop_class, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
        self._server: Any = None

    @property
    def address(self) -> str:
        """As ``--pacs`` wants it."""
        return f"{self.aet}@127.0.0.1:{self.port}"

    def start(self) -> "FaultyPacs":
        """Be there."""
        handlers = [(evt.EVT_C_STORE, self._store), (evt.EVT_REQUESTED, self._requested)]
        deadline = time.monotonic() + 10
        while self._server is None:
            try:
                self._server = self._entity.start_server(
                    ("127.0.0.1", self.port),
                    block=False,
                    evt_handlers=handlers,  # type: ignore[arg-type]
                )
            except OSError:  # connections of its former life are still being closed
                assert time.monotonic() < deadline
                time.sleep(0.1)
        return self

    def stop(self) -> None:
        """Be away: connections are refused."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    def __enter__(self) -> "FaultyPacs":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._released.set()
        self.stop()

    def _requested(self, event: Any) -> None:
        self._entity.require_called_aet = self.mood == REJECT
        event.assoc.acceptor.ae_title = "NOBODY" if self.mood == REJECT else self.aet

    def _store(self, event: Any) -> int:
        uid, content = str(event.request.AffectedSOPInstanceUID), event.request.DataSet.getvalue()
        self.received[uid].append(content)
        while self.mood == HANG and not self._released.wait(0.05):
            continue
        mood = self.mood
        if mood in (SUCCESS, DUPLICATE, WARNING):
            self.taken[uid].append(content)
        return mood if mood >= 0 else CANNOT_UNDERSTAND
