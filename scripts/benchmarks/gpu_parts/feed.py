"""Training that is fed from the pixel cache on two processor cores, beside the same steps on a batch that stays."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image
from torch import nn

from lucency.data.pixel_cache import BatchLoader, CachedRadiographs
from lucency.engines import PrepareBatch
from lucency.transforms.batch_affine import BatchAffine
from lucency.transforms.batch_gamma import BatchGamma

from .device import Device, Work
from .figures import Figure
from .network import FINDINGS
from .steps import FASTEST, RECIPES
from .training import synthetic_batch

CORES = 2
TARGET = 0.95
ALONE = "one batch"
PASSES = 4
"""Over all files in an epoch, so that its beginning does not count more than in a real one."""


def feed(device: Device, network: Callable[[], nn.Module], size: int, batch: int, files: int) -> Iterator[Figure]:
    """Measure an epoch from the cache, with and without augmentation on the device, and its steps alone.

    Args:
        device: where.
        network: makes it.
        size: of the images.
        batch: images at a time.
        files: images in the cache; drawn of noise.
    """
    step = RECIPES[FASTEST].step(network, device)
    images, targets = synthetic_batch(device, batch, size)
    step(images, targets)  # compiled on all cores
    with tempfile.TemporaryDirectory() as folder:
        data = _write(Path(folder), files, size)
        workers = 1 if device.quick else None
        dataset = CachedRadiographs(
            data * PASSES, f"{folder}/cache", spatial_size=size, workers=workers, progress=False
        )
        loader = BatchLoader(dataset, batch, shuffle=True, drop_last=True, pin_memory=device.is_gpu)
        epochs = count()

        def fed(prepare: PrepareBatch) -> Work:
            def epoch() -> None:
                loader.set_epoch(number := next(epochs))
                prepare.set_epoch(number)
                for batch in loader:
                    step(*prepare(batch, device.torch, non_blocking=True))

            return epoch

        def synthetic() -> None:
            for _ in range(len(loader)):
                step(images, targets)

        augment = [
            BatchAffine(prob=0.8, rotate_range=0.1, scale_range=0.1, translate_range=0.05),
            BatchGamma(prob=0.5, gamma=[0.8, 1.25]),
        ]
        works: dict[str, Work] = {
            ALONE: synthetic,
            "pixel cache": fed(PrepareBatch()),
            "pixel cache, augmented": fed(PrepareBatch(augment=augment)),
        }
        with few_cores(CORES):
            seconds = device.seconds(works)
            used = {name: _cores_of(work, device) for name, work in works.items()}
    each = {name: taken / (len(loader) * batch) for name, taken in seconds.items()}
    target = None if device.quick else TARGET
    for name in works:
        about = f"{FASTEST}; {used[name]:.1f} of {CORES} cores"
        if name == ALONE:
            yield Figure("fed training", name, size, batch, each[name], note=about)
        else:
            yield Figure("fed training", name, size, batch, each[name], ALONE, each[ALONE], target=target, note=about)


def _write(folder: Path, files: int, size: int) -> list[dict[str, object]]:
    rng = np.random.default_rng(0)
    data = []
    for number in range(files):
        path = str(folder / f"{number}.png")
        Image.fromarray(rng.integers(0, 256, (size, size), dtype=np.uint8)).save(path, compress_level=1)
        data.append({"image": path, "file": path, "label": rng.integers(0, 2, FINDINGS).astype(np.float32)})
    return data


def _cores_of(work: Work, device: Device) -> float:
    wall, busy = time.perf_counter(), time.process_time()
    work()
    device.synchronise()
    return (time.process_time() - busy) / (time.perf_counter() - wall)


@contextmanager
def few_cores(cores: int) -> Iterator[None]:
    """Keep every thread of this process on the first `cores` cores that it may use."""
    before = os.sched_getaffinity(0)
    _pin(set(sorted(before)[:cores]))
    try:
        yield
    finally:
        _pin(before)


def _pin(cores: set[int]) -> None:
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), cores)
