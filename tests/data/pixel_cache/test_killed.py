"""Writers that are killed, writers side by side, and what a crash leaves behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lucency.data.pixel_cache import PixelCache, PixelCacheWriter, build_pixel_cache, build_rows
from lucency.data.pixel_cache.cache_folder import CacheFolder
from lucency.errors import LucencyError
from references.pixel_caches import SETTINGS, write_png

SLOWLY = """
import sys, time
from lucency.data.pixel_cache import adding, build, build_pixel_cache
from references.pixel_caches import SETTINGS
adding.COMMIT_SECONDS = 0
build.CHUNK = 4
folder, workers, pause, *files = sys.argv[1:]
write = build.PixelCacheWriter.write
def slowly(writer, files, pixels):
    time.sleep(float(pause))
    write(writer, files, pixels)
build.PixelCacheWriter.write = slowly
build_pixel_cache(files, folder, SETTINGS, workers=int(workers), progress=False)
"""


def start(folder: Path, files: list[str], workers: int = 1, pause: float = 0.0) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SLOWLY, str(folder), str(workers), str(pause), *files]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def check_whole(folder: CacheFolder, files: list[str]) -> None:
    cache = PixelCache.open(folder.path)
    assert cache.find(files).tolist() == list(range(len(files)))
    np.testing.assert_array_equal(cache.gather(np.arange(len(files))), build_rows(files, SETTINGS)[0])


def test_a_kill_takes_the_unfinished_chunks_and_nothing_else(
    tmp_path: Path, folder: CacheFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [write_png(tmp_path / f"{number:03}.png", number) for number in range(80)]
    child = start(folder.path.parent, files, workers=2, pause=0.1)
    wait_for(lambda: folder.rows() >= 8)
    readers = psutil.Process(child.pid).children()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert len(readers) == 2
    wait_for(lambda: not any(reader.is_running() and reader.status() != psutil.STATUS_ZOMBIE for reader in readers))

    kept = folder.rows()
    assert 8 <= kept < 80
    np.testing.assert_array_equal(
        PixelCache.open(folder.path).gather(np.arange(kept)), build_rows(files[:kept], SETTINGS)[0]
    )
    read: list[str] = []
    monkeypatch.setattr(
        "lucency.data.pixel_cache.build.build_rows",
        lambda chunk, settings: (read.extend(chunk), build_rows(chunk, settings))[1],
    )
    build_pixel_cache(files, folder.path.parent, SETTINGS, workers=1, progress=False)
    assert read == files[kept:]
    check_whole(folder, files)


def test_a_second_writer_waits_for_the_first(files: list[str], folder: CacheFolder) -> None:
    with PixelCacheWriter(folder.path.parent, SETTINGS) as writer:
        child = start(folder.path.parent, files)
        assert "waiting" in child.stderr.readline()
        todo = writer.missing(files[:2])
        writer.write(todo, build_rows(todo, SETTINGS)[0])
        assert child.poll() is None
        assert folder.rows() == 0
    child.communicate()
    check_whole(folder, files)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(pixels=st.binary(max_size=200), keys=st.binary(max_size=40))
def test_what_lies_behind_the_last_commit_is_written_anew(
    tmp_path_factory: pytest.TempPathFactory, files: list[str], pixels: bytes, keys: bytes
) -> None:
    folder = CacheFolder.of(tmp_path_factory.mktemp("torn"), SETTINGS)
    build_pixel_cache(files[:2], folder.path, SETTINGS, workers=1, progress=False)
    for file, more in ((folder.pixels, pixels), (folder.keys, keys)):
        with file.open("ab") as end:
            end.write(more)
    assert PixelCache.open(folder.path).find(files).tolist() == [0, 1, -1, -1, -1]
    build_pixel_cache(files, folder.path, SETTINGS, workers=1, progress=False)
    check_whole(folder, files)


def test_rows_count_from_their_commit_on(files: list[str], folder: CacheFolder) -> None:
    with PixelCacheWriter(folder.path, SETTINGS) as writer:
        todo = writer.missing(files)
        writer.write(todo[1:3], build_rows(todo[1:3], SETTINGS)[0])
        assert folder.rows() == 0
        writer.commit()
        assert folder.rows() == 2
        assert writer.missing(files) == [files[0], *files[3:]]
        writer.write(todo[:1], build_rows(todo[:1], SETTINGS)[0])
        assert folder.rows() == 2
    assert PixelCache.open(folder.path).find(files).tolist() == [2, 0, 1, -1, -1]


def test_what_was_written_before_an_error_is_kept(files: list[str], folder: CacheFolder) -> None:
    rows, _ = build_rows(files[:1], SETTINGS)

    def interrupted() -> None:
        with PixelCacheWriter(folder.path, SETTINGS) as writer:
            writer.write(writer.missing(files[:1]), rows)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert PixelCache.open(folder.path).find(files[:1]).tolist() == [0]


def test_a_writer_takes_only_what_it_asked_for(files: list[str], folder: CacheFolder) -> None:
    rows, _ = build_rows(files, SETTINGS)
    with PixelCacheWriter(folder.path, SETTINGS) as writer:
        with pytest.raises(LucencyError, match=r"0.png: is not among the missing"):
            writer.write(files[:1], rows[:1])
        todo = writer.missing(files)
        with pytest.raises(LucencyError, match="uint16, not"):
            writer.write(todo, rows.astype(np.uint16))
        with pytest.raises(LucencyError, match=r"\(1, 1, 8, 8\).*not \(5, 1, 8, 8\)"):
            writer.write(todo, rows[:1])
        writer.write(todo[:1], rows[:1])
        with pytest.raises(LucencyError, match="is not among the missing"):
            writer.write(todo[:1], rows[:1])
    assert len(PixelCache.open(folder.path)) == 1


def test_a_full_disk_is_named_and_what_was_committed_stays(
    files: list[str], folder: CacheFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, _ = build_rows(files, SETTINGS)
    write = os.pwrite

    def full(handle: int, content: memoryview, offset: int) -> int:
        if len(content) > 100:
            return write(handle, content[:50], offset)
        raise OSError(28, "No space left on device")

    with PixelCacheWriter(folder.path, SETTINGS) as writer:
        todo = writer.missing(files)
        writer.write(todo[:2], rows[:2])
        writer.commit()
        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(LucencyError, match=r"cannot be written \(No space left"):
            writer.write(todo[2:], rows[2:])
    monkeypatch.undo()
    assert folder.rows() == 2
    build_pixel_cache(files, folder.path, SETTINGS, workers=1, progress=False)
    check_whole(folder, files)
