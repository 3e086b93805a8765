"""What the PACS has of a study: our reports, read back byte by byte."""

from io import BytesIO

from pydicom import Dataset, dcmread

from node.orthanc import Orthanc


def report_bytes(orthanc: Orthanc, study: str) -> list[bytes]:
    """Structured reports of a study, as files."""
    return [orthanc.file(id_) for id_ in sorted(orthanc.instances(StudyInstanceUID=study, Modality="SR"))]


def reports(orthanc: Orthanc, study: str) -> list[Dataset]:
    """The same, read."""
    return [dcmread(BytesIO(content)) for content in report_bytes(orthanc, study)]
