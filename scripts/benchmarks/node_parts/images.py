"""Radiographs of real size in the transfer syntaxes that modalities send."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from pydicom import uid
from pydicom.uid import UID
from scipy.ndimage import gaussian_filter

from lucency.data.phantom import draw, sample_case
from lucency.data.phantom.dicom import dicom_bytes
from lucency.data.phantom.encoding import Encoding

from .programs import dcmtk

ROWS, COLUMNS = 3000, 2500
SPACING = 0.14  # mm, of such a plate
_BLUR = 0.9
"""Blur of the detector in pixels: with it, JPEG-LS takes 6.4 bits a pixel, and 6.1 to 6.6 of real CR in 12 bits."""
_OFFSET = -1024.0  # a rescale that DX images may not have, so these are CR images


@dataclass(frozen=True)
class Syntax:
    """A transfer syntax, and which option of dcmtk's `dcmcjpeg` encodes it; pydicom does where there is none."""

    name: str
    uid: UID
    bits: int = 12
    option: str = ""


SYNTAXES = (
    Syntax("explicit", uid.ExplicitVRLittleEndian),
    Syntax("rle", uid.RLELossless),
    Syntax("jpeg-ls", uid.JPEGLSLossless),
    Syntax("jpeg-lossless", uid.JPEGLosslessSV1, option="+e1"),
    Syntax("jpeg-2000", uid.JPEG2000Lossless),
    Syntax("jpeg-baseline", uid.JPEGBaseline8Bit, bits=8, option="+eb"),
)


def write_images(folder: Path, cases: int, rows: int = ROWS, columns: int = COLUMNS) -> list[Path]:
    """Write `cases` drawn chests as CR images in every syntax, unless they are there.

    Args:
        folder: gets ``CASE-SYNTAX.dcm``.
        cases: how many are drawn.
        rows: of an image, not fewer than `columns`.
        columns: likewise.

    Returns:
        The files; syntaxes alternate.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number in range(cases):
        files = [folder / f"{number}-{syntax.name}.dcm" for syntax in SYNTAXES]
        written += files
        if all(file.is_file() for file in files):
            continue
        case, cut = sample_case(number, seed=0), (rows - columns) // 2
        image = gaussian_filter(draw(case, rows), _BLUR)[:, cut : cut + columns]
        for syntax, file in zip(SYNTAXES, files, strict=True):
            stored = uid.ExplicitVRLittleEndian if syntax.option else syntax.uid
            margin = (0.05, 0.05) if syntax.bits > 8 else (0.0, 0.0)
            encoding = Encoding(stored, False, syntax.bits, False, 1.0, _OFFSET, "window", margin)
            file.write_bytes(dicom_bytes(image, case, encoding, SPACING, "1"))
            if syntax.option:
                subprocess.run([dcmtk("dcmcjpeg"), syntax.option, str(file), str(file)], check=True)
    return written
