"""Which decoder reads which transfer syntax: the quickest that is installed and refuses damaged data."""

import logging
from collections.abc import Callable, Sequence
from functools import cache, partial
from importlib.util import find_spec
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, uid
from pydicom.pixels import get_decoder

from .codestream import CodestreamHeader
from .gdcm_decoder import decode_with_gdcm
from .header import ImageHeader

Decode = Callable[[Dataset, bytes], NDArray[np.integer]]


class Decoder(NamedTuple):
    """One way to decode.

    Attributes:
        package: what to install for it.
        module: what that makes importable.
        decode: from a data set and its one encoded frame to pixel cells.
    """

    package: str
    module: str
    decode: Decode


def _plugin(name: str, dataset: Dataset, codestream: bytes) -> NDArray[np.integer]:
    decoder = get_decoder(dataset.file_meta.TransferSyntaxUID)
    cells: NDArray[np.integer]
    cells, _ = decoder.as_array(dataset, raw=True, decoding_plugin=name, correct_unused_bits=False)
    return cells


def _imagecodecs(function: str, dataset: Dataset, codestream: bytes) -> NDArray[np.integer]:
    import imagecodecs  # few files need it

    return getattr(imagecodecs, function)(codestream)  # type: ignore[no-any-return]


# pydicom would try all that are installed in turn, and the more forgiving ones fill what is missing with zeros.
_RLE = (
    Decoder("pylibjpeg-rle", "rle", partial(_plugin, "pylibjpeg")),
    Decoder("pydicom", "pydicom", partial(_plugin, "pydicom")),
)
_PILLOW = (Decoder("pillow", "PIL", partial(_plugin, "pillow")),)
_JPEG = (
    Decoder("imagecodecs", "imagecodecs", partial(_imagecodecs, "jpeg8_decode")),  # libjpeg-turbo, up to 16 bits
    Decoder("python-gdcm", "gdcm", decode_with_gdcm),
)
_JPEG_LS = (
    Decoder("pyjpegls", "jpeg_ls", partial(_plugin, "pyjpegls")),
    Decoder("imagecodecs", "imagecodecs", partial(_imagecodecs, "jpegls_decode")),
)
_JPEG_2000 = (
    Decoder("pylibjpeg-openjpeg", "openjpeg", partial(_plugin, "pylibjpeg")),
    Decoder("imagecodecs", "imagecodecs", partial(_imagecodecs, "jpeg2k_decode")),
)
_HTJ2K = (Decoder("imagecodecs", "imagecodecs", partial(_imagecodecs, "htj2k_decode")), *_JPEG_2000[:1])

DECODERS: dict[str, tuple[Decoder, ...]] = {
    uid.RLELossless: _RLE,
    uid.JPEGBaseline8Bit: _PILLOW,
    uid.JPEGExtended12Bit: _JPEG,
    uid.JPEGLossless: _JPEG,
    uid.JPEGLosslessSV1: _JPEG,
    uid.JPEGLSLossless: _JPEG_LS,
    uid.JPEGLSNearLossless: _JPEG_LS,
    uid.JPEG2000Lossless: _JPEG_2000,
    uid.JPEG2000: _JPEG_2000,
    uid.HTJ2KLossless: _HTJ2K,
    uid.HTJ2KLosslessRPCL: _HTJ2K,
    uid.HTJ2K: _HTJ2K,
}

# Processes and bits that belong to a syntax (ISO/IEC 10918-1 B.2.2)
_JPEG_KINDS: dict[str, tuple[Sequence[int], Sequence[int]]] = {
    uid.JPEGExtended12Bit: ((0xC0, 0xC1), (8, 12)),
    uid.JPEGLossless: ((0xC3,), range(2, 17)),
    uid.JPEGLosslessSV1: ((0xC3,), range(2, 17)),
}


def why_not_decoded(syntax: uid.UID) -> str | None:
    """Say why pixels of a transfer syntax cannot be decoded here; ``None`` where they can.

    Example:
        >>> why_not_decoded(uid.JPEG2000) is None
        True
        >>> why_not_decoded(uid.MPEG2MPML)
        'MPEG2 Main Profile / Main Level (1.2.840.10008.1.2.4.100) is not supported'
    """
    if syntax not in DECODERS:
        return f"{syntax.name} ({syntax}) is not supported"
    if _installed(syntax) is None:
        return f"no decoder of {syntax.name} is installed; mend: pip install {DECODERS[syntax][0].package}"
    return None


@cache
def decoder_of(syntax: uid.UID) -> Decode:
    """Choose the decoder of a transfer syntax, which `why_not_decoded` has found to have one.

    Where the quickest is not installed the next is taken, with one notice.
    """
    best, chosen = DECODERS[syntax][0], _installed(syntax)
    assert chosen is not None  # noqa: S101
    if chosen is not best:
        logging.getLogger(__name__).warning(
            "%s is decoded by %s; mend: pip install %s, which is quicker", syntax.name, chosen.package, best.package
        )
    return chosen.decode


def _installed(syntax: str) -> Decoder | None:
    return next((decoder for decoder in DECODERS[syntax] if find_spec(decoder.module) is not None), None)


def check_codestream(inner: CodestreamHeader, header: ImageHeader) -> None:
    """Make sure that the codestream holds what the data set promises.

    Raises:
        ValueError: its size, its kind or its bits are others.
    """
    if inner[:3] != (header.rows, header.columns, 1):
        raise ValueError(f"the header says {header.rows} x {header.columns} x 1, the codestream {inner[:3]}")
    if header.high_bit != header.bits_stored - 1:
        raise ValueError(f"HighBit {header.high_bit} has no meaning in a codestream")
    processes, precisions = _JPEG_KINDS.get(header.transfer_syntax, ((inner.process,), (inner.precision,)))
    if inner.process not in processes or inner.precision not in precisions:
        raise ValueError(f"the codestream is of process {inner.process:#x} with {inner.precision} bits")
