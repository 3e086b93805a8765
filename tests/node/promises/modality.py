"""Who sends: dcmtk's storescu as a modality, and a peer that sends the bytes of a file whatever they are."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest
from pydicom import uid
from pydicom.filereader import read_file_meta_info
from pynetdicom import AE, _config

from node.peers import AET

STORESCU, ECHOSCU = (Path("/usr/bin") / name for name in ("storescu", "echoscu"))  # a venv's are pynetdicom's
TAKEN = "Success"
NO_ROOM = "Refused: OutOfResources"
_PROPOSAL = {
    uid.ImplicitVRLittleEndian: "-xi",
    uid.DeflatedExplicitVRLittleEndian: "-xd",
    uid.ExplicitVRBigEndian: "-xb",
    uid.RLELossless: "-xr",
    uid.JPEGLosslessSV1: "-xs",
    uid.JPEGBaseline8Bit: "-xy",
    uid.JPEGExtended12Bit: "-xx",
    uid.JPEG2000Lossless: "-xv",
    uid.JPEGLSLossless: "-xt",
}


@dataclass
class Modality:
    """storescu and echoscu.

    Args:
        port: of the node.
        aet: its own AE title.
        called: AE title that it asks for.
        options: more of dcmtk's, such as for TLS.
    """

    port: int
    aet: str = "MODALITY1"
    called: str = AET
    options: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not STORESCU.is_file():
            pytest.skip("dcmtk not found: no /usr/bin/storescu; apt-get install dcmtk")

    def send(self, *paths: Path) -> list[str]:
        """Send files, one association for those of one transfer syntax; what was answered to each, if anything."""
        answers: list[str] = []
        for syntax, group in groupby(paths, lambda path: read_file_meta_info(path).TransferSyntaxUID):
            files = list(group)
            said = self._run(STORESCU, "-v", "-nh", *([_PROPOSAL[syntax]] if syntax in _PROPOSAL else []), files=files)
            heard = re.split(r"I: Sending file: ", said.stdout)[1:]
            answers += [_answer(part) for part in heard] + [""] * (len(files) - len(heard))
        return answers

    def echo(self) -> bool:
        """Whether the node answers a C-ECHO."""
        return self._run(ECHOSCU).returncode == 0

    def _run(self, program: Path, *options: str, files: Sequence[Path] = ()) -> "subprocess.CompletedProcess[str]":
        titles = ("-aet", self.aet, "-aec", self.called, "-to", "10", "-ta", "20", "-td", "60")
        return subprocess.run(
            [program, *options, *self.options, *titles, "127.0.0.1", str(self.port), *files],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=120,
        )


def _answer(said: str) -> str:
    found = re.search(r"Received Store Response \((.*)\)", said)
    return found[1] if found else ""


def send_as_is(port: int, *paths: Path, aet: str = "MODALITY1") -> list[int | None]:
    """Send files byte by byte, by what their file meta information says; the status of each, ``None`` for no answer."""
    before, _config.STORE_SEND_CHUNKED_DATASET = _config.STORE_SEND_CHUNKED_DATASET, True
    try:
        return [_send_one(port, path, aet) for path in paths]
    finally:
        _config.STORE_SEND_CHUNKED_DATASET = before


def _send_one(port: int, path: Path, aet: str) -> int | None:
    meta = read_file_meta_info(path)
    entity = AE(aet)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 20
    entity.add_requested_context(meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID)
    for _ in range(3):  # pynetdicom loses a response now and then when processors are busy
        association = entity.associate("127.0.0.1", port, ae_title=AET)
        if not association.is_established:
            return None
        try:
            answer = association.send_c_store(path)
        finally:
            association.release()
        if "Status" in answer:
            return int(answer.Status)
    return None
