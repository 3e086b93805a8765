"""From stored pixels of full size to augmented network input, on the device."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Generator, Tensor

from lucency.transforms.averaging import average_clipped
from lucency.transforms.batch_affine import BatchAffine
from lucency.transforms.batch_gamma import BatchGamma
from lucency.transforms.framing import framing
from lucency.transforms.on_device import display_on_device

from .device import Device, Work
from .figures import Figure

BLACK, WHITE, HIGHEST = 200, 3800, 4096  # twelve bits
WARM = 10
"""The loader compiles when so many images have come."""
CORE = "loader, one core"


def preprocessing(
    device: Device, shape: tuple[int, int], size: int, batches: Iterable[int], bandwidth: float
) -> Iterator[Figure]:
    """Measure windowing and averaging, the same with augmentation, and the same from the memory of the processor.

    Args:
        device: where.
        shape: rows and columns of the stored images.
        size: of the result.
        batches: images at a time.
        bandwidth: bytes a second, of which shares are given; every stored pixel is to be read once.
    """
    one_core = _on_one_core(device, shape, size)
    yield Figure("window, resize", CORE, size, 1, one_core)
    for batch in batches:
        pixels = torch.randint(0, HIGHEST, (batch, *shape), dtype=torch.int16)
        there = pixels.to(device.torch)
        host = pixels.pin_memory() if device.is_gpu else pixels
        works: dict[str, Work] = {
            "on the device": partial(_shown, there, size),
            "on the device, augmented": partial(_augmented, there, size),
            "from pinned memory, augmented": lambda host=host: _augmented(
                host.to(device.torch, non_blocking=True), size
            ),
        }
        for name, taken in device.seconds(works).items():
            share = None if "memory" in name else pixels.nbytes / taken / bandwidth
            yield Figure("window, resize", name, size, batch, taken / batch, CORE, one_core, share=share)
        del works, there, host
        device.free()


def _shown(pixels: Tensor, size: int) -> Tensor:
    return display_on_device(pixels, black=BLACK, white=WHITE, spatial_size=size)


def _augmented(pixels: Tensor, size: int) -> Tensor:
    images, generator = _shown(pixels, size), Generator().manual_seed(0)
    transforms: list[Callable[[Tensor, Generator], Tensor]] = [
        BatchAffine(prob=0.8, rotate_range=0.1, scale_range=0.1, translate_range=0.05),
        BatchGamma(prob=0.5, gamma=[0.8, 1.25]),
    ]
    for transform in transforms:
        images = transform(images, generator)
    return images


def _on_one_core(device: Device, shape: tuple[int, int], size: int) -> float:
    """Seconds an image of the loader's own windowing and averaging."""
    pixels = np.random.default_rng(0).integers(0, HIGHEST, shape).astype(np.uint16)
    rows, columns = (stretch.weights() for stretch in framing(shape, size))
    work = partial(average_clipped, pixels, rows, columns, BLACK, 0, WHITE - BLACK)
    for _ in range(WARM):
        work()
    return device.seconds({CORE: work})[CORE]
