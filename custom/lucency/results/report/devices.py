"""Maker and model of the device behind each image, from its DICOM header."""

from pathlib import Path

import pandas as pd
import pydicom
from pydicom.errors import InvalidDicomError

from ...errors import TableError

TAGS = ("Manufacturer", "ManufacturerModelName")  # PS3.3 C.7.5.1


def read_devices(scores: pd.DataFrame) -> list[str]:
    """Read the device of every image in `file`; empty where the file is not DICOM or does not say. No pixels are read.

    Raises:
        TableError: there is no column `file`, or an image is not there.

    Example:
        >>> read_devices(pd.DataFrame({"file": []}))
        []
    """
    if "file" not in scores:
        raise TableError("score table: column file is missing; devices are read from the headers of the files")
    return [_device(Path(file)) for file in scores["file"].astype(str)]


def _device(file: Path) -> str:
    try:
        header = pydicom.dcmread(file, stop_before_pixels=True, specific_tags=list(TAGS))
    except InvalidDicomError:
        return ""
    except (OSError, EOFError, ValueError, AttributeError) as error:
        raise TableError(
            f"{file}: no device can be read ({error}); run where the images are, or leave devices out"
        ) from error
    return " ".join(str(header.get(tag) or "").strip() for tag in TAGS).strip()
