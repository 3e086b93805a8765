"""DICOM radiographs as a display shows them: from a data set to an upright image between black and white."""

from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset

from .displayed import displayed, displayed_small
from .elements import all_values, first_value
from .errors import RadiographError
from .framing import Fit, framing, halvings
from .header import ImageHeader, read_header
from .orientation import upright
from .pixels import pixel_cells
from .quiet import quiet_pydicom
from .reduced import ReducedCells, reduced_cells


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


def display_array(
    dataset: Dataset, *, spatial_size: int | None = None, fit: Fit = "pad", exact: bool = False
) -> NDArray[np.float32]:
    """Show one image as a radiologist sees it, with 0 for black and 1 for white.

    Modality LUT, then VOI LUT or window (the first of several; the full range of the pixels where there is none), then
    inversion of MONOCHROME1, then upright by PatientOrientation: PS3.4 N.2, PS3.3 C.11.1, C.11.2, C.7.6.3 and
    C.7.6.1.1.1. Pixel padding takes no part in the full range and comes out black. At a smaller size, areas of this
    image are averaged, as exactly as 32 bits allow.

    Args:
        dataset: single-frame grayscale image, as `read_dataset` returns it.
        spatial_size: the longest side of the result; ``None`` keeps every pixel.
        fit: ``pad`` keeps the whole image, in its aspect ratio; ``crop`` the largest centred square.
        exact: decode JPEG 2000 to its last bit. Otherwise it is decoded at a lower resolution where that suffices for
            `spatial_size`; the result differs by less than 1/255 (root mean square), and the full range of the pixels,
            where there is no window, is that of the lower resolution.

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
        if spatial_size is None:
            image = displayed(dataset, header, pixel_cells(dataset, header))
        else:
            shape = header.rows, header.columns
            times = 0 if exact or _needs_every_pixel(dataset, header) else halvings(shape, spatial_size)
            reduced = reduced_cells(dataset, header, times) or ReducedCells(pixel_cells(dataset, header), 0, 0.0)
            rows, columns = (stretch.weights(reduced.halvings) for stretch in framing(shape, spatial_size, fit))
            image = displayed_small(dataset, header, reduced.cells, rows, columns, reduced.excess)
        return np.ascontiguousarray(upright(image, *_patient_orientation(dataset)))


def _needs_every_pixel(dataset: Dataset, header: ImageHeader) -> bool:
    coarse = header.bits_stored <= 8  # the transform's rounding to whole values would show
    return coarse or first_value(dataset, "PixelPaddingValue") is not None  # whose edge only the full resolution shows


def _patient_orientation(dataset: Dataset) -> tuple[str, str]:
    directions = all_values(dataset, "PatientOrientation")
    human = first_value(dataset, "AnatomicalOrientationType") != "QUADRUPED"  # whose letters mean other directions
    return (str(directions[0]), str(directions[1])) if human and len(directions) == 2 else ("", "")
