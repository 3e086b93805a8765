"""A DICOMweb service over files, with faults, and a puller that asks it."""

import json
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydicom import dcmread, uid

from lucency.node.intake.puller import Puller
from node.delivery.results import write_object
from node.delivery.web_service import Reply, Request
from node.intake.door import RECIPE, Door

CR = uid.ComputedRadiographyImageStorage
TODAY = f"{date.today():%Y%m%d}"


def radiograph(path: Path, **elements: Any) -> Path:
    return write_object(path, sop_class=CR, **{"Modality": "CR", "StudyDate": TODAY} | elements)


def puller_of(door: Door) -> Puller:
    return Puller(door.settings, door.intake, door.queue, door.storage, RECIPE)


class FaultyService:
    """QIDO-RS and WADO-RS over files, with a fault for some of them.

    Args:
        files: what it has; all of Modality CR.
        page: rows that it gives at most.
    """

    def __init__(self, files: list[Path], page: int = 1000) -> None:
        self.files = {str(dcmread(file).SOPInstanceUID): file for file in files}
        self.page = page
        self.faults: dict[str, Reply] = {}
        self.search: Reply | None = None

    def __call__(self, request: Request) -> Reply:
        address = urlsplit(request.path)
        if address.path.endswith("/instances"):
            return self.search or self._rows(parse_qs(address.query))
        uid = address.path.rpartition("/")[2]
        return self.faults.get(uid) or self.part(self.files[uid].read_bytes())

    @staticmethod
    def part(content: bytes) -> Reply:
        body = b"--b\r\nContent-Type: application/dicom\r\n\r\n" + content + b"\r\n--b--"
        return 200, {"Content-Type": 'multipart/related; type="application/dicom"; boundary=b'}, body

    def _rows(self, query: dict[str, list[str]]) -> Reply:
        assert query["StudyDate"][0].endswith("-")
        uids = list(self.files) if query["Modality"] == ["CR"] else []
        first = int(query["offset"][0])
        rows = []
        for uid_ in uids[first : first + min(self.page, int(query["limit"][0]))]:
            dataset = dcmread(self.files[uid_])
            values = {"0020000D": dataset.StudyInstanceUID, "0020000E": dataset.SeriesInstanceUID, "00080018": uid_}
            rows.append({tag: {"vr": "UI", "Value": [str(value)]} for tag, value in values.items()})
        return 200, {"Content-Type": "application/dicom+json"}, json.dumps(rows).encode()
