"""Where the image of a question lies in a PACS."""

import os
from collections.abc import Iterable
from pathlib import Path

import pydicom
from pydicom.errors import InvalidDicomError

from ...errors import LucencyError
from ...files import first_few
from ...transforms.quiet import quiet_pydicom

UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID")  # PS3.3 C.7.2.1, C.7.3.1, C.12.1
NOTE = "note"


def dicom_references(images: Iterable[str], root: str | Path) -> dict[str, dict[str, str]]:
    """UIDs of each image whose file is DICOM; pixels are not read.

    Args:
        images: as the study table spells them.
        root: folder that relative ones start from.

    Returns:
        By image: the `UIDS`, blank where the file has none, and `note`, which says why one is blank.

    Raises:
        LucencyError: there is no such file.
    """
    references, missing = {}, []
    for image in dict.fromkeys(images):
        path = os.path.join(root, image)
        if os.path.isfile(path):
            references[image] = _reference(path)
        else:
            missing.append(image)
    if missing:
        raise LucencyError(
            f"{root}: has no file {first_few(missing)}; give the folder that image paths start from as --image-root, "
            "or leave out what refers to DICOM (--no-dicom)"
        )
    return references


def _reference(path: str) -> dict[str, str]:
    blank = dict.fromkeys(UIDS, "")
    with quiet_pydicom():
        try:
            header = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(UIDS))
            found = {keyword: str(header.get(keyword) or "") for keyword in UIDS}
        except InvalidDicomError:
            return {**blank, NOTE: "no DICOM file"}
        except Exception as error:  # pydicom lets out whatever a broken file provokes, which may quote patient data
            return {**blank, NOTE: f"no readable DICOM header ({type(error).__name__})"}
    absent = [keyword for keyword, uid in found.items() if not uid]
    return {**found, NOTE: f"{', '.join(absent)} missing" if absent else ""}
