"""Second-order pooling of feature maps: which features occur together, wherever in the image that is."""

import torch
from torch import Tensor
from torch.nn import functional as F

EPSILON = 1e-5  # bounds the slope of the signed square root at zero by 1 / sqrt(EPSILON)


def bilinear_pool(first: Tensor, second: Tensor) -> Tensor:
    r"""Mean over positions of the outer product of two feature maps, $\Phi = \frac{1}{S} A B^\top$.

    The order of the positions is lost. With `first` equal to `second`, $\Phi$ is symmetric and positive semi-definite.
    Lower precision is cast to float32, float64 stays; autocast, which would undo that, is the caller's to switch off.

    Lin, RoyChowdhury, Maji: Bilinear CNN Models for Fine-grained Visual Recognition, ICCV 2015 (arXiv:1504.07889).

    Args:
        first: $A$ (B, M, H, W), floating point.
        second: $B$ (B, N, H, W), of the same positions $S = HW$.

    Returns:
        $\Phi$ (B, M, N), float32 or float64.

    Example:
        >>> map = torch.tensor([[[[1.0, 2.0]], [[0.0, 3.0]]]])  # two channels at two positions
        >>> bilinear_pool(map, map)
        tensor([[[2.5000, 3.0000],
                 [3.0000, 4.5000]]])
    """
    first, second = _precise(first).flatten(2), _precise(second).flatten(2)
    return (first / first.shape[2]) @ second.transpose(
        1, 2
    )  # divided first: the product may run in float16 in TorchScript


def bilinear_descriptor(pooled: Tensor, epsilon: float = EPSILON) -> Tensor:
    r"""Signed square root, unit length: $u / \|u\|$ with $u = v / \sqrt{|v| + \epsilon}$, $v = \operatorname{vec}\Phi$.

    The square root stops a few bursts of co-occurrence from deciding alone. Ours is smooth:
    $\operatorname{sign}(v)\sqrt{|v| + \epsilon}$ jumps by $2\sqrt\epsilon$ where $v$ changes its sign, and
    $\operatorname{sign}(v)\sqrt{|v|}$ has an infinite slope there. A $\Phi$ of zeros stays zeros, with finite gradient.

    Args:
        pooled: $\Phi$ (B, M, N), float32 or float64.
        epsilon: $\epsilon$; also the length below which $u$ is no longer brought to length 1.

    Returns:
        Descriptors (B, MN) of length 1, same dtype.

    Example:
        >>> bilinear_descriptor(torch.tensor([[[9.0, -16.0]]]))  # about (3, -4) / 5
        tensor([[ 0.6000, -0.8000]])
    """
    flat = pooled.flatten(1)
    return F.normalize(flat * (flat.abs() + epsilon).rsqrt(), dim=1, eps=epsilon)


def _precise(tensor: Tensor) -> Tensor:
    return tensor if tensor.dtype == torch.float64 else tensor.float()
