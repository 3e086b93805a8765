"""What a JPEG, JPEG-LS or JPEG 2000 codestream says of itself, read before any decoder is let loose on it."""

import struct
from typing import NamedTuple

_START, _END = b"\xff\xd8", b"\xff\xd9"
_J2K_START = b"\xff\x4f\xff\x51"  # SOC, SIZ (ISO/IEC 15444-1 A.4.1, A.5.1)
_STYLE, _COMPONENT_STYLE, _TILE = 0xFF52, 0xFF53, b"\xff\x90"  # COD, COC, SOT
_FRAMES = {*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC}  # SOF0-15 without DHT, JPG, DAC; SOF55 of JPEG-LS
_SCAN = 0xDA


class CodestreamHeader(NamedTuple):
    """The image inside a codestream."""

    rows: int
    columns: int
    components: int
    precision: int  # bits a sample
    process: (
        int  # second byte of the marker in front of it: 0xC0 baseline, 0xC1 extended, 0xC3 lossless, 0x51 JPEG 2000
    )


def read_codestream_header(codestream: bytes) -> CodestreamHeader:
    r"""Read the header of a codestream, and make sure that the codestream has its end.

    Decoders meet a truncated or mislabelled codestream in different ways: some raise, some fill the rest of the image,
    some end the process. This check comes first.

    Args:
        codestream: one encoded frame.

    Returns:
        Size, components, precision and process of the image.

    Raises:
        ValueError: the header is not well formed, or there is no end-of-image marker.

    Example:
        >>> frame, scan = b"\xff\xc0\x00\x0b\x08\x00\x02\x00\x03\x01\x01\x11\x00", b"\xff\xda\x00\x02"
        >>> read_codestream_header(b"\xff\xd8" + frame + scan + b"\xff\xd9")
        CodestreamHeader(rows=2, columns=3, components=1, precision=8, process=192)
    """
    if not codestream.rstrip(b"\0\xff").endswith(_END):  # either may fill up to an even length
        raise ValueError("the codestream has no end marker: it is truncated")
    try:
        start = codestream.find(_J2K_START, 0, 512)  # a JP2 box header in front of it is wrong in DICOM, but occurs
        return _jpeg2000(codestream, start) if start >= 0 else _jpeg(codestream)
    except struct.error as error:
        raise ValueError("the codestream ends within its header") from error


class Resolutions(NamedTuple):
    """At which lower resolutions a JPEG 2000 image can be decoded."""

    halvings: int  # how often it was halved when it was encoded
    reversible: bool  # by the transform that rounds to whole numbers, so that nothing is lost


def read_resolutions(codestream: bytes) -> Resolutions:
    r"""Read how a codestream was divided into resolutions (ISO/IEC 15444-1 A.6.1).

    Args:
        codestream: one encoded frame, which `read_codestream_header` has accepted.

    Returns:
        No halvings for an image that is coded in tiles, at whose edges lower resolutions are too far off, that does not
        begin at the origin of its grid, that is sampled or coded by component, or that is no JPEG 2000.

    Example:
        >>> read_resolutions(b"\xff\xd8\xff\xd9")
        Resolutions(halvings=0, reversible=False)
    """
    none = Resolutions(0, False)
    start = codestream.find(_J2K_START, 0, 512)
    if start < 0:
        return none
    right, bottom, left, top, width, height, *tiles = struct.unpack_from(">8I", codestream, start + 8)
    whole = not any((left, top, *tiles)) and width >= right and height >= bottom  # one tile, from the origin
    if not whole or struct.unpack_from(">2B", codestream, start + 43) != (1, 1):
        return none
    position, found = start + 2, none
    while codestream[position : position + 2] != _TILE:
        marker, length = struct.unpack_from(">HH", codestream, position)
        if marker == _COMPONENT_STYLE or marker < 0xFF00:
            return none
        if marker == _STYLE:
            found = Resolutions(codestream[position + 9], codestream[position + 13] == 1)
        position += 2 + length
    return found


def _jpeg2000(codestream: bytes, start: int) -> CodestreamHeader:
    right, bottom, left, top = struct.unpack_from(">4I", codestream, start + 8)
    components, depth = struct.unpack_from(">HB", codestream, start + 40)
    return CodestreamHeader(bottom - top, right - left, components, (depth & 0x7F) + 1, _J2K_START[-1])


def _jpeg(codestream: bytes) -> CodestreamHeader:
    if not codestream.startswith(_START):
        raise ValueError("the codestream is neither JPEG nor JPEG 2000")
    position, marker, frames = len(_START), 0, []
    while marker != _SCAN:
        fill, marker, length = struct.unpack_from(">BBH", codestream, position)
        if fill != 0xFF or marker < 0xC0 or 0xD0 <= marker <= 0xD9 or length < 2:
            raise ValueError("the header of the codestream is damaged")
        if marker in _FRAMES:
            precision, rows, columns, components = struct.unpack_from(">BHHB", codestream, position + 4)
            frames.append(CodestreamHeader(rows, columns, components, precision, marker))
        position += 1 if marker == 0xFF else 2 + length  # any number of FF may fill the gap before a marker
    if len(frames) != 1:
        raise ValueError(f"the codestream has {len(frames)} frame headers before its first scan")
    return frames[0]
