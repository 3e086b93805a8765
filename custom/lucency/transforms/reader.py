"""Reading a radiograph of any format, for MONAI."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from monai.data import ImageReader
from monai.utils import MetaKeys, SpaceKeys, ensure_tuple
from numpy.typing import NDArray

from .errors import RadiographError
from .framing import Fit
from .reading import read_radiograph

SUFFIXES = (".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".nii", ".nii.gz")


class RadiographReader(ImageReader):  # type: ignore[misc]
    """MONAI image reader of radiographs: ``LoadImaged(keys="image", reader=RadiographReader())``.

    The image comes in MONAI's axis order (columns, rows), so that configurations turn it upright with the stock
    ``Transposed(keys="image", indices=[0, 2, 1])`` after ``EnsureChannelFirstd``, as they would for MONAI's own
    readers. The metadata are those that MONAI needs and none of the patient's.

    With `spatial_size` it comes small already, each pixel the mean of the area that it covers, at a fraction of the
    cost. The transforms that follow in a configuration (``Resized``, ``CenterSquareCropd``) then find nothing to do;
    they are for hosts that bring a loader of their own.

    Errors are raised by `get_data` because ``LoadImage`` takes an exception of `read` for "try the next reader".

    Args:
        spatial_size: the longest side of the image; ``None`` keeps every pixel.
        fit: ``pad`` keeps the whole image; ``crop`` the largest centred square.
        exact: decode JPEG 2000 to its last bit; see `read_radiograph`.

    Example:
        >>> import tempfile
        >>> from PIL import Image
        >>> path = f"{tempfile.mkdtemp()}/image.png"
        >>> Image.fromarray(np.array([[0, 51, 102], [0, 0, 255]], np.uint8)).save(path)
        >>> from monai.transforms import LoadImage
        >>> LoadImage(reader=RadiographReader())(path).shape  # 3 columns, 2 rows
        torch.Size([3, 2])
    """

    def __init__(self, spatial_size: int | None = None, fit: Fit = "pad", exact: bool = False) -> None:
        super().__init__()
        self.spatial_size, self.fit, self.exact = spatial_size, fit, exact

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
        image = read_radiograph(img[0], spatial_size=self.spatial_size, fit=self.fit, exact=self.exact).T
        affine = np.eye(4)
        return image, {
            MetaKeys.SPATIAL_SHAPE: np.array(image.shape),
            MetaKeys.ORIGINAL_CHANNEL_DIM: float("nan"),  # MONAI's way to say "no channel"
            MetaKeys.AFFINE: affine,
            MetaKeys.ORIGINAL_AFFINE: affine.copy(),
            MetaKeys.SPACE: SpaceKeys.RAS,
        }
