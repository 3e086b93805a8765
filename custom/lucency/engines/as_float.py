"""Images as they are stored, as what a network takes."""

import torch
from torch import Tensor


def as_float(images: Tensor, device: str | torch.device | None = None, *, non_blocking: bool = False) -> Tensor:
    """Images on a device as plain floats, 0 to 1 in float32 if they are stored as whole numbers.

    Args:
        images: uint8 or uint16, over their whole range; or floats, which stay what they are.
        device: where they go; stay if not given.
        non_blocking: see `torch.Tensor.to`; memory that is pinned needs no asking.

    Example:
        >>> as_float(torch.tensor([0, 51, 255], dtype=torch.uint8)).tolist()
        [0.0, 0.20000000298023224, 1.0]
    """
    images = torch.as_tensor(images)
    there = images.as_subclass(Tensor).to(device, non_blocking=non_blocking or images.is_pinned())
    if there.is_floating_point():
        return there
    return there.to(torch.float32).div_(torch.iinfo(images.dtype).max)
