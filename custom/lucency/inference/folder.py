"""Listing what lies in a folder: every file gets a record, and so later a row with a status."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import pydicom
from pydicom.uid import UID

from ..errors import LucencyError

IDENTIFIERS = {  # column of a prediction table: DICOM keyword
    "patient_id": "PatientID",
    "accession_number": "AccessionNumber",
    "study_instance_uid": "StudyInstanceUID",
    "series_instance_uid": "SeriesInstanceUID",
    "sop_instance_uid": "SOPInstanceUID",
    "modality": "Modality",
    "view": "ViewPosition",
}
RASTER_SUFFIXES = (".png", ".jpg", ".jpeg", ".nii", ".nii.gz")


class Journal(Protocol):
    """What `list_radiographs` asks of a journal of finished files."""

    def is_done(self, file: str) -> bool:
        """Tell whether the file has its row already."""


def list_radiographs(folder: str | Path, journal: Journal | None = None) -> list[dict[str, Any]]:
    """List every file under `folder` (or the one file it names) with its study identifiers.

    DICOM is recognised by content (the ``DICM`` mark) or a ``.dcm`` suffix, other images by suffix. Only headers are
    read. A file that cannot hold a radiograph keeps its record with a ``reason``, so that nothing is lost silently.

    Args:
        folder: folder to walk, or one file.
        journal: leaves out the files that an interrupted run has finished; if it has finished all, the last file is
            kept, because an engine needs one.

    Returns:
        One dictionary a file, sorted by path: ``image`` (path), ``file`` (path relative to the folder), the
        identifiers of `IDENTIFIERS` (empty text where there are none), ``status`` and ``reason``.

    Raises:
        LucencyError: the path does not exist or holds no file.
    """
    root = Path(folder)
    if not root.exists():
        raise LucencyError(f"{root}: no such file or folder; give the path of a folder of DICOM or PNG files")
    paths = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file() and not _hidden(p, root))
    if not paths:
        raise LucencyError(f"{root}: holds no file; give a folder of DICOM or PNG files")
    base = root.parent if root.is_file() else root
    pending = [p for p in paths if journal is None or not journal.is_done(str(p.relative_to(base)))]
    return [_record(path, base) for path in pending or paths[-1:]]


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(root).parts)


def _record(path: Path, base: Path) -> dict[str, Any]:
    record = {"image": str(path), "file": str(path.relative_to(base)), "status": "ok", "reason": ""}
    record |= dict.fromkeys(IDENTIFIERS, "")
    if path.name.lower().endswith(RASTER_SUFFIXES):
        return record
    if not _is_dicom(path):
        return record | {"status": "skipped", "reason": "neither DICOM nor PNG, JPEG or NIfTI"}
    try:
        header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=_tags())
    except Exception:  # the reader will say what is wrong with the file
        return record
    record |= {column: str(header.get(keyword, "") or "") for column, keyword in IDENTIFIERS.items()}
    if "Rows" not in header and (name := _storage_without_image(header)):
        record |= {"status": "skipped", "reason": f"not an image: {name}"}
    return record


def _is_dicom(path: Path) -> bool:
    if path.suffix.lower() in (".dcm", ".dicom"):
        return True
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _tags() -> Sequence[str]:
    return [*IDENTIFIERS.values(), "SOPClassUID", "Rows"]


def _storage_without_image(header: pydicom.Dataset) -> str:
    """Name of the SOP class when it is a known one that holds no image (SR, RT plan, ECG, DICOMDIR), else nothing."""
    uid = UID(header.get("SOPClassUID", "") or header.file_meta.get("MediaStorageSOPClassUID", ""))
    known = uid.name != str(uid)
    return uid.name if known and "Image Storage" not in uid.name else ""
