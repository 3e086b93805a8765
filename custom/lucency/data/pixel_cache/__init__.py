"""Pixel cache: radiographs read once, kept at the size that a network sees in one file, fed in batches."""

from typing import TYPE_CHECKING

from ...lazy import imported_on_use
from .build import build_pixel_cache, unreadable_error
from .build_rows import build_rows
from .cache import PixelCache
from .fingerprints import file_keys
from .settings import READING_RULES, PixelSettings
from .writer import PixelCacheWriter

if TYPE_CHECKING:
    from .batch_loader import BatchLoader
    from .cached_radiographs import CachedRadiographs

__all__ = [
    "READING_RULES",
    "BatchLoader",
    "CachedRadiographs",
    "PixelCache",
    "PixelCacheWriter",
    "PixelSettings",
    "build_pixel_cache",
    "build_rows",
    "file_keys",
    "unreadable_error",
]

# Building a cache needs no PyTorch
__getattr__ = imported_on_use(__name__, {"BatchLoader": "batch_loader", "CachedRadiographs": "cached_radiographs"})
