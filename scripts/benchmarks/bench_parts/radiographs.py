"""Radiographs of real size, 3056 x 2544 in 12 and in 15 bits, each in every transfer syntax."""

import io
from collections.abc import Callable, Iterable
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import uid
from pydicom.encaps import encapsulate
from scipy.ndimage import gaussian_filter, zoom

from lucency.data.phantom import draw, sample_case
from lucency.data.phantom.dicom import dicom_bytes
from lucency.data.phantom.encoding import Encoding
from lucency.transforms import read_radiograph

ROWS, COLUMNS = 3056, 2544
SPACING = 0.14  # mm, of such a plate
BITS = (12, 15)
BLUR = 1.2
"""Blur of the drawn detector in pixels: JPEG-LS then takes 6.4 bits a pixel, and 6.1 to 6.6 of real CR in 12 bits."""
GRAIN = 0.003
"""Deviation of the noise that an enlarged image gets, as a share of the range; it brings JPEG-LS to the same."""
SYNTAXES = {
    "uncompressed": uid.ExplicitVRLittleEndian,
    "RLE": uid.RLELossless,
    "JPEG lossless": uid.JPEGLosslessSV1,
    "JPEG-LS": uid.JPEGLSLossless,
    "JPEG 2000": uid.JPEG2000Lossless,
    "HTJ2K": uid.HTJ2KLossless,
}
_PRECISION = 42
"""Where a JPEG 2000 codestream says of how many bits its samples are, less one (ISO/IEC 15444-1 A.5.1)."""

Image = NDArray[np.float32]
Cells = NDArray[np.unsignedinteger]


def _jpeg_lossless(cells: Cells, bits: int) -> bytes:
    return bytes(imagecodecs.jpeg_encode(cells, lossless=True, predictor=1, bitspersample=bits))


def _htj2k(cells: Cells, bits: int) -> bytes:
    # The encoder writes 16 bits only: samples moved up by as much as 16 bits are shifted by more are those of `bits`
    moved = (cells + np.uint16(2**15 - 2 ** (bits - 1))).astype(np.uint16)
    codestream = bytearray(imagecodecs.htj2k_encode(moved, reversible=True))
    codestream[_PRECISION] = bits - 1
    return bytes(codestream)


_ENCODERS: dict[str, Callable[[Cells, int], bytes]] = {  # what pydicom cannot write
    uid.JPEGLosslessSV1: _jpeg_lossless,
    uid.HTJ2KLossless: _htj2k,
}


def phantom(number: int) -> Image:
    """A drawn chest at full resolution, (ROWS, COLUMNS) in [0, 1]."""
    cut = (ROWS - COLUMNS) // 2
    image: Image = gaussian_filter(draw(sample_case(number, seed=0), ROWS), BLUR)[:, cut : cut + COLUMNS]
    return image


def enlarged(path: Path) -> Image:
    """A radiograph of whatever size, enlarged to (ROWS, COLUMNS), with the noise that enlarging took away."""
    image = read_radiograph(path)
    image = zoom(image, (ROWS / image.shape[0], COLUMNS / image.shape[1]), order=1, grid_mode=True, mode="nearest")
    noise = np.random.default_rng(0).standard_normal(image.shape, np.float32)
    return np.clip(image + GRAIN * noise, 0, 1, dtype=np.float32)


def encoding_of(bits: int) -> Encoding:
    """MONOCHROME1 in 12 bits, MONOCHROME2 in others; a window with a margin, and no rescale."""
    return Encoding(uid.ExplicitVRLittleEndian, bits == 12, bits, False, 1.0, 0.0, "window", (0.05, 0.05))


def encoded(image: Image, syntax: str, bits: int) -> bytes:
    """The DICOM file of an image in a transfer syntax of `SYNTAXES`."""
    encoding = encoding_of(bits)
    plain = dicom_bytes(image, sample_case(0, seed=0), encoding, SPACING, "1")
    if syntax == "uncompressed":
        return plain
    dataset = pydicom.dcmread(io.BytesIO(plain))
    if (kind := SYNTAXES[syntax]) in _ENCODERS:
        cells = np.ascontiguousarray(encoding.store(image))
        dataset.PixelData = encapsulate([_ENCODERS[kind](cells, bits)])
        dataset["PixelData"].is_undefined_length = True
        dataset.file_meta.TransferSyntaxUID = kind
    else:
        dataset.compress(kind, generate_instance_uid=False)
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def write_radiographs(folder: Path, data: Iterable[Path] = (), phantoms: int = 1) -> dict[str, list[Path]]:
    """Write `phantoms` drawn chests and the images of `data` in every syntax and depth, unless they are there.

    Returns:
        The files of each syntax, in one order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sources: dict[str, Callable[[], Image]] = {f"phantom{n}": lambda n=n: phantom(n) for n in range(phantoms)}
    sources |= {f"{n}-{path.stem}": lambda path=path: enlarged(path) for n, path in enumerate(data)}
    files: dict[str, list[Path]] = {syntax: [] for syntax in SYNTAXES}
    for name, image_of in sources.items():
        missing: list[tuple[Path, str, int]] = []
        for syntax in SYNTAXES:
            for bits in BITS:
                file = folder / f"{name}-{syntax.replace(' ', '-')}-{bits}.dcm"
                files[syntax].append(file)
                missing += [] if file.is_file() else [(file, syntax, bits)]
        image = image_of() if missing else None
        for file, syntax, bits in missing:
            if image is not None:
                file.write_bytes(encoded(image, syntax, bits))
    return files
