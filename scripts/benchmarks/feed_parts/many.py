"""A cache of so many images: how long it takes to open, and what it takes of memory; in a process of its own.

python -m feed_parts.many FOLDER IMAGES BATCHES

The pixels are a hole in a file, which takes no room on the disk and is read as zeros; the keys are those of real files,
a thousand in each of many folders that are links to one.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil

from lucency.data.pixel_cache import PixelCache, PixelSettings, file_keys
from lucency.data.pixel_cache.cache_folder import CacheFolder

IN_FOLDER, BATCH, SETTINGS = 1000, 32, PixelSettings(224)


def files_of(folder: Path, images: int) -> list[str]:
    """Paths of so many files."""
    return [f"{folder}/{number // IN_FOLDER}/{number % IN_FOLDER}.png" for number in range(images)]


def write_files(folder: Path, images: int) -> None:
    """Make `files_of`."""
    (first := folder / "0").mkdir(parents=True)
    for number in range(IN_FOLDER):
        (first / f"{number}.png").touch()
    for number in range(1, -(-images // IN_FOLDER)):
        (folder / str(number)).symlink_to(first, target_is_directory=True)


def write_hollow(folder: Path, images: int) -> Path:
    """A cache whose pixels are a hole, with the files that its rows stand for."""
    place = CacheFolder.of(folder / "cache", SETTINGS)
    write_files(folder / "files", images)
    place.path.mkdir(parents=True)
    with place.pixels.open("wb") as pixels:
        os.truncate(pixels.fileno(), images * SETTINGS.row_bytes)
    place.keys.write_bytes(file_keys(files_of(folder / "files", images))[0].tobytes())
    place.set_rows(images)
    return place.path


def measure(folder: Path, images: int, batches: int) -> dict[str, float]:
    """Seconds to open, to the first batch, and to find every file in its present state; MiB that batches added."""
    process = psutil.Process()
    start = time.perf_counter()
    cache = PixelCache.open(folder)
    opened = time.perf_counter() - start
    rows = np.random.default_rng(0).integers(0, images, batches * BATCH)
    out = cache.gather(rows[:BATCH])
    first = time.perf_counter() - start
    before = process.memory_info().rss
    for begin in range(0, len(rows), BATCH):
        cache.gather(rows[begin : begin + BATCH], out)
    fed = process.memory_info().rss
    files = files_of(folder.parents[1] / "files", images)
    start = time.process_time()
    found = cache.find(files)
    if (found < 0).any():
        raise ValueError("a file was not found")
    mebibyte = 2**20
    return {
        "open": opened,
        "first_batch": first,
        "find_cpu": time.process_time() - start,
        "rss": fed / mebibyte,
        "growth": (fed - before) / mebibyte,
    }


def in_new_process(folder: Path, images: int, batches: int) -> dict[str, float]:
    """What `measure` says in a fresh Python, of a cache that is made for it."""
    cache = write_hollow(folder, images)
    command = [sys.executable, "-m", __name__, str(cache), str(images), str(batches)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    return {name: float(value) for name, value in json.loads(answer.stdout).items()}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))
