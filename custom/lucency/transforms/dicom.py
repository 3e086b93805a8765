"""DICOM radiographs as a display shows them: from a data set to an upright image between black and white."""

from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset

from .elements import all_values, first_value
from .errors import RadiographError
from .grey_levels import grey_levels
from .header import ImageHeader, read_header
from .orientation import upright
from .pixels import pixel_cells
from .quiet import quiet_pydicom

_BLOCK = 1 << 18
"""Pixels that are looked up at once: their indices, four times as large, stay in the cache."""


def read_dataset(path: str | Path) -> Dataset:
    """Read a DICOM file whole.

    Args:
        path: DICOM file with preamble and file meta information (PS3.10 7.1).

    Returns:
        The data set; values are parsed when they are asked for.

    Raises:
        RadiographError: the file cannot be parsed.
    """
    try:
        with quiet_pydicom():
            return pydicom.dcmread(path)
    except Exception as error:  # pydicom lets out whatever a broken file provokes
        raise RadiographError(path, f"cannot be parsed as DICOM ({type(error).__name__}: {error})") from error


def display_array(dataset: Dataset) -> NDArray[np.float32]:
    """Show one image as a radiologist sees it, with 0 for black and 1 for white.

    Modality LUT, then VOI LUT or window (the first of several; the full range of the pixels where there is none), then
    inversion of MONOCHROME1, then upright by PatientOrientation: PS3.4 N.2, PS3.3 C.11.1, C.11.2, C.7.6.3 and
    C.7.6.1.1.1. Pixel padding takes no part in the full range and comes out black.

    Args:
        dataset: single-frame grayscale image, as `read_dataset` returns it.

    Returns:
        (rows, columns), float32 in [0, 1].

    Raises:
        RadiographError: the data set is no such image, or its pixels are damaged or all alike.

    Example:
        >>> from pydicom.dataset import FileMetaDataset
        >>> from pydicom.uid import ExplicitVRLittleEndian
        >>> dataset = Dataset()
        >>> dataset.file_meta = FileMetaDataset()
        >>> dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        >>> dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME1"
        >>> dataset.Rows, dataset.Columns = 1, 3
        >>> dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
        >>> dataset.PixelData = bytes([0, 100, 200, 0])
        >>> display_array(dataset)
        array([[1. , 0.5, 0. ]], dtype=float32)
    """
    with quiet_pydicom():
        header = read_header(dataset)
        image = _displayed(dataset, header, pixel_cells(dataset, header))
        return np.ascontiguousarray(upright(image, *_patient_orientation(dataset)))


def _displayed(dataset: Dataset, header: ImageHeader, cells: NDArray[np.unsignedinteger]) -> NDArray[np.float32]:
    # What a pixel displays depends on its cell alone: compute it once for each cell pattern that occurs
    if cells.itemsize > 2:
        patterns, index = np.unique(cells, return_inverse=True)
        levels: NDArray[np.float32] = grey_levels(dataset, header, header.values(patterns)).astype(np.float32)
        return levels[index]
    size, step = 2 ** (8 * cells.itemsize), max(1, _BLOCK // cells.shape[1])
    blocks = [slice(first, first + step) for first in range(0, len(cells), step)]
    occurs = np.zeros(size, dtype=bool)
    for block in blocks:
        occurs |= np.bincount(cells[block].ravel(), minlength=size) > 0
    patterns = np.flatnonzero(occurs)
    table = np.zeros(size, dtype=np.float32)
    table[patterns] = grey_levels(dataset, header, header.values(patterns))
    image = np.empty(cells.shape, dtype=np.float32)
    for block in blocks:
        np.take(table, cells[block], out=image[block], mode="clip")  # no cell lies outside the table
    return image


def _patient_orientation(dataset: Dataset) -> tuple[str, str]:
    directions = all_values(dataset, "PatientOrientation")
    human = first_value(dataset, "AnatomicalOrientationType") != "QUADRUPED"  # whose letters mean other directions
    return (str(directions[0]), str(directions[1])) if human and len(directions) == 2 else ("", "")
