"""Reading a radiograph of any format, for MONAI and without it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from monai.data import ImageReader
from monai.utils import MetaKeys, SpaceKeys, ensure_tuple
from numpy.typing import NDArray

from .dicom import display_array, read_dataset
from .errors import RadiographError
from .nifti import GZIP, read_nifti
from .raster import read_raster

SUFFIXES = (".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".nii", ".nii.gz")


def read_radiograph(path: str | Path) -> NDArray[np.float32]:
    """Read a DICOM, PNG, JPEG or NIfTI radiograph as a radiologist sees it, with 0 for black and 1 for white.

    The content of the file decides about its format, not its name. `display_array`, `read_raster` and `read_nifti` say
    what happens to each.

    Args:
        path: the file.

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
    """
    kind = _format_of(Path(path))
    try:
        return _READERS[kind](path)
    except RadiographError:
        raise
    except Exception as error:  # the libraries let out whatever a damaged file provokes
        raise RadiographError(path, f"cannot be read as {kind} ({type(error).__name__}: {error})") from error


class RadiographReader(ImageReader):  # type: ignore[misc]
    """MONAI image reader of radiographs: ``LoadImaged(keys="image", reader=RadiographReader())``.

    The image comes in MONAI's axis order (columns, rows), so that configurations turn it upright with the stock
    ``Transposed(keys="image", indices=[0, 2, 1])`` after ``EnsureChannelFirstd``, as they would for MONAI's own
    readers. The metadata are those that MONAI needs and none of the patient's.

    Errors are raised by `get_data` because ``LoadImage`` takes an exception of `read` for "try the next reader".

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> path = f"{tempfile.mkdtemp()}/image.png"
        >>> Image.fromarray(np.array([[0, 51, 102], [0, 0, 255]], np.uint8)).save(path)
        >>> from monai.transforms import LoadImage
        >>> LoadImage(reader=RadiographReader())(path).shape  # 3 columns, 2 rows
        torch.Size([3, 2])
    """

    def verify_suffix(self, filename: Sequence[str | Path] | str | Path) -> bool:
        """Tell whether all names look like radiographs: a known suffix, or none with a letter in it, as UIDs have.

        Example:
            >>> RadiographReader().verify_suffix(["a.nii.gz", "1.2.840.10008", "IM0001"])
            True
            >>> RadiographReader().verify_suffix("a.npz")
            False
        """
        names = [Path(name).name.lower() for name in ensure_tuple(filename)]
        return all(name.endswith(SUFFIXES) or not any(map(str.isalpha, Path(name).suffix)) for name in names)

    def read(self, data: Sequence[str | Path] | str | Path, **kwargs: Any) -> tuple[str | Path, ...]:
        """Note which file to read; `get_data` does the work."""
        return tuple(ensure_tuple(data))

    def get_data(self, img: Sequence[str | Path]) -> tuple[NDArray[np.float32], dict[str, Any]]:
        """Read the image.

        Args:
            img: what `read` returned.

        Returns:
            The image, (columns, rows), float32 in [0, 1], and its metadata: an identity affine and the shape.

        Raises:
            RadiographError: the file is no readable radiograph, or there are several.
        """
        if len(img) != 1:
            raise RadiographError(img[0] if img else "", f"{len(img)} files for one image; give one")
        image = read_radiograph(img[0]).T
        affine = np.eye(4)
        return image, {
            MetaKeys.SPATIAL_SHAPE: np.array(image.shape),
            MetaKeys.ORIGINAL_CHANNEL_DIM: float("nan"),  # MONAI's way to say "no channel"
            MetaKeys.AFFINE: affine,
            MetaKeys.ORIGINAL_AFFINE: affine.copy(),
            MetaKeys.SPACE: SpaceKeys.RAS,
        }


def _read_dicom(path: str | Path) -> NDArray[np.float32]:
    return display_array(read_dataset(path))


_READERS: dict[str, Callable[[str | Path], NDArray[np.float32]]] = {
    "DICOM": _read_dicom,
    "PNG": read_raster,
    "JPEG": read_raster,
    "NIfTI": read_nifti,
}


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
