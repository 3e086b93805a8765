"""Mixed precision on CPUs, which MONAI's trainers offer on CUDA alone."""

from typing import Any

import torch
from monai.inferers import SimpleInferer
from torch import Tensor, nn


class AutocastInferer(SimpleInferer):  # type: ignore[misc]
    """Run the network's forward pass in bfloat16; weights, loss and metrics stay float32.

    bfloat16 keeps float32's range, so no gradient scaler is needed. It pays on processors that
    compute in bfloat16 (AMX, AVX-512 BF16): `scripts/benchmarks/cpu_autocast.py` says by how much on yours.

    Args:
        enabled: ``False`` makes it MONAI's `SimpleInferer`; on CUDA leave it off and use the engine's ``amp``.

    Example:
        >>> AutocastInferer(enabled=True)(torch.ones(1, 2), nn.Linear(2, 1)).dtype
        torch.float32
    """

    def __init__(self, *, enabled: bool) -> None:
        super().__init__()
        self.enabled = enabled

    def __call__(self, inputs: Tensor, network: nn.Module, *args: Any, **kwargs: Any) -> Any:
        """Give the network's answer as float32."""
        if not self.enabled:
            return super().__call__(inputs, network, *args, **kwargs)
        with torch.autocast(inputs.device.type, dtype=torch.bfloat16):
            answer = network(inputs, *args, **kwargs)
        return _full_precision(answer)


def _full_precision(answer: Any) -> Any:
    """Float32 of a tensor, of each in a list (deep supervision), and of each there is in a named tuple."""
    if hasattr(answer, "_asdict"):
        parts = answer._asdict().items()
        return answer._replace(**{name: part.float() for name, part in parts if part is not None})
    if isinstance(answer, list):
        return [head.float() for head in answer]
    return answer.float()
