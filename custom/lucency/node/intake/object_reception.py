"""DIMSE messages of one association; objects go to files fragment by fragment."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.pdu_primitives import P_DATA

from .received_object import ReceivedObject

if TYPE_CHECKING:
    from pynetdicom.association import Association

LONGEST_MESSAGE = 2**16
"""Bytes of a message that are held in memory: commands, and data that nobody needs."""

LAST = 2
COMMAND = 1
"""Bits of a fragment's message control header (PS3.8 E.2)."""


class ObjectReception(DIMSEServiceProvider):  # type: ignore[misc]
    """Writes objects to files in a folder of ours, and knows those that nobody has taken.

    pynetdicom can do so by a setting of the whole process, but into the system's folder for temporary files, which is
    another file system; a full disk kills its thread there, and what an aborted association leaves stays for ever.

    Args:
        association: whose messages are received.
        folder: where files are made.
        full: gives the error if the node has no room.
    """

    def __init__(self, association: "Association", folder: Path, full: Callable[[], Exception | None]) -> None:
        super().__init__(association)
        self._folder = folder
        self._full = full
        self._current: ReceivedObject | None = None
        self._in_memory = 0
        self._untaken: set[ReceivedObject] = set()

    @property
    def busy(self) -> bool:
        """Whether an object is being received or taken."""
        return bool(self._untaken)

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Process what came in one PDU; a peer that breaks the rules is aborted."""
        try:
            for fragment in primitive.presentation_data_value_list:
                self._receive(fragment)
        except Exception:
            # in pynetdicom's thread an error would end in a traceback, which may quote the object
            self.dul.event_queue.put("Evt19")

    def taken(self, received: ReceivedObject) -> None:
        """Forget an object, and remove its file if it is still here."""
        received.discard()
        self._untaken.discard(received)

    def clear(self) -> None:
        """Remove the files of all objects that nobody has taken; for when the association has ended."""
        while self._untaken:
            self._untaken.pop().discard()

    def _receive(self, fragment: Any) -> None:
        control = fragment[1][0]
        if self._current is None or control & COMMAND:
            self._in_memory += len(fragment[1])
            if self._in_memory > LONGEST_MESSAGE:
                raise ValueError("message is too long")
        elif control & LAST:
            self._current.write(fragment[1][1:])
            self._current.close()  # before the message is handed over to the thread that takes it
            fragment = (fragment[0], fragment[1][:1])
        part = P_DATA()
        part.presentation_data_value_list.append(fragment)
        super().receive_primitive(part)
        if self.message is None:
            self._current = None
            self._in_memory = 0
        elif control & COMMAND and control & LAST and isinstance(self.message, C_STORE_RQ):
            self._open(self.message)

    def _open(self, message: C_STORE_RQ) -> None:
        command = message.command_set
        # pynetdicom aborts the association later if the context was not accepted
        context = self.assoc._accepted_cx.get(message.context_id or 0)
        self._current = ReceivedObject(
            self._folder,
            str(command.get("AffectedSOPClassUID", "")),
            str(command.get("AffectedSOPInstanceUID", "")),
            str(context.transfer_syntax[0]) if context else "",
            self._full,
        )
        self._untaken.add(self._current)
        message._data_set_file = self._current
        message._data_set_path = self._current.path
