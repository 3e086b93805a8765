"""An object on its way in."""

import contextlib
import re
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pydicom.filewriter import write_file_meta_info
from pydicom.uid import UID
from pynetdicom.dsutils import create_file_meta

PREFIX = "c-store-"
"""Of the files' names: what bears it when the node starts was left by a kill."""

CHECK_BYTES = 64_000_000
"""After so many it is asked whether there is still room."""

_UID = re.compile(r"[0-9.]{1,64}")


class ReceivedObject:
    """A DICOM file (PS3.10) that grows by fragments; looks to pynetdicom like the temporary file it would make.

    Nothing that goes wrong is raised, since the peer would not be answered then: the rest of the object is thrown
    away and `failure` says why.

    Args:
        folder: where the file is made.
        sop_class_uid, sop_instance_uid: as the request names them.
        transfer_syntax: of the presentation context.
        full: gives the error if the node has no room.
    """

    def __init__(
        self,
        folder: Path,
        sop_class_uid: str,
        sop_instance_uid: str,
        transfer_syntax: str,
        full: Callable[[], Exception | None],
    ) -> None:
        self.path = folder / f"{PREFIX}{uuid.uuid4().hex}.dcm"
        self.finished = time.monotonic()
        self.failure: Exception | None = None
        self._full = full
        self._unchecked = 0
        self._stream: BinaryIO | None = None
        try:
            if not (_UID.fullmatch(sop_class_uid) and _UID.fullmatch(sop_instance_uid)):
                raise ValueError("the request names no object")
            if (error := full()) is not None:
                raise error
            self._stream = self.path.open("xb")
            self._stream.write(b"\x00" * 128 + b"DICM")
            meta = create_file_meta(
                sop_class_uid=UID(sop_class_uid),
                sop_instance_uid=UID(sop_instance_uid),
                transfer_syntax=UID(transfer_syntax),
            )
            write_file_meta_info(self._stream, meta)
        except Exception as error:
            self._fail(error)

    @property
    def name(self) -> str:
        """Path as text."""
        return str(self.path)

    @property
    def file(self) -> "ReceivedObject":
        """What pynetdicom flushes after every fragment; here that waits for `close`."""
        return self

    def flush(self) -> None:
        """Nothing: the file is synced once, when it is kept."""

    def write(self, fragment: bytes) -> None:
        """Append a fragment."""
        if self.failure is not None or not fragment:
            return
        try:
            self._unchecked += len(fragment)
            if self._unchecked > CHECK_BYTES:
                self._unchecked = 0
                if (error := self._full()) is not None:
                    raise error
            if self._stream is not None:
                self._stream.write(fragment)
        except Exception as error:
            self._fail(error)

    def close(self) -> None:
        """Write what is buffered."""
        if self._stream is None or self._stream.closed:
            return
        self.finished = time.monotonic()
        try:
            self._stream.close()
        except OSError as error:
            self.failure = self.failure or error

    def discard(self) -> None:
        """Close and remove the file; it is no error if it was kept or removed before."""
        self.close()
        with contextlib.suppress(OSError):  # it must not keep the peer from its answer; the next start removes the file
            self.path.unlink(missing_ok=True)

    def _fail(self, error: Exception) -> None:
        self.failure = error
        self.discard()
