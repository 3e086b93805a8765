"""What the header says about the pixels of a radiograph."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import UID

from .elements import first_number, first_value, integer, refusal

MAX_PIXELS = 100_000_000  # the largest detectors and film scans have 30 million; more is a broken header or an attack


@dataclass(frozen=True)
class ImageHeader:
    """The Image Pixel module of one single-frame grayscale image (PS3.3 C.7.6.3).

    Attributes:
        rows: height in pixels.
        columns: width in pixels.
        bits_allocated: bits of a stored pixel cell: 1, 8, 16 or 32.
        bits_stored: bits of them that are the pixel's value.
        high_bit: position of the value's highest bit in the cell.
        signed: whether the value is a two's complement number.
        inverted: whether the lowest value is shown white (MONOCHROME1).
        transfer_syntax: how the pixels are encoded.
    """

    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    inverted: bool
    transfer_syntax: UID

    @property
    def limits(self) -> NDArray[np.float64]:
        """Lowest and highest value that can be stored."""
        offset = 2 ** (self.bits_stored - 1) if self.signed else 0
        return np.array([0.0, 2.0**self.bits_stored - 1]) - offset

    def values(self, cells: NDArray[np.integer]) -> NDArray[np.float64]:
        """Extract the stored values from pixel cells, free of whatever lies in the unused bits (PS3.5 8.1.1).

        Args:
            cells: bit patterns of whole pixel cells, as unsigned numbers, any shape.

        Returns:
            The values they hold, float64, same shape.
        """
        bits = (cells.astype(np.int64) >> (self.high_bit + 1 - self.bits_stored)) & ((1 << self.bits_stored) - 1)
        if self.signed:
            sign = 1 << (self.bits_stored - 1)
            bits = (bits ^ sign) - sign
        return bits.astype(np.float64)


def read_header(dataset: Dataset) -> ImageHeader:
    """Check that a data set holds one grayscale image, and say how it is stored.

    PhotometricInterpretation alone decides about inversion: PS3.3 demands PresentationLUTShape INVERSE exactly where
    the photometric interpretation is MONOCHROME1, so the shape adds nothing, and must not invert a second time. Where
    the two disagree the shape is the one known to be wrong (dcm4chee-arc-light issue 3155).

    Args:
        dataset: data set with file meta information, as `read_dataset` returns it.

    Returns:
        The checked header.

    Raises:
        RadiographError: the data set is no image, has several frames or colours, or its header is incomplete.

    Example:
        >>> read_header(Dataset())
        Traceback (most recent call last):
        ...
        lucency.transforms.errors.RadiographError: data set: (0002,0010) TransferSyntaxUID: is missing, ...
    """
    syntax = first_value(dataset, "TransferSyntaxUID")
    if syntax is None:
        raise refusal(dataset, "TransferSyntaxUID", "is missing, the encoding of the pixels would be a guess")
    _require_pixels(dataset)
    if (frames := first_number(dataset, "NumberOfFrames") or 1) > 1:
        raise refusal(dataset, "NumberOfFrames", f"{frames:g} frames; only single images are read")
    if (samples := integer(dataset, "SamplesPerPixel", 1, 255)) != 1:
        raise refusal(
            dataset, "SamplesPerPixel", f"{samples} samples a pixel, so a colour image; only grayscale is read"
        )
    photometric = str(first_value(dataset, "PhotometricInterpretation") or "nothing").strip()
    if photometric not in ("MONOCHROME1", "MONOCHROME2"):
        raise refusal(dataset, "PhotometricInterpretation", f"{photometric:.40}; only MONOCHROME1 and 2 are read")
    rows = integer(dataset, "Rows", 1, 65535)
    columns = integer(dataset, "Columns", 1, 65535)
    if rows * columns > MAX_PIXELS:
        raise refusal(dataset, "Rows", f"{rows} x {columns} pixels are more than any radiograph has ({MAX_PIXELS})")
    allocated = integer(dataset, "BitsAllocated", 1, 64)
    if allocated not in (1, 8, 16, 32):
        raise refusal(dataset, "BitsAllocated", f"{allocated} is not supported; 1, 8, 16 and 32 are")
    stored = integer(dataset, "BitsStored", 1, allocated)
    return ImageHeader(
        rows=rows,
        columns=columns,
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=stored - 1 if "HighBit" not in dataset else integer(dataset, "HighBit", stored - 1, allocated - 1),
        signed=bool(integer(dataset, "PixelRepresentation", 0, 1)),
        inverted=photometric == "MONOCHROME1",
        transfer_syntax=UID(syntax),
    )


def _require_pixels(dataset: Dataset) -> None:
    for keyword in ("FloatPixelData", "DoubleFloatPixelData"):
        if keyword in dataset:
            raise refusal(dataset, keyword, "holds real numbers, which no radiograph has")
    if "PixelData" not in dataset:
        kind = first_value(dataset, "SOPClassUID") or first_value(dataset, "MediaStorageSOPClassUID") or ""
        name = UID(str(kind)).name
        is_image = not name or "Image Storage" in name
        reason = "the file was cut short or is a header alone" if is_image else f"the file is no image ({name})"
        raise refusal(dataset, "PixelData", f"is missing: {reason}")
    if first_value(dataset, "PixelData") is None:
        raise refusal(dataset, "PixelData", "is empty")
