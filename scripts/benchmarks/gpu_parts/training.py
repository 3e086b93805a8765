"""Training: images a second of a step on a batch that is on the device already."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from torch import Tensor, nn

from .device import Device, Work
from .figures import Figure
from .inference import reason
from .network import FINDINGS
from .steps import RECIPES, STOCK
from .traffic import bytes_an_image


def training(
    device: Device, network: Callable[[], nn.Module], sizes: Iterable[int], batches: Iterable[int], bandwidth: float
) -> Iterator[Figure]:
    """Measure every recipe; the arguments are those of `inference`."""
    for size in sizes:
        _, least = bytes_an_image(network, size, training=True)
        for batch in batches:
            images, targets = synthetic_batch(device, batch, size)
            steps: dict[str, Work] = {}
            refusals: dict[str, str] = {}
            for name, recipe in RECIPES.items():
                try:
                    step = recipe.step(network, device)
                    step(images, targets)
                    device.synchronise()
                except Exception as error:  # one recipe that fails must not cost the figures of the others
                    refusals[name] = reason(error)
                else:
                    steps[name] = partial(step, images, targets)
            seconds = device.seconds(steps)
            for name in RECIPES:
                if name in refusals:
                    yield Figure("training", name, size, batch, note=refusals[name])
                    continue
                each = seconds[name] / batch
                other = STOCK if name != STOCK and STOCK in seconds else ""
                share = least / each / bandwidth if RECIPES[name].bfloat16 else None
                yield Figure(
                    "training", name, size, batch, each, other, seconds[STOCK] / batch if other else None, share=share
                )
            del steps
            device.free()


def synthetic_batch(device: Device, batch: int, size: int) -> tuple[Tensor, Tensor]:
    """Random images and targets on the device."""
    return device.random(batch, 1, size, size), device.random(batch, FINDINGS).round()
