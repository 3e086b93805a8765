"""Building what is missing, and only that."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from lucency.data.pixel_cache import PixelCache, PixelSettings, build_pixel_cache, build_rows
from lucency.data.pixel_cache import build as building
from lucency.data.pixel_cache.cache_folder import CacheFolder
from lucency.errors import ConfigError, LucencyError
from references.pixel_caches import SETTINGS, write_png

Build = Callable[..., PixelCache]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files that are read from now on."""
    seen: list[str] = []

    def spy(files: list[str], settings: PixelSettings) -> object:
        seen.extend(files)
        return build_rows(files, settings)

    monkeypatch.setattr(building, "build_rows", spy)
    return seen


def check(cache: PixelCache, files: list[str], settings: PixelSettings = SETTINGS) -> None:
    expected, _ = build_rows(files, settings)
    np.testing.assert_array_equal(cache.gather(cache.find(files)), expected)


def test_rows_are_in_the_order_of_the_files(files: list[str], build: Build) -> None:
    cache = build(files)
    assert cache.find(files).tolist() == [0, 1, 2, 3, 4]
    check(cache, files)


def test_nothing_is_read_or_written_where_nothing_is_missing(
    files: list[str], build: Build, folder: CacheFolder, read: list[str]
) -> None:
    build(files)
    before = {path: path.stat() for path in folder.path.iterdir()}
    read.clear()
    check(build(files[::-1]), files)
    assert not read
    assert {path: path.stat() for path in folder.path.iterdir()} == before


def test_only_a_changed_file_is_read_again(
    files: list[str], build: Build, folder: CacheFolder, read: list[str]
) -> None:
    build(files)
    before = folder.pixels.read_bytes()
    read.clear()
    write_png(Path(files[2]), 99, (30, 31))
    cache = build(files)
    assert read == [files[2]]
    assert cache.find(files).tolist() == [0, 1, 5, 3, 4]
    assert folder.pixels.read_bytes()[: len(before)] == before
    check(cache, files)


def test_more_files_are_appended_and_other_settings_kept_apart(
    files: list[str], build: Build, folder: CacheFolder, read: list[str]
) -> None:
    build(files[:2])
    before = folder.pixels.read_bytes()
    early = PixelCache.open(folder.path)
    build(files, PixelSettings(8, depth=16))
    read.clear()
    cache = build(files)
    assert read == files[2:]
    assert folder.pixels.read_bytes()[: len(before)] == before
    assert (len(early), len(cache)) == (2, 5)
    check(early, files[:2])
    check(build(files, PixelSettings(8, depth=16)), files, PixelSettings(8, depth=16))


def test_other_reading_rules_are_another_cache(
    files: list[str], build: Build, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    build(files)
    read.clear()
    monkeypatch.setattr("lucency.data.pixel_cache.settings.READING_RULES", 10**6)
    build(files)
    assert read == files


def test_a_file_that_only_moved_is_not_read_again_by_content(files: list[str], build: Build, read: list[str]) -> None:
    build(files, fingerprint="sha256")
    read.clear()
    moved = [str(Path(file).rename(f"{file}.moved")) for file in files]
    assert build(moved, fingerprint="sha256").find(moved, "sha256").tolist() == [0, 1, 2, 3, 4]
    assert not read


def test_one_file_named_twice_is_read_once(files: list[str], build: Build, read: list[str]) -> None:
    cache = build([files[0], files[0], files[1]])
    assert read == files[:2]
    assert cache.find([files[0], files[0], files[1]]).tolist() == [0, 0, 1]


def test_all_others_are_built_where_some_cannot_be_read(files: list[str], build: Build, folder: CacheFolder) -> None:
    Path(files[1]).write_text("no image")
    os.remove(files[3])
    with pytest.raises(LucencyError) as caught:
        build(files)
    assert str(caught.value).startswith("2 of 5 images cannot be read, all others are cached")
    assert f"{files[1]}: is neither DICOM" in str(caught.value)
    assert f"{files[3]}: cannot be opened" in str(caught.value)
    readable = [files[0], files[2], files[4]]
    check(PixelCache.open(folder.path), readable)

    write_png(Path(files[1]), 1)
    write_png(Path(files[3]), 3)
    check(build(files), files)


def test_processes_give_the_same_cache_as_this_one(tmp_path: Path, build: Build, folder: CacheFolder) -> None:
    files = [write_png(tmp_path / f"many-{number}.png", number) for number in range(70)]
    Path(files[40]).write_bytes(b"")
    for workers, place in ((1, "one"), (2, "two")):
        with pytest.raises(LucencyError, match=r"1 of 70 .*many-40.png: is empty"):
            build_pixel_cache(files, tmp_path / place, SETTINGS, workers=workers, progress=False)
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / place / SETTINGS.name).iterdir()}
        for place in ("one", "two")
    )
    assert one == two
    assert len(one["keys.bin"]) == 69 * 16


def test_impossible_numbers_of_workers_are_named(files: list[str], build: Build) -> None:
    with pytest.raises(ConfigError, match="workers=0"):
        build(files, workers=0)


def test_a_folder_that_cannot_be_made_is_named(files: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LucencyError, match=r"file.*cannot be written"):
        build_pixel_cache(files, tmp_path / "file", SETTINGS, workers=1, progress=False)


def test_a_file_that_changes_while_it_is_read_is_named(
    files: list[str], build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(chunk: list[str], settings: PixelSettings) -> object:
        write_png(Path(files[1]), 55, (20, 20))
        return build_rows(chunk, settings)

    monkeypatch.setattr(building, "build_rows", change)
    with pytest.raises(LucencyError, match=r"1.png: changed while it was read; run again"):
        build(files)
    monkeypatch.undo()
    check(build(files), files)
