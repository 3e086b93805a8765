"""A few small radiographs, and caches of them."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lucency.data.pixel_cache import PixelSettings, build_pixel_cache
from lucency.data.pixel_cache.cache_folder import CacheFolder
from references.pixel_caches import SETTINGS, write_png


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Paths of five small images."""
    return [write_png(tmp_path / f"{number}.png", number) for number in range(5)]


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., object]:
    """Build a cache of these files under `tmp_path / "cache"`, in this process."""

    def _build(files: Sequence[str], settings: PixelSettings = SETTINGS, **options: object) -> object:
        return build_pixel_cache(files, tmp_path / "cache", settings, **{"workers": 1, "progress": False, **options})

    return _build


@pytest.fixture
def folder(tmp_path: Path) -> CacheFolder:
    """Where `build` builds."""
    return CacheFolder.of(tmp_path / "cache", SETTINGS)
