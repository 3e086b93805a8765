"""All images of a study table as one small array, read once."""

import hashlib
import io
import json
import os
from pathlib import Path

import numpy as np
from monai.transforms import Compose, EnsureChannelFirst, LoadImage, Resize, ScaleIntensity, SpatialPad, Transpose
from numpy.typing import NDArray
from tqdm import tqdm

from ..data import read_study_table
from ..errors import ConfigError, LucencyError
from ..files import write_atomically
from ..transforms import RadiographReader


def image_array(
    table: str | Path, size: int, *, cache: str | Path, mode: str = "area", progress: bool = False
) -> NDArray[np.uint8]:
    """Images of a study table in its row order, prepared much as the bundles do, cached as one .npy file.

    Read upright by `RadiographReader`, scaled to the image's own minimum and maximum, the longer side resized to
    `size`, the shorter one padded with black, then rounded to 256 grey levels. The bundles' reader averages areas
    exactly; MONAI's `Resize`, which the published comparisons were made with, averages whole pixels.

    Args:
        table: path of the study table.
        size: height and width in pixels, 1 or more.
        cache: folder of the cached array. Its name depends on the images' paths, sizes and times, on `size` and `mode`.
        mode: interpolation of MONAI's `Resize`; `area` for making images smaller, `bilinear` for a mixture.
        progress: whether to show a bar.

    Returns:
        (N, size, size), uint8, rows x columns as a radiologist sees them.

    Raises:
        ConfigError: `size` is not 1 or more.
        LucencyError: a row's file cannot be read; names it.

    Example:
        >>> import tempfile
        >>> from lucency.data.phantom import write_phantom
        >>> folder = tempfile.mkdtemp()
        >>> table = write_phantom(folder, images=2, size=32, workers=1, format="png")
        >>> images = image_array(table, 16, cache=folder)
        >>> images.shape, images.dtype, bool((image_array(table, 16, cache=folder) == images).all())
        ((2, 16, 16), dtype('uint8'), True)
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise ConfigError(f"image_array: size is {size!r}; give pixels a side, such as 64")
    table = Path(table)
    files = [os.path.join(table.parent, image) for image in read_study_table(table)["image"]]
    path = Path(cache) / f"images-{size}-{mode}-{_key(files)}.npy"
    if path.exists():
        return np.asarray(np.load(path, allow_pickle=False))
    prepare = Compose(
        [
            LoadImage(reader=RadiographReader(), image_only=True),
            EnsureChannelFirst(),
            Transpose([0, 2, 1]),
            ScaleIntensity(),
            Resize(size, size_mode="longest", mode=mode),
            SpatialPad([size, size]),
        ]
    )
    images = np.empty((len(files), size, size), dtype=np.uint8)
    for row, file in enumerate(tqdm(files, desc="read", unit="image", disable=not progress)):
        try:
            image = prepare(file)
        except Exception as error:  # MONAI wraps what goes wrong several layers deep
            raise LucencyError(f"{file}: cannot be read as a radiograph; mend it or take its row out") from error
        images[row] = np.rint(255 * np.asarray(image)[0].clip(0, 1))
    buffer = io.BytesIO()
    np.save(buffer, images, allow_pickle=False)
    write_atomically(path, buffer.getvalue())
    return images


def _key(files: list[str]) -> str:
    """Eight digits that change when another image, or another version of it, takes a place in the table."""
    seen = [[os.path.basename(file), (status := os.stat(file)).st_size, status.st_mtime_ns] for file in files]
    return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:8]
