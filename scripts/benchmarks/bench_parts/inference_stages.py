"""Where the time of a file goes on its way to probabilities, beside what the processor itself allows."""

from collections.abc import Callable, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lucency.inference.folder import describe
from lucency.node.work.predictor import Predictor

from .measure import interleaved
from .rows import Row

KINDS = {"fp32": torch.float32, "bf16": torch.bfloat16}
LIMIT = "limit: the network's products in one convolution, "
CHANNELS = 256
"""Enough for every arithmetic unit to be busy."""


def convolution(network: nn.Module, image: Tensor, kind: torch.dtype) -> Callable[[], object]:
    """One convolution, 3 x 3 and large, with as many multiplications as the network makes of an image."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(image[None])
    layer = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1, bias=False)
    side = round((counter.get_total_flops() / 2 / layer.weight.numel()) ** 0.5)
    layer = layer.to(kind, memory_format=torch.channels_last)  # type: ignore[call-overload]
    pixels = torch.rand(1, CHANNELS, side, side).to(kind, memory_format=torch.channels_last)
    return torch.no_grad()(lambda: layer(pixels))


def contestants(path: Path, predictors: Mapping[str, Predictor]) -> dict[str, Callable[[], object]]:
    """The stages that all predictors share, the network on each backend, and the whole with each."""
    parts = next(iter(predictors.values())).parts
    transform, guard = parts.get("preprocessing"), parts.get("guard")
    _, header = describe(path)
    image = torch.as_tensor(transform({"image": str(path)})["image"])

    def network(predictor: Predictor) -> Callable[[], object]:
        engine = predictor.parts.get("engine")
        return torch.no_grad()(lambda: engine(image[None]))

    limits = {LIMIT + name: convolution(parts.get("network"), image, kind) for name, kind in KINDS.items()}
    return limits | {
        "header described": lambda: describe(path),
        "input guard: header": lambda: guard.check_header(header),
        "file to tensor, the bundle's preprocessing": lambda: transform({"image": str(path)}),
        "input guard: image": lambda: guard.check_image(image[0].numpy()),
        **{f"network, {name}": network(one) for name, one in predictors.items()},
        **{f"the whole, {name}": lambda one=one: one.predict(path) for name, one in predictors.items()},
    }


def stages(path: Path, predictors: Mapping[str, Predictor], rounds: int) -> list[Row]:
    """The least CPU time of each, and the share of the limit that the fastest backend of each precision reaches."""
    least = interleaved(contestants(path, predictors), rounds)
    rows = [Row("4, stages", name, ours_ms=1000 * seconds) for name, seconds in least.items()]
    for kind in KINDS:
        fastest = min(least[f"network, {name}"] for name in predictors if name.endswith(kind))
        what = f"share of the limit: one convolution / the fastest network, {kind}"
        rows.append(Row("4, stages", what, ours_ms=100 * least[LIMIT + kind] / fastest, unit="%"))
    return rows
