"""Decoding JPEG 2000 at a lower resolution: the finest details, which averaging removes again, are left unread."""

from io import BytesIO
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, uid
from pydicom.encaps import generate_frames

from .codestream import read_codestream_header, read_resolutions
from .header import ImageHeader

_SYNTAXES = {
    uid.JPEG2000Lossless,
    uid.JPEG2000,
    uid.HTJ2KLossless,
    uid.HTJ2KLosslessRPCL,
    uid.HTJ2K,
}


class ReducedCells(NamedTuple):
    """The pixel cells of a lower resolution.

    Attributes:
        cells: unsigned, (rows / 2**halvings, columns / 2**halvings), rounded up.
        halvings: how often the image was halved.
        excess: by how much they are too high: the reversible transform rounds up, on average by half a stored value for
            each halving.
    """

    cells: NDArray[np.unsignedinteger]
    halvings: int
    excess: float


def reduced_cells(dataset: Dataset, header: ImageHeader, times: int) -> ReducedCells | None:
    """Decode JPEG 2000 pixel data at a lower resolution (ISO/IEC 15444-1 B.5).

    Args:
        dataset: data set with pixel data.
        header: its checked header.
        times: halvings; at most as many as the codestream was made with are possible.

    Returns:
        The cells; ``None`` where the pixel data are of another kind, too little resolved, or odd in any way: they are
        to be decoded whole, and refused there.
    """
    if times < 1 or header.transfer_syntax not in _SYNTAXES or header.signed:
        return None
    size = tuple(-(-side // 2**times) for side in (header.rows, header.columns))
    try:
        (codestream,) = generate_frames(dataset.PixelData, number_of_frames=1)
        inner = read_codestream_header(codestream)
        plain = inner[:4] == (header.rows, header.columns, 1, header.bits_stored)
        resolutions = read_resolutions(codestream)
        if not plain or header.high_bit != header.bits_stored - 1 or resolutions.halvings < times:
            return None
        with Image.open(BytesIO(codestream), formats=("JPEG2000",)) as image:
            image.reduce = times
            # Pillow rounds to the nearest size where the standard rounds up, and then fails: give it one to divide by
            image._size = size[1] * 2**times, size[0] * 2**times
            cells: NDArray[np.unsignedinteger] = np.asarray(image)
    except Exception:  # decoding it whole says what is wrong
        return None
    if cells.shape != size or cells.dtype not in (np.uint8, np.uint16):
        return None
    unused = 8 * cells.itemsize - header.bits_stored  # Pillow fills all bits of its own pixels
    values: NDArray[np.unsignedinteger] = cells // 2**unused
    return ReducedCells(values, times, 0.5 * times if resolutions.reversible else 0.0)
