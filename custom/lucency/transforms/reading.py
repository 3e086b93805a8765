"""Reading a radiograph of any format."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .averaging import average_clipped
from .dicom import display_array, read_dataset
from .errors import RadiographError
from .framing import Fit, framing

Image = NDArray[np.float32]

GZIP = b"\x1f\x8b"


def read_radiograph(
    path: str | Path, *, spatial_size: int | None = None, fit: Fit = "pad", exact: bool = False
) -> Image:
    """Read a DICOM, PNG, JPEG or NIfTI radiograph as a radiologist sees it, with 0 for black and 1 for white.

    The content of the file decides about its format, not its name. `display_array`, `read_raster` and `read_nifti` say
    what happens to each. A smaller image is made by averaging areas: each pixel is the mean of what it covers.

    Args:
        path: the file.
        spatial_size: the longest side of the result; ``None`` keeps every pixel.
        fit: ``pad`` keeps the whole image, in its aspect ratio, for someone else to pad it to a square; ``crop`` keeps
            the largest centred square.
        exact: decode JPEG 2000 to its last bit, even where a lower resolution suffices for `spatial_size` to within a
            grey level of 255 (root mean square).

    Returns:
        (rows, columns), float32 in [0, 1].

    Raises:
        RadiographError: there is no such file, or it is not one readable grayscale image with any contrast.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> path = f"{tempfile.mkdtemp()}/image.png"
        >>> Image.fromarray(np.array([[0, 51], [102, 255]], np.uint8)).save(path)
        >>> read_radiograph(path)
        array([[0. , 0.2], [0.4, 1. ]], dtype=float32)
        >>> read_radiograph(path, spatial_size=1)
        array([[0.4]], dtype=float32)
    """
    if spatial_size is not None and spatial_size < 1:
        raise ValueError(f"spatial_size {spatial_size} is not a positive number of pixels")
    if fit not in ("pad", "crop"):
        raise ValueError(f"fit {fit!r} is neither 'pad' nor 'crop'")
    kind = _format_of(Path(path))
    try:
        if kind == "DICOM":
            return display_array(read_dataset(path), spatial_size=spatial_size, fit=fit, exact=exact)
        image = _decoder(kind)(path)
    except RadiographError:
        raise
    except Exception as error:  # the libraries let out whatever a damaged file provokes
        raise RadiographError(path, f"cannot be read as {kind} ({type(error).__name__}: {error})") from error
    if spatial_size is None:
        return image
    rows, columns = framing(image.shape, spatial_size, fit)
    return average_clipped(image, rows.weights(), columns.weights(), base=0, low=0, high=1)


def _decoder(kind: str) -> Callable[[str | Path], Image]:
    # Imported when the first such file comes, for programs that read one image and end
    if kind == "NIfTI":
        from .nifti import read_nifti

        return read_nifti
    from .raster import read_raster

    return read_raster


def _format_of(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():
            raise RadiographError(path, "is no file")
        with path.open("rb") as file:
            start = file.read(352)
    except OSError as error:
        raise RadiographError(path, f"cannot be opened ({error.strerror or error})") from error
    if start[128:132] == b"DICM":
        return "DICOM"
    if start.startswith(b"\x89PNG"):
        return "PNG"
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith(GZIP) or start[4:7] == b"n+2" or start[344:347] == b"n+1":
        return "NIfTI"
    if start[:1] in (b"\x02", b"\x08") and start[1:2] == b"\0":
        raise RadiographError(
            path,
            "is missing: DICOM without file meta information, its encoding would be a guess",
            "(0002,0010) TransferSyntaxUID",
        )
    raise RadiographError(path, "is empty" if not start else "is neither DICOM, PNG, JPEG nor NIfTI by its content")
