"""A classification head on second-order statistics of a feature map."""

from collections.abc import Sequence
from typing import Any

from monai.networks.layers.utils import get_norm_layer
from torch import Tensor, nn

from ..errors import ConfigError
from .bilinear_pooling import bilinear_descriptor, bilinear_pool
from .own_precision import OwnPrecision


class BilinearHead(OwnPrecision):
    r"""Logits $z = W u(R_A f, R_B f) + b$ from the pairs of features that occur at the same position.

    $R$ is a 1x1 convolution with batch normalisation. $\Phi = \frac{1}{S} (R_A f)(R_B f)^\top$ and its descriptor $u$
    (signed square root, unit length) are those of `bilinear_pooling`. Everything runs in the precision of the
    parameters with autocast switched off, $\Phi$ and $u$ in float32 or better; only inside a TorchScript module under
    autocast do the products follow autocast, for TorchScript ignores the switch.

    Tensors:
        features: (B, C, H, W) floating point, as bfloat16 or float16 too.
        logits: (B, L) in the dtype of the parameters, before the sigmoid.

    Args:
        in_channels: C.
        out_channels: L, one logit a finding.
        reduced_channels: channels M and N of $R_A$ and $R_B$. The descriptor has MN numbers, 16384 by default.
        symmetric: $R_B = R_A$, half the reductions and a symmetric $\Phi$; then M = N.
        norm: normalisation after the 1x1 convolutions, as MONAI spells it.

    Raises:
        ConfigError: `reduced_channels` are not two positive whole numbers, or differ in a symmetric head.

    Example:
        >>> import torch
        >>> head = BilinearHead(in_channels=8, out_channels=3, reduced_channels=(4, 5))
        >>> head(torch.rand(2, 8, 7, 7)).shape
        torch.Size([2, 3])
        >>> head.out.in_features
        20
    """

    def __init__(
        self,
        *,
        in_channels: int,
        out_channels: int,
        reduced_channels: Sequence[int] = (128, 128),
        symmetric: bool = False,
        norm: str | tuple[str, dict[str, Any]] = "batch",
    ) -> None:
        super().__init__()
        first, second = _two_numbers(reduced_channels)
        if symmetric and first != second:
            raise ConfigError(
                f"BilinearHead: reduced_channels is {reduced_channels}, but symmetric shares one reduction; "
                "give the same number twice, or symmetric: false"
            )
        self.reduce_first = _reduction(in_channels, first, norm)
        self.reduce_second = None if symmetric else _reduction(in_channels, second, norm)
        self.out = nn.Linear(first * second, out_channels)
        nn.init.zeros_(self.out.bias)  # as MONAI begins its own DenseNet head

    def _logits(self, features: Tensor) -> Tensor:
        features = features.to(self.out.weight.dtype)
        first = self.reduce_first(features)
        second = first if self.reduce_second is None else self.reduce_second(features)
        descriptor = bilinear_descriptor(bilinear_pool(first, second))
        return self.out(descriptor.to(self.out.weight.dtype))  # type: ignore[no-any-return]


def _two_numbers(reduced_channels: Sequence[int]) -> tuple[int, int]:
    numbers = list(reduced_channels) if isinstance(reduced_channels, Sequence) else [reduced_channels]
    if len(numbers) != 2 or any(type(number) is not int or number < 1 for number in numbers):
        raise ConfigError(
            f"BilinearHead: reduced_channels is {reduced_channels}; give two whole numbers from 1, such as [128, 128]"
        )
    return numbers[0], numbers[1]


def _reduction(in_channels: int, out_channels: int, norm: str | tuple[str, dict[str, Any]]) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel_size=1, bias=False),  # the normalisation has a bias of its own
        get_norm_layer(name=norm, spatial_dims=2, channels=out_channels),
    )
