"""The PACS at the end: dcmtk's storescp, a folder for each system, and which images have a report there."""

import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pydicom

from .programs import dcmtk, free_port, listens, start

TITLE = "SINK"
SILENCE_S = 180.0


class Sink:
    """A storescp that writes what it gets.

    Args:
        folder: gets the reports; made here.
        stack: ends it.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.port = free_port()
        command = [dcmtk("storescp"), "--fork", "-aet", TITLE, "-od", str(folder), str(self.port)]
        start(command, folder.with_suffix(".log"), lambda: listens(self.port), stack)
        self._known: dict[str, str] = {}

    def wait(self, reports: int) -> None:
        """Wait until it holds `reports` reports, or nothing has come for `SILENCE_S`."""
        held, since = len(self._files()), time.monotonic()
        while held < reports and time.monotonic() - since < SILENCE_S:
            time.sleep(0.1)
            if (now := len(self._files())) != held:
                held, since = now, time.monotonic()

    def images(self) -> Counter[str]:
        """SOP Instance UID of an image to the number of reports that refer to it."""
        for file in self._files():
            if file.name not in self._known:
                self._known[file.name] = _image_of(file)
        return Counter(self._known.values())

    def latest(self) -> float:
        """When the last report came, in seconds since 1970."""
        return max((file.stat().st_mtime for file in self._files()), default=0.0)

    def _files(self) -> list[Path]:
        return [file for file in self.folder.iterdir() if file.is_file()]


def _image_of(file: Path) -> str:
    report = pydicom.dcmread(file, specific_tags=["CurrentRequestedProcedureEvidenceSequence"])
    series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    return str(series.ReferencedSOPSequence[0].ReferencedSOPInstanceUID)
