"""What the tests of the intake share: settings, a queue in memory, metrics that remember, small objects."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom import dcmread, dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from lucency.node.jobs import Arrival, Job, Reception, State
from lucency.node.settings import NodeSettings

CR = "1.2.840.10008.5.1.4.1.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"


def settings_of(folder: Path, **changes: Any) -> NodeSettings:
    values = {"bundle": "b", "state": folder / "state", "pacs": "PACS@127.0.0.1:4242", "listen": "127.0.0.1:0"}
    return NodeSettings.model_validate(values | {"min_free_mb": 0} | changes)


@dataclass
class Memory:
    """Metrics and hook: everything that was reported."""

    receptions: list[Reception] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    outcomes: list[str] = field(default_factory=list)
    alerts: list[str] = field(default_factory=list)

    def reception(self, reception: Reception) -> None:
        self.receptions.append(reception)

    def refused(self, reason: str) -> None:
        self.refusals.append(reason)

    def acknowledged(self, seconds: float) -> None:
        self.seconds.append(seconds)

    def association(self, outcome: str) -> None:
        self.outcomes.append(outcome)


def finish(queue: Any, how: str, *arguments: Any) -> Job:
    """Claim the oldest job and end it."""
    (job,) = queue.claim("work", "worker", 60)
    assert getattr(queue, how)(job, *arguments)
    return job


def arrival(uid: str, path: str = "") -> Arrival:
    return Arrival(uid, CR, "CR1", path, "recipe")


def states(queue: Any) -> dict[str, int]:
    return {state.value: count for state, count in queue.counts().items() if count}


def radiograph(path: Path, *, sop_class: str = CR, syntax: str = ExplicitVRLittleEndian, kilobytes: int = 2) -> Path:
    """A small object that storescu will send."""
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = dataset.SeriesInstanceUID = generate_uid()
    dataset.PatientName = "Planted^Name"
    dataset.PatientID = "PLANTED-ID"
    dataset.Modality = "CR"
    dataset.Rows, dataset.Columns = 16 * kilobytes, 32
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation, dataset.PixelRepresentation = 1, "MONOCHROME2", 0
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelData = bytes(1024 * kilobytes)
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    if syntax != ExplicitVRLittleEndian:
        dataset.compress(syntax, generate_instance_uid=False)
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def uid_of(path: Path) -> str:
    return str(dcmread(path, stop_before_pixels=True).SOPInstanceUID)


QUEUED = {State.QUEUED.value: 1}
