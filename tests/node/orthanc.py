"""Orthanc as the PACS: a server of its own on free ports, in a temporary folder."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
import requests

from node.ports import free_port

_PLUGINS = (Path("/usr/share/orthanc/plugins"), Path("/usr/lib/orthanc/plugins"))
_START_S = 20


class Orthanc:
    """A running Orthanc; where there is none, the test is skipped.

    Args:
        folder: of its configuration, database and files.
        modalities: name to ``(AE title, host, port)`` of the peers that it knows.
        dicomweb: skip the test where the DICOMweb plugin is absent.

    Attributes:
        address: as the setting `pacs` wants it for C-STORE.
        web: root of its DICOMweb service.
    """

    aet = "ORTHANC"

    def __init__(
        self, folder: Path, modalities: dict[str, tuple[str, str, int]] | None = None, *, dicomweb: bool = False
    ) -> None:
        self.program = shutil.which("Orthanc", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if self.program is None:
            pytest.skip("Orthanc is not installed; apt-get install orthanc orthanc-dicomweb")
        plugin = next((file for root in _PLUGINS if (file := root / "libOrthancDicomWeb.so").exists()), None)
        if dicomweb and plugin is None:
            pytest.skip("Orthanc's DICOMweb plugin is not installed; apt-get install orthanc-dicomweb")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.http_port = free_port(), free_port()
        self.address = f"{self.aet}@127.0.0.1:{self.port}"
        self.url = f"http://127.0.0.1:{self.http_port}"
        self.web = f"{self.url}/dicom-web"
        self._config = folder / "orthanc.json"
        self._config.write_text(
            json.dumps(
                {
                    "Name": "PACS",
                    "StorageDirectory": str(folder / "storage"),
                    "IndexDirectory": str(folder / "storage"),
                    "HttpPort": self.http_port,
                    "DicomPort": self.port,
                    "DicomAet": self.aet,
                    "DicomCheckCalledAet": True,
                    "RemoteAccessAllowed": False,
                    "AuthenticationEnabled": False,
                    "DicomAlwaysAllowStore": True,
                    "DicomModalities": {name: list(peer) for name, peer in (modalities or {}).items()},
                    "Plugins": [] if plugin is None else [str(plugin)],
                    "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
                }
            )
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and wait until it answers."""
        with (self.folder / "orthanc.log").open("ab") as log:
            self._process = subprocess.Popen([str(self.program), str(self._config)], stdout=log, stderr=log)
        deadline = time.monotonic() + _START_S
        while True:
            try:
                requests.get(f"{self.url}/system", timeout=2).raise_for_status()
            except requests.RequestException:
                assert self._process.poll() is None, (self.folder / "orthanc.log").read_text()[-2000:]
                assert time.monotonic() < deadline, f"Orthanc does not answer on {self.url}"
                time.sleep(0.05)
            else:
                return self

    def stop(self) -> None:
        """Stop it; what it holds stays."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End it for good, without the seconds that it takes to stop."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def get(self, path: str) -> Any:
        """Answer of its REST interface, as JSON."""
        answer = requests.get(f"{self.url}{path}", timeout=10)
        answer.raise_for_status()
        return answer.json()

    def instances(self, **query: str) -> list[str]:
        """Its own ids of the instances it holds, of those that match if a query is given: keyword to value."""
        if not query:
            return list(self.get("/instances"))
        body = {"Level": "Instance", "Query": query}
        answer = requests.post(f"{self.url}/tools/find", json=body, timeout=10)
        answer.raise_for_status()
        return list(answer.json())

    def sop_instance_uids(self, **query: str) -> list[str]:
        """SOP Instance UIDs of the instances, sorted."""
        return sorted(
            self.get(f"/instances/{id_}")["MainDicomTags"]["SOPInstanceUID"] for id_ in self.instances(**query)
        )

    def file(self, id_: str) -> bytes:
        """An instance as the DICOM file that it stored."""
        answer = requests.get(f"{self.url}/instances/{id_}/file", timeout=30)
        answer.raise_for_status()
        return answer.content

    def put(self, file: Path) -> None:
        """Give it an instance."""
        requests.post(f"{self.url}/instances", data=file.read_bytes(), timeout=30).raise_for_status()

    def send(self, modality: str, *ids: str) -> None:
        """Have it send instances to a modality by C-STORE.

        Raises:
            requests.HTTPError: the modality did not take them all.
        """
        answer = requests.post(f"{self.url}/modalities/{modality}/store", json=list(ids), timeout=60)
        answer.raise_for_status()

    def clear(self) -> None:
        """Remove everything."""
        for id_ in self.get("/patients"):
            requests.delete(f"{self.url}/patients/{id_}", timeout=10).raise_for_status()
