"""JPEG by GDCM, where nothing quicker is installed."""

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from .codestream import read_codestream_header


def decode_with_gdcm(dataset: Dataset, codestream: bytes) -> NDArray[np.integer]:
    """Decode a JPEG codestream that has been checked: on another kind than it was promised GDCM ends the process.

    GDCM is used directly, because pydicom's way to it refuses 12 bits.

    Args:
        dataset: of it the transfer syntax.
        codestream: one encoded frame.

    Returns:
        Pixel cells, (rows, columns).

    Raises:
        ValueError: the codestream is damaged.
    """
    import gdcm  # type: ignore[import-untyped]  # slow to import, and few files need it

    inner, syntax = read_codestream_header(codestream), dataset.file_meta.TransferSyntaxUID
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(codestream)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())

    cell = 8 if inner.precision <= 8 else 16
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((inner.columns, inner.rows, 1))
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2))
    image.SetPixelFormat(gdcm.PixelFormat(1, cell, cell, cell - 1, 0))  # told fewer bits it may end the process, too
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str.__str__(syntax))))
    image.SetDataElement(element)
    text = image.GetBuffer()
    if text is None:
        raise ValueError("the codestream is damaged")
    pixels = text.encode("utf-8", "surrogateescape")  # GDCM hands bytes over as text
    return np.frombuffer(pixels, dtype=f"<u{cell // 8}").reshape(inner.rows, inner.columns)
