"""What a JPEG, JPEG-LS or JPEG 2000 codestream says of itself, read before any decoder is let loose on it."""

import struct
from typing import NamedTuple

_START, _END = b"\xff\xd8", b"\xff\xd9"
_J2K_START = b"\xff\x4f\xff\x51"  # SOC, SIZ (ISO/IEC 15444-1 A.4.1, A.5.1)
_FRAME_MARKERS = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # SOF0-15 without DHT, JPG, DAC; SOF55 of JPEG-LS


class FrameSize(NamedTuple):
    """Size of the image inside a codestream."""

    rows: int
    columns: int
    components: int
    precision: int


def frame_size(codestream: bytes) -> FrameSize:
    r"""Read the image size from a codestream, and make sure that the codestream has its end.

    Decoders meet a truncated or mislabelled codestream in different ways: some raise, some fill the rest of the image,
    some end the process. This check comes first.

    Args:
        codestream: one encoded frame.

    Returns:
        Rows, columns, components and bits a sample.

    Raises:
        ValueError: there is no image size at the start, or no end-of-image marker after the image.

    Example:
        >>> frame_size(b"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x02\x00\x03\x01\x01\x11\x00\xff\xd9")
        FrameSize(rows=2, columns=3, components=1, precision=8)
    """
    if not codestream.rstrip(b"\0\xff").endswith(_END):  # either may fill up to an even length
        raise ValueError("the codestream has no end marker: it is truncated")
    try:
        start = codestream.find(_J2K_START, 0, 512)  # a JP2 box header in front of it is wrong in DICOM, but occurs
        return _jpeg2000_size(codestream, start) if start >= 0 else _jpeg_size(codestream)
    except struct.error as error:
        raise ValueError("the codestream ends within its header") from error


def _jpeg2000_size(codestream: bytes, start: int) -> FrameSize:
    right, bottom, left, top = struct.unpack_from(">4I", codestream, start + 8)
    components, precision = struct.unpack_from(">HB", codestream, start + 40)
    return FrameSize(bottom - top, right - left, components, (precision & 0x7F) + 1)


def _jpeg_size(codestream: bytes) -> FrameSize:
    if not codestream.startswith(_START):
        raise ValueError("the codestream is neither JPEG nor JPEG 2000")
    position = len(_START)
    while True:
        fill, marker, length = struct.unpack_from(">BBH", codestream, position)
        if fill != 0xFF:
            raise ValueError("the codestream has no frame header")
        if marker in _FRAME_MARKERS:
            precision, rows, columns, components = struct.unpack_from(">BHHB", codestream, position + 4)
            return FrameSize(rows, columns, components, precision)
        position += 1 if marker == 0xFF else 2 + length  # any number of FF may fill the gap before a marker
