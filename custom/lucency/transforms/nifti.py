"""NIfTI radiographs: one slice."""

import gzip
from pathlib import Path

import nibabel
import numpy as np
from nibabel.orientations import aff2axcodes
from numpy.typing import NDArray

from .errors import RadiographError
from .header import MAX_PIXELS
from .orientation import upright
from .reading import GZIP

_FEET = {"S": "H", "I": "F"}  # NIfTI's superior and inferior are DICOM's head and feet


def read_nifti(path: str | Path) -> NDArray[np.float32]:
    """Read a NIfTI file of one slice, its lowest value black (0) and its highest white (1).

    The first axis of the voxel array runs along the image's rows and the second along its columns, as MONAI keeps
    images. Where the affine says that the slice is coronal it is turned upright, as a DICOM image is by
    PatientOrientation; any other affine, the identity of converted PNG files among them, says nothing of how the
    image lies, which is then left as it is.

    Args:
        path: NIfTI-1 or NIfTI-2 single file, gzipped or not; its content decides, not its name.

    Returns:
        (rows, columns), float32 in [0, 1].

    Raises:
        RadiographError: the file holds a volume, complex or structured voxels, values that are not finite, or one value
            alone.
        Exception: whatever nibabel makes of a damaged file; `read_radiograph` turns it into the above.
    """
    with Path(path).open("rb") as file:
        zipped = file.read(2) == GZIP
    with gzip.open(path, "rb") if zipped else Path(path).open("rb") as stream:
        levels = _slice(path, _image_class(stream.peek(8)[:4]).from_stream(stream))
        stream.read(1)  # gzip looks at its checksum when it meets its end
        return levels


def _image_class(start: bytes) -> type[nibabel.Nifti1Image]:
    # The first number of the file is the header's own size, in either byte order
    is_version_2 = 540 in (int.from_bytes(start, "little"), int.from_bytes(start, "big"))
    return nibabel.Nifti2Image if is_version_2 else nibabel.Nifti1Image  # type: ignore[no-any-return]


def _slice(path: str | Path, image: nibabel.Nifti1Image) -> NDArray[np.float32]:
    shape = tuple(image.shape) + (1,) * (3 - len(image.shape))
    if 1 not in shape[:3] or any(size != 1 for size in shape[3:]):
        raise RadiographError(path, f"shape {image.shape}; only a single slice is read")
    if np.prod(shape, dtype=np.float64) > MAX_PIXELS:
        raise RadiographError(path, f"shape {image.shape} is larger than any radiograph")
    if image.get_data_dtype().kind not in "iuf":
        raise RadiographError(path, f"voxels of kind {image.get_data_dtype()}; only grayscale numbers are read")
    voxels = np.asarray(image.dataobj, dtype=np.float64).reshape(shape[:3])
    if not np.isfinite(voxels).all():
        raise RadiographError(path, "holds voxels that are not finite")
    across = max(axis for axis in range(3) if shape[axis] == 1)
    rows = voxels.squeeze(across).T
    if np.ptp(rows) == 0:
        raise RadiographError(path, "constant image: every pixel is displayed alike")
    levels = ((rows - rows.min()) / np.ptp(rows)).astype(np.float32)
    codes = [code or "" for axis, code in enumerate(aff2axcodes(image.affine)) if axis != across]
    if not set(codes) & set(_FEET):
        return levels  # type: ignore[no-any-return]
    return upright(levels, *(_FEET.get(code, code) for code in codes))
