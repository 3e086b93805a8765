"""What a plain DenseNet has on top of its feature map."""

from torch import Tensor, nn


class PooledLinear(nn.Module):
    r"""Logits $w_l \cdot \bar x + b_l$ of the mean $\bar x$ of a feature map over its places.

    Args:
        in_channels: D.
        out_channels: L.

    Example:
        >>> import torch
        >>> PooledLinear(8, 3)(torch.rand(2, 8, 7, 7)).shape
        torch.Size([2, 3])
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.out = nn.Linear(in_channels, out_channels)

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, L) of features (B, D, h, w)."""
        logits: Tensor = self.out(features.mean(dim=(2, 3)))
        return logits
