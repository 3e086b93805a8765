"""From the encoded pixels of a data set to its pixel cells: one strict decoder for each transfer syntax."""

import math

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, uid
from pydicom.encaps import generate_frames
from pydicom.pixels import get_decoder

from .codestream import read_codestream_header
from .decoders import check_codestream, decoder_of, why_not_decoded
from .elements import refusal
from .header import ImageHeader

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
    elif missing := why_not_decoded(syntax):
        raise refusal(dataset, "TransferSyntaxUID", missing)
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
        check_codestream(read_codestream_header(frames[0]), header)
    return decoder_of(header.transfer_syntax)(dataset, frames[0])
