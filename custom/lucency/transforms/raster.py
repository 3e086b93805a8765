"""PNG and JPEG radiographs."""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import RadiographError
from .header import MAX_PIXELS

_CHANNEL_TOLERANCE = 2  # of 255: a grey image kept as JPEG with three channels comes back with rounding errors
_ENDS = {"PNG": (b"IDAT", b"IEND"), "JPEG": (b"\xff\xda", b"\xff\xd9")}  # last part of the image, end of the file


def read_raster(path: str | Path) -> NDArray[np.float32]:
    """Read a PNG or JPEG as it is shown, with 0 for black and 1 for white.

    The full depth of the file is the range: 255 of 8 bits is 1, so is 65535 of 16 bits. Three equal channels, an opaque
    alpha channel or a grey palette are a grey image in disguise and are read as such. An EXIF orientation is obeyed.

    Args:
        path: the file; its content decides, not its name.

    Returns:
        (rows, columns), float32 in [0, 1].

    Raises:
        RadiographError: the image is truncated, coloured, transparent, too large, or of one grey alone.
        Exception: whatever Pillow's decoders make of a damaged file; `read_radiograph` turns it into the above.
    """
    content = Path(path).read_bytes()
    with _opened(path, content) as image:
        if image.width * image.height > MAX_PIXELS:
            raise RadiographError(path, f"{image.height} x {image.width} pixels are more than any radiograph has")
        _check_end(path, content, image.format or "")
        levels = _levels(path, ImageOps.exif_transpose(image))
    if np.ptp(levels) == 0:
        raise RadiographError(path, "constant image: every pixel is displayed alike")
    return levels


def _opened(path: str | Path, content: bytes) -> Image.Image:
    try:
        return Image.open(BytesIO(content), formats=("PNG", "JPEG"))
    except UnidentifiedImageError as error:  # whose text holds an address in memory
        raise RadiographError(path, "begins like a PNG or JPEG but is none: it is damaged") from error


def _check_end(path: str | Path, content: bytes, kind: str) -> None:
    # Pillow notices a missing end, unless its host has set LOAD_TRUNCATED_IMAGES for the whole process
    last_part, end = _ENDS[kind]
    if content.rfind(end) <= content.rfind(last_part):
        raise RadiographError(path, f"the {kind} has no end: it is truncated")


def _levels(path: str | Path, image: Image.Image) -> NDArray[np.float32]:
    if image.mode.startswith("I"):  # 16 bits, which Pillow keeps as I;16 or, in older versions, as I
        return np.asarray(image, dtype=np.float32) / np.float32(65535)
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255)
    if image.mode not in ("LA", "P", "PA", "RGB", "RGBA"):
        raise RadiographError(path, f"pixels of kind {image.mode}; only grayscale is read")
    channels = np.asarray(image.convert("RGBA"))
    if channels[..., 3].min() < 255:
        raise RadiographError(path, "has transparent pixels; only opaque grayscale is read")
    colour = channels[..., :3].astype(np.int16)
    if np.ptp(colour, axis=-1).max() > _CHANNEL_TOLERANCE:
        raise RadiographError(path, "is a colour image; only grayscale is read")
    return np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255)
