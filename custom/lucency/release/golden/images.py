"""The phantom radiographs that a golden test starts from."""

from pathlib import Path

from pydicom.uid import ExplicitVRLittleEndian, JPEG2000Lossless, RLELossless

from ... import __version__
from ...data.phantom import render
from ...data.phantom.dicom import dicom_bytes
from ...data.phantom.encoding import Encoding
from ...data.phantom.scene import pose_of
from ...files import write_atomically

SIZE = 224
"""Pixels a side before cropping."""
_IMAGES = {
    # name: number of the case, rows and columns that are cut off, encoding
    "monochrome1_explicit_window": (
        1,
        (0, 40),
        Encoding(ExplicitVRLittleEndian, True, 12, False, 1.0, 0.0, "window", (0.05, 0.1)),
    ),
    "monochrome2_jpeg2000_signed_sigmoid": (
        2,
        (36, 0),
        Encoding(JPEG2000Lossless, False, 12, True, 2.0, -300.0, "sigmoid", (0.1, 0.05)),
    ),
    "monochrome2_rle_voi_lut": (
        3,
        (0, 0),
        Encoding(RLELossless, False, 10, False, 1.0, 0.0, "lut", (0.0, 0.0)),
    ),
}


def draw_golden_images(folder: str | Path) -> None:
    """Write three small DICOM files of invented patients: portrait, landscape and square, stored in different ways.

    Between them: MONOCHROME1 and 2; window, sigmoid and VOI LUT; rescale; signed and unsigned; uncompressed, JPEG 2000
    and RLE.

    Args:
        folder: made if absent.
    """
    for name, (index, (rows, columns), encoding) in _IMAGES.items():
        image, case = render(index, seed=0, size=SIZE)
        image = image[rows // 2 : SIZE - rows // 2, columns // 2 : SIZE - columns // 2]
        spacing = pose_of(case).grid(SIZE).pixel * 10
        content = dicom_bytes(image, case, encoding, spacing, __version__)
        write_atomically(Path(folder) / f"{name}.dcm", content)
