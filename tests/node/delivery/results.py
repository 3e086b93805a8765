"""Results that wait in a real queue, without a model that made them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

from pydicom import Dataset, uid
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID

from lucency.node.delivery.courier import Courier
from lucency.node.delivery.destination import destination_of
from lucency.node.jobs import Arrival, Job, State
from lucency.node.queue import open_queue
from lucency.node.settings import NodeSettings, node_settings
from lucency.node.storage import Storage

SR = uid.Comprehensive3DSRStorage


def write_object(path: Path, sop_class: UID = SR, syntax: UID = uid.ExplicitVRLittleEndian, **elements: Any) -> Path:
    """Write a small object of a UID that follows from its path."""
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = uid.generate_uid(entropy_srcs=[str(path)])
    dataset.StudyInstanceUID = uid.generate_uid(entropy_srcs=[str(path), "study"])
    dataset.SeriesInstanceUID = uid.generate_uid(entropy_srcs=[str(path), "series"])
    dataset.PatientName, dataset.PatientID = "SECRET^NAME", "1"
    dataset.Modality = "SR"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = syntax
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    return path


def data_set(file: Path | bytes) -> bytes:
    """Bytes of a file behind its file meta information, whose length stands in its first element."""
    content = file if isinstance(file, bytes) else file.read_bytes()
    return content[144 + int.from_bytes(content[140:144], "little") :]


class Results:
    """A node's queue and storage, and a courier in a thread.

    Args:
        folder: of its state.
        pacs: where results go.
        values: further settings.
    """

    def __init__(self, folder: Path, pacs: str, **values: Any) -> None:
        self.settings: NodeSettings = node_settings(
            {"bundle": "b", "state": folder, "pacs": pacs, "retry_base": 0.05, "retry_cap": 0.2, **values}
        )
        self.queue = open_queue(self.settings)
        self.storage = Storage(self.settings.storage_root, "test")

    def add(self, *names: str, document: str | None = None, **elements: Any) -> Job:
        """Enter a job that is built, with results of these names."""
        number = len(self.queue.jobs(limit=10_000)) + 1
        self.queue.put(Arrival(f"1.2.{number}", "1.2.840.10008.5.1.4.1.1.1", "MODALITY", f"o{number}", "recipe"))
        (job,) = self.queue.claim("work", "test", 60)
        with self.storage.publication(job.name) as folder:
            for name in names or ("1-report.dcm",):
                write_object(folder / name, SOPInstanceUID=f"1.2.3.{job.id}.{name[0]}", **elements)
            if document is not None:
                (folder / "fhir.json").write_text(json.dumps({"id": document}))
        assert self.queue.built(job, self.storage.published(job.name), "recipe", "")
        return self.get(job)

    def get(self, job: Job) -> Job:
        """The job as it is now."""
        found = self.queue.get(job.id)
        assert found is not None
        return found

    def files(self, job: Job) -> list[Path]:
        """Its DICOM results."""
        return [self.storage.root / product for product in job.products if product.endswith(".dcm")]

    def states(self) -> list[State]:
        """State of each job, in order of arrival."""
        return [job.state for job in reversed(self.queue.jobs())]

    def all_sent(self) -> bool:
        """Whether every job is sent."""
        return set(self.states()) == {State.SENT}

    @contextmanager
    def courier(self) -> Iterator[list[tuple[str, Any]]]:
        """Run a courier; gives what it tells the supervisor, which is complete after the block."""
        ours, theirs = Pipe(duplex=False)
        stop, said = threading.Event(), list[tuple[str, Any]]()
        courier = Courier(self.settings, self.queue, destination_of(self.settings), "test/courier", theirs, stop)
        threads = [threading.Thread(target=courier.run), threading.Thread(target=_listen, args=(ours, said))]
        for thread in threads:
            thread.start()
        try:
            yield said
        finally:
            stop.set()
            threads[0].join()
            theirs.close()
            threads[1].join()


def _listen(connection: Any, said: list[tuple[str, Any]]) -> None:
    try:
        while True:
            said.append(connection.recv())
    except EOFError:
        connection.close()
