"""Inference: images a second of every way, and how far its probabilities are from float32's."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from .device import Device
from .figures import Figure
from .traffic import bytes_an_image
from .ways import AUTOCAST, WAYS, AbsentError, Answer

FARTHEST = 0.01
"""Probabilities that are farther from float32's than bfloat16's three digits explain are a defect."""
PART = 32
"""Images of which float32's are computed at once, beside what the ways keep in the memory."""


def inference(
    device: Device, network: Callable[[], nn.Module], sizes: Iterable[int], batches: Iterable[int], bandwidth: float
) -> Iterator[Figure]:
    """Measure every way at every size and batch.

    Args:
        device: where.
        network: makes it.
        sizes: of the images.
        batches: images at a time.
        bandwidth: bytes a second, of which shares are given.
    """
    module = network().to(device.torch, memory_format=torch.channels_last).eval()
    for size in sizes:
        _, least = bytes_an_image(network, size, training=False)
        for batch in batches:
            images = device.random(batch, 1, size, size).to(memory_format=torch.channels_last)
            with torch.inference_mode():
                answers, refusals = _built(module, images, device)
                seconds = device.seconds({name: partial(answer, images) for name, answer in answers.items()})
                exact = torch.cat([module(part) for part in images.split(PART)])
                apart = {name: _apart(answer(images), exact) for name, answer in answers.items()}
            for way in WAYS:
                if way in refusals:
                    yield Figure("inference", way, size, batch, note=refusals[way])
                    continue
                each = seconds[way] / batch
                yield Figure(
                    "inference",
                    way,
                    size,
                    batch,
                    each,
                    AUTOCAST if way != AUTOCAST and AUTOCAST in seconds else "",
                    seconds[AUTOCAST] / batch if way != AUTOCAST and AUTOCAST in seconds else None,
                    share=least / each / bandwidth,
                    note="" if apart[way] <= FARTHEST else f"WRONG: probabilities are {apart[way]:.3f} from float32's",
                )
            del answers, images
            device.free()


def _built(module: nn.Module, images: Tensor, device: Device) -> tuple[dict[str, Answer], dict[str, str]]:
    """The ways that can be gone, each after a first step; and why the others cannot."""
    answers: dict[str, Answer] = {}
    refusals: dict[str, str] = {}
    for name, way in WAYS.items():
        try:
            answer = way(module, images, device)
            answer(images)
            device.synchronise()
        except AbsentError as absent:
            refusals[name] = str(absent)
        except Exception as error:  # one way that fails must not cost the figures of the others
            refusals[name] = reason(error)
        else:
            answers[name] = answer
    return answers, refusals


def reason(error: Exception) -> str:
    """One line about what went wrong, such as too little memory."""
    text = str(error).strip().splitlines() or [""]
    return f"failed: {type(error).__name__}: {text[0]:.120}"


def _apart(logits: Tensor, exact: Tensor) -> float:
    """Largest difference of probabilities."""
    return float((logits.float().sigmoid() - exact.sigmoid()).abs().max())
