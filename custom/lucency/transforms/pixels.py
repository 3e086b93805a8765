"""From the encoded pixels of a data set to its pixel cells: one strict decoder for each transfer syntax."""

import math

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, uid
from pydicom.encaps import generate_frames
from pydicom.pixels import get_decoder

from .codestream import CodestreamHeader, read_codestream_header
from .elements import refusal
from .header import ImageHeader

# One decoder each, the quickest that refuses damaged data. pydicom would try all that are installed in turn, and the
# more forgiving ones fill what is missing with zeros.
_PLUGINS = {
    uid.RLELossless: "pylibjpeg",
    uid.JPEGBaseline8Bit: "pillow",
    uid.JPEGLSLossless: "pyjpegls",
    uid.JPEGLSNearLossless: "pyjpegls",
    uid.JPEG2000Lossless: "pylibjpeg",
    uid.JPEG2000: "pylibjpeg",
    uid.HTJ2KLossless: "pylibjpeg",
    uid.HTJ2KLosslessRPCL: "pylibjpeg",
    uid.HTJ2K: "pylibjpeg",
}
# GDCM is used directly, because pydicom's way to it refuses 12 bits. It ends the process on a codestream of another
# kind than it was promised: these are the processes and bits that belong to each syntax (ISO/IEC 10918-1 B.2.2)
_GDCM = {
    uid.JPEGExtended12Bit: ((0xC0, 0xC1), (8, 12)),
    uid.JPEGLossless: ((0xC3,), range(2, 17)),
    uid.JPEGLosslessSV1: ((0xC3,), range(2, 17)),
}
_NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)


def pixel_cells(dataset: Dataset, header: ImageHeader) -> NDArray[np.unsignedinteger]:
    """Decode the pixel data to pixel cells, whose unused bits are still as they were stored.

    Args:
        dataset: data set with pixel data.
        header: its checked header.

    Returns:
        Bit patterns of the pixel cells, unsigned, (rows, columns); may be a read-only view of the file's bytes.

    Raises:
        RadiographError: the pixel data are truncated, undecodable, of another size than the header says, or in a
            transfer syntax that is not supported.
    """
    syntax = header.transfer_syntax
    if syntax in _NATIVE:
        _check_length(dataset, header)
    elif syntax not in _PLUGINS and syntax not in _GDCM:
        raise refusal(dataset, "TransferSyntaxUID", f"{syntax.name} ({syntax}) is not supported")
    try:
        cells = _native(dataset, header) if syntax in _NATIVE else _encapsulated(dataset, header)
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a damaged RLE segment makes the decoder, written in Rust, panic past Exception
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise refusal(dataset, "PixelData", f"cannot be decoded as {syntax.name}: {reason[-1]}") from error
    if cells.shape != (header.rows, header.columns):
        raise refusal(dataset, "PixelData", f"decodes to an array of {cells.shape}, not {header.rows, header.columns}")
    return cells.view(cells.dtype.str.replace("i", "u"))


def _check_length(dataset: Dataset, header: ImageHeader) -> None:
    row = header.columns * header.bits_allocated / 8
    expected, found = math.ceil(header.rows * row), len(dataset.PixelData)
    if found < expected:
        raise refusal(dataset, "PixelData", f"holds {found} of {expected} bytes: the file is truncated")
    if found >= expected + max(row, 2):  # a byte that makes the length even is no sign of another size
        raise refusal(dataset, "PixelData", f"holds {found} bytes, which is more than {header.rows} rows ({expected})")


def _native(dataset: Dataset, header: ImageHeader) -> NDArray[np.integer]:
    # The length has been checked; pydicom's validation would only warn of padding at the end
    options = {"validate": False, "allow_excess_frames": False, "view_only": True, "correct_unused_bits": False}
    return get_decoder(header.transfer_syntax).as_array(dataset, raw=True, **options)[0]  # type: ignore[no-any-return]


def _encapsulated(dataset: Dataset, header: ImageHeader) -> NDArray[np.integer]:
    frames = list(generate_frames(dataset.PixelData, number_of_frames=1))
    if len(frames) != 1:
        raise ValueError(f"there are {len(frames)} frames")
    if header.transfer_syntax != uid.RLELossless:
        inner = read_codestream_header(frames[0])
        if inner[:3] != (header.rows, header.columns, 1):
            raise ValueError(f"the header says {header.rows} x {header.columns} x 1, the codestream {inner[:3]}")
        if header.high_bit != header.bits_stored - 1:
            raise ValueError(f"HighBit {header.high_bit} has no meaning in a codestream")
        if header.transfer_syntax in _GDCM:
            return _decode_with_gdcm(frames[0], inner, header)
    options = {"decoding_plugin": _PLUGINS[header.transfer_syntax], "correct_unused_bits": False}
    return get_decoder(header.transfer_syntax).as_array(dataset, raw=True, **options)[0]  # type: ignore[no-any-return]


def _decode_with_gdcm(codestream: bytes, inner: CodestreamHeader, header: ImageHeader) -> NDArray[np.integer]:
    import gdcm  # type: ignore[import-untyped]  # slow to import, and few files need it

    processes, precisions = _GDCM[header.transfer_syntax]
    if inner.process not in processes or inner.precision not in precisions:
        raise ValueError(f"the codestream is of process {inner.process:#x} with {inner.precision} bits")
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
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(str.__str__(header.transfer_syntax))))
    image.SetDataElement(element)
    text = image.GetBuffer()
    if text is None:
        raise ValueError("the codestream is damaged")
    pixels = text.encode("utf-8", "surrogateescape")  # GDCM hands bytes over as text
    return np.frombuffer(pixels, dtype=f"<u{cell // 8}").reshape(inner.rows, inner.columns)
