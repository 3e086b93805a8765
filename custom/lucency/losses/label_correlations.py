"""What a label-correlation network says in training: its logits, and what the losses on correlations compare."""

from typing import NamedTuple

import torch
from torch import Tensor


class LabelCorrelations(NamedTuple):
    r"""Logits and correlations of a batch of B images with C labels, in the notation of `LabelCorrelationHead`.

    Args:
        z: logits (B, C), before the sigmoid.
        G: global correlations (C, C), rows sum to 1, the same for all images; None if the network has none.
        L: local correlations (B, C, C) of each image, rows sum to 1; None if the network has no `G`.
        u: label-level features of unit length (B, C, P) for contrast; None if the network has no projector.

    Example:
        >>> output = LabelCorrelations(torch.zeros(2, 3), None, None, None)
        >>> output.z.shape, output.G is None
        (torch.Size([2, 3]), True)
    """

    z: Tensor
    G: Tensor | None
    L: Tensor | None
    u: Tensor | None


def in_full_precision(tensor: Tensor) -> Tensor:
    """A plain tensor in float32, or float64 if it is that; without the bookkeeping of MONAI's MetaTensor.

    Example:
        >>> in_full_precision(torch.zeros(1, dtype=torch.bfloat16)).dtype
        torch.float32
    """
    tensor = tensor.as_subclass(Tensor)
    return tensor if tensor.dtype == torch.float64 else tensor.float()
