"""Reading a cache: which rows, from which folder, and what a batch costs in memory."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lucency.data.pixel_cache import PixelCache, PixelSettings, positional_read
from lucency.data.pixel_cache.cache_folder import CacheFolder
from lucency.errors import ConfigError, LucencyError
from references.pixel_caches import SETTINGS, hollow_cache, write_png

Build = Callable[..., PixelCache]


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> tuple[PixelCache, "np.ndarray"]:
    """A cache of noise in 16 bits, and its pixels."""
    settings = PixelSettings(5, depth=16)
    folder = hollow_cache(tmp_path_factory.mktemp("noise"), 50, settings)
    pixels = np.random.default_rng(0).integers(0, 65536, (50, 1, 5, 5)).astype("<u2")
    folder.pixels.write_bytes(pixels.tobytes())
    return PixelCache(folder), pixels


@given(rows=st.lists(st.integers(0, 49), max_size=60), now=st.booleans())
def test_gathered_rows_are_those_asked_for(noise: tuple[PixelCache, "np.ndarray"], rows: list[int], now: bool) -> None:
    cache, pixels = noise
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(positional_read, "_NOW", positional_read._NOW if now else 0)
        gathered = cache.gather(np.array(rows, np.int64))
    np.testing.assert_array_equal(gathered, pixels[rows])
    np.testing.assert_array_equal(cache.pixels, pixels)


def test_a_buffer_is_filled_if_it_fits(noise: tuple[PixelCache, "np.ndarray"]) -> None:
    cache, pixels = noise
    out = np.empty((3, 1, 5, 5), np.uint16)
    assert cache.gather(np.array([7, 8, 2]), out) is out
    np.testing.assert_array_equal(out, pixels[[7, 8, 2]])
    for wrong in (out[:2], out.astype(np.uint8), np.empty((3, 1, 5, 10), np.uint16)[..., ::2]):
        with pytest.raises(ConfigError, match="contiguous"):
            cache.gather(np.array([7, 8, 2]), wrong)
    for row in (-1, 50):
        with pytest.raises(IndexError, match="of a cache of 50"):
            cache.gather(np.array([0, row]))


def test_a_file_system_that_does_not_say_what_is_in_memory_is_read_all_the_same(
    noise: tuple[PixelCache, "np.ndarray"], monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, pixels = noise
    monkeypatch.setattr(positional_read, "_NOW", 1 << 30)  # a flag that no system knows
    np.testing.assert_array_equal(cache.gather(np.array([9, 3])), pixels[[9, 3]])


def test_another_process_gets_a_cache_of_its_own(noise: tuple[PixelCache, "np.ndarray"]) -> None:
    cache, pixels = noise
    other = pickle.loads(pickle.dumps(cache))
    assert other._handle != cache._handle
    np.testing.assert_array_equal(other.gather(np.array([4])), pixels[[4]])


def test_memory_does_not_grow_with_what_is_read(tmp_path: Path) -> None:
    cache = PixelCache(hollow_cache(tmp_path, 40_000, PixelSettings(224)))
    process, rows = psutil.Process(), np.random.default_rng(0).permutation(40_000)
    out = cache.gather(rows[:32])
    before = process.memory_info().rss
    for start in range(0, 4096, 32):
        cache.gather(rows[start : start + 32], out)
    assert process.memory_info().rss - before < 2**23 < 4096 * 224**2


def test_the_folder_above_will_do_where_there_is_one_cache(files: list[str], build: Build, folder: CacheFolder) -> None:
    above = folder.path.parent
    build(files)
    assert PixelCache.open(above).settings == SETTINGS
    build(files, PixelSettings(9))
    with pytest.raises(LucencyError, match=r"more than one pixel cache; name one: 8-pad.*, 9-pad"):
        PixelCache.open(above)
    for place in (above, above / PixelSettings(9).name):
        assert PixelCache.open(place, PixelSettings(9)).settings == PixelSettings(9)


def test_what_is_no_cache_is_named(files: list[str], build: Build, folder: CacheFolder, tmp_path: Path) -> None:
    for settings in (None, SETTINGS):
        with pytest.raises(LucencyError, match=r"nowhere.*is no pixel cache.*make one with lucency cache"):
            PixelCache.open(tmp_path / "nowhere", settings)
    build(files)
    folder.path.rename(renamed := folder.path.parent / PixelSettings(9).name)
    with pytest.raises(LucencyError, match="spatial_size is 8 where 9 is asked for"):
        PixelCache.open(renamed, PixelSettings(9))
    (renamed / "cache.json").write_text("{")
    with pytest.raises(LucencyError, match="delete the folder and build it again"):
        PixelCache.open(renamed, PixelSettings(9))


@pytest.mark.parametrize("file", ["pixels", "keys"])
def test_a_file_that_was_cut_short_is_named(files: list[str], build: Build, folder: CacheFolder, file: str) -> None:
    build(files)
    path: Path = getattr(folder, file)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LucencyError, match=rf"{file}.bin: has .* bytes where 5 images need"):
        PixelCache.open(folder.path)


def test_a_file_cut_short_while_it_is_read_is_named(files: list[str], build: Build, folder: CacheFolder) -> None:
    cache = build(files)
    folder.pixels.write_bytes(b"")
    with pytest.raises(LucencyError, match=r"pixels.bin: cannot be read \(the file ends"):
        cache.gather(np.array([1, 2]))


def test_a_cache_that_nobody_may_write_can_be_read(
    files: list[str], build: Build, folder: CacheFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(files)
    monkeypatch.setattr("lucency.data.pixel_cache.build.PixelCacheWriter", None)
    assert len(build(files)) == 5
    write_png(Path(files[0]), 77)
    with pytest.raises(TypeError):
        build(files)
