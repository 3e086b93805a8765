"""How many bytes a network moves between the memory and the processor, counted without running it."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

UNAVOIDABLE = ("conv", "pool", "mm", "mean")
"""Operations that no compiler fuses with each other; what stands between them can be part of one of them."""


class Traffic(TorchDispatchMode):
    """Count, by operation, the bytes of all tensors that go in and come out."""

    def __init__(self) -> None:
        super().__init__()
        self.bytes: Counter[str] = Counter()

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        if not function.is_view:
            tensors = (leaf for leaf in tree_leaves((args, kwargs, result)) if isinstance(leaf, Tensor))
            self.bytes[function.name()] += sum(tensor.nbytes for tensor in tensors)
        return result


def bytes_an_image(network: Callable[[], nn.Module], size: int, *, training: bool) -> tuple[int, int]:
    """Bytes that one image more in a bfloat16 batch moves.

    Args:
        network: makes it.
        size: of the image, height and width.
        training: forward and backward, or forward alone.

    Returns:
        If every operation reads its input and writes its output, as eager PyTorch does; and if only convolutions,
        pooling and the head did, as an ideal compiler would have it.
    """
    with torch.device("meta"):  # shapes without numbers
        module = network().bfloat16().train(training)
    fewer, more = (_counted(module, images, size, training) for images in (2, 3))
    each = {name: more[name] - fewer[name] for name in more}
    least = sum(count for name, count in each.items() if any(part in name for part in UNAVOIDABLE))
    return sum(each.values()), least


def _counted(module: nn.Module, images: int, size: int, training: bool) -> Counter[str]:
    batch = torch.empty(images, 1, size, size, dtype=torch.bfloat16, device="meta")
    with Traffic() as traffic, torch.set_grad_enabled(training):
        logits = module(batch)
        if training:
            logits.sum().backward()
    return traffic.bytes
