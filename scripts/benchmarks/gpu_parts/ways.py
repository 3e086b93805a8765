"""The ways to compute a network in bfloat16 that are compared: each makes a function of a network and its images."""

import copy
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from .device import Device
from .tensorrt_engine import tensorrt_engine

Answer = Callable[[Tensor], Tensor]
Way = Callable[[nn.Module, Tensor, Device], Answer]

AUTOCAST = "MONAI's amp"
"""What all others are compared with: MONAI's evaluator with `amp: true`, on channels-last weights."""


class AbsentError(Exception):
    """A way that cannot be gone here; its text is the reason."""


def autocast(network: nn.Module, images: Tensor, device: Device) -> Answer:
    """Float32 weights that every call casts anew."""

    def answer(batch: Tensor) -> Tensor:
        with torch.autocast(device.torch.type, dtype=torch.bfloat16):
            return network(batch)

    return answer


def eager(network: nn.Module, images: Tensor, device: Device) -> Answer:
    """Weights that are bfloat16 once and for all."""
    half = copy.deepcopy(network).bfloat16()
    return lambda batch: half(batch.bfloat16())


def compiled(network: nn.Module, images: Tensor, device: Device) -> Answer:
    """The same through `torch.compile`, for this one shape."""
    half = copy.deepcopy(network).bfloat16()
    function = torch.compile(half, dynamic=False, backend="eager" if device.quick else "inductor")
    return lambda batch: function(batch.bfloat16())


def captured(way: Way) -> Way:
    """Record what a way launches as a CUDA graph, and launch it at once from then on."""

    def build(network: nn.Module, images: Tensor, device: Device) -> Answer:
        if not device.is_gpu:
            raise AbsentError("CUDA graphs need a CUDA GPU")
        answer, still = way(network, images, device), images.clone()
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):  # as capture demands: everything is compiled and allocated before
            for _ in range(3):
                answer(still)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            logits = answer(still)

        def replay(batch: Tensor) -> Tensor:
            still.copy_(batch)
            graph.replay()
            return logits

        return replay

    return build


def tensorrt(network: nn.Module, images: Tensor, device: Device) -> Answer:
    """An engine of float16, which costs what bfloat16 does and which TensorRT computes on every GPU."""
    try:
        import tensorrt  # noqa: F401
    except ImportError as error:
        raise AbsentError("TensorRT is not installed: pip install tensorrt") from error
    if not device.is_gpu:
        raise AbsentError("TensorRT needs a CUDA GPU")
    return tensorrt_engine(network, images)


WAYS: Mapping[str, Way] = {
    AUTOCAST: autocast,
    "eager": eager,
    "compile": compiled,
    "CUDA graph": captured(eager),
    "compile, CUDA graph": captured(compiled),
    "TensorRT": tensorrt,
}
