"""What of a job is to be delivered."""

from dataclasses import dataclass
from pathlib import Path

from ...errors import LucencyError
from ..intake.part10 import Part10Error, read_identity
from ..jobs import Job
from .answer import Outgoing
from .documents import document_id, publish_document


class ParcelError(LucencyError):
    """Results that are not as they were built: a file is lost or damaged."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A job and its results.

    Attributes:
        job: as it was claimed.
        files: for the PACS, in order of their names.
        documents: FHIR documents, each with its id.
    """

    job: Job
    files: tuple[Outgoing, ...]
    documents: tuple[tuple[Path, str], ...]

    def publish(self, folder: Path | None) -> None:
        """Put the documents into the FHIR folder, if there is to be one.

        Raises:
            OSError, LucencyError: it does not take them.
        """
        if folder is not None:
            for file, name in self.documents:
                publish_document(file, folder, name)


def packed(job: Job, root: Path) -> Parcel:
    """Find the results of a job.

    Args:
        job: its products are relative to `root`.
        root: folder of the storage.

    Raises:
        ParcelError: one of them is not there, or is not what it was.
        OSError: one of them cannot be read now.
    """
    paths = sorted((root / product for product in job.products), key=lambda path: path.name)
    path = root
    files, documents = [], []
    try:
        for path in paths:
            if path.suffix == ".dcm":
                files.append(Outgoing(path, read_identity(path)))
            elif path.name == "fhir.json":
                documents.append((path, document_id(path)))
    except FileNotFoundError as error:
        raise ParcelError(f"{path.name}: is lost; retry makes it anew") from error
    except Part10Error as error:
        raise ParcelError(f"{path.name}: {error}") from error
    if not files:
        raise ParcelError("the job has no result to send; retry makes it anew")
    return Parcel(job, tuple(files), tuple(documents))
