"""The header of a radiograph as objects derived from it copy it: decoded, clean, always in UTF-8."""

from pathlib import Path

import pydicom
from pydicom import Dataset

from ..errors import LucencyError
from ..transforms.elements import refusal
from ..transforms.errors import RadiographError
from ..transforms.quiet import quiet_pydicom
from .clean_values import clean_element

PATIENT = (  # PS3.3 C.7.1.1 and C.7.2.2
    "PatientName", "PatientID", "IssuerOfPatientID", "IssuerOfPatientIDQualifiersSequence", "TypeOfPatientID",
    "OtherPatientIDsSequence", "PatientBirthDate", "PatientBirthTime", "PatientSex", "PatientAge",
)  # fmt: skip
STUDY = (  # PS3.3 C.7.2.1
    "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "StudyDescription", "AccessionNumber",
    "IssuerOfAccessionNumberSequence", "ReferringPhysicianName", "ProcedureCodeSequence",
)  # fmt: skip
EQUIPMENT = (  # PS3.3 C.7.5.1
    "Manufacturer", "ManufacturerModelName", "SoftwareVersions", "DeviceSerialNumber", "StationName",
    "InstitutionName", "InstitutionalDepartmentName",
)  # fmt: skip
IMAGE = (
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID", "InstanceNumber", "Modality",
    "BodyPartExamined", "ViewPosition", "PatientOrientation", "Rows", "Columns", "PixelSpacing", "ImagerPixelSpacing",
)  # fmt: skip
REQUIRED = ("SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
MAY_BE_EMPTY = (  # type 2 in every composite object: present, if need be without a value
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
    "AccessionNumber", "ReferringPhysicianName",
)  # fmt: skip


def source_header(path: str | Path) -> Dataset:
    """Read the elements of a DICOM file that a derived object copies or refers to.

    Text is decoded by the file's own Specific Character Set, ISO 2022 escape sequences included, and held as Unicode;
    a byte that means nothing there becomes U+FFFD. Values that break their representation (a birth date of ``unknown``)
    are left out, as a PACS would refuse an object that repeats them; text that is too long stays, since patient and
    study are matched by it. Pixels are not read.

    Args:
        path: DICOM file.

    Returns:
        The elements of `PATIENT`, `STUDY`, `EQUIPMENT` and `IMAGE` that have a valid value, those of `MAY_BE_EMPTY` in
        any case, and Specific Character Set ``ISO_IR 192``.

    Raises:
        LucencyError: the file is no DICOM, or one of `REQUIRED` is missing or no UID.

    Example:
        >>> source_header("chest.png")
        Traceback (most recent call last):
        ...
        lucency.errors.LucencyError: chest.png: has no DICOM header ...
    """
    wanted = (*PATIENT, *STUDY, *EQUIPMENT, *IMAGE)
    with quiet_pydicom():
        try:
            raw = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(wanted))
        except Exception as error:  # pydicom lets out whatever a broken file provokes
            raise LucencyError(
                f"{path}: has no DICOM header that a DICOM result could refer to ({type(error).__name__}); "
                "give DICOM files, or take predictions.json, which covers every format"
            ) from error
        header = Dataset()
        header.SpecificCharacterSet = "ISO_IR 192"
        for keyword in wanted:
            if (element := clean_element(raw, keyword)) is not None:
                header.add(element)
        _complete(header, raw)
    return header


def _complete(header: Dataset, raw: Dataset) -> None:
    """Take what PS3.10 repeats from the file meta information, then insist on identity."""
    for keyword in ("SOPClassUID", "SOPInstanceUID"):
        repeated = clean_element(raw.file_meta, f"MediaStorage{keyword}")
        if keyword not in header and repeated is not None:
            setattr(header, keyword, repeated.value)
    for keyword in REQUIRED:
        if keyword not in header:
            raise _missing(raw, keyword)
    for keyword in MAY_BE_EMPTY:
        if keyword not in header:
            setattr(header, keyword, None)


def _missing(raw: Dataset, keyword: str) -> RadiographError:
    return refusal(
        raw, keyword, "is missing or no UID, so a DICOM result could not refer to the image; mend it at its source"
    )
