"""Small radiographs to be cached, and a cache of many rows that takes no room."""

import os
from pathlib import Path

import numpy as np
from PIL import Image

from lucency.data.pixel_cache import PixelSettings
from lucency.data.pixel_cache.cache_folder import CacheFolder

SETTINGS = PixelSettings(8)


def write_png(path: Path, seed: int, shape: tuple[int, int] = (12, 9)) -> str:
    """A small image of noise, told apart from those of other seeds by every pixel."""
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return str(path)


def hollow_cache(path: Path, rows: int, settings: PixelSettings) -> CacheFolder:
    """A cache of many rows whose pixels take no room on the disk: all are 0, and keys count upwards."""
    folder = CacheFolder.of(path, settings)
    folder.path.mkdir(parents=True)
    with folder.pixels.open("wb") as file:
        os.truncate(file.fileno(), rows * settings.row_bytes)
    folder.keys.write_bytes(np.arange(2 * rows, dtype="<u8").tobytes())
    folder.set_rows(rows)
    return folder
