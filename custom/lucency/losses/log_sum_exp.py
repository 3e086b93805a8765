"""The logarithm of a weighted sum of exponentials, and its gradient, for sets that may be empty."""

import torch
from torch import Tensor

from .kernels import Curve

EMPTY = -1e30  # stands for log 0: below every logit, and sums and multiples of it stay finite in float32


def log_sum_exp(values: Tensor, weight: Tensor, dim: int) -> Curve:
    r"""$\log\sum w\,e^{v}$ along `dim`, and its derivative by $v$, the softmax among those that have weight.

    A sum over nothing has no logarithm: it gives about -1e30, with a derivative of 0.

    Args:
        values: any shape, float32 or float64, finite.
        weight: same shape and dtype, 0 or more.
        dim: the dimension that is summed over; it stays, with size 1, in the value.

    Example:
        >>> log_sum_exp(torch.tensor([[1e4, 1e4, 9e9]]), torch.tensor([[1.0, 1.0, 0.0]]), dim=1)
        Curve(value=tensor([[10000.6934]]), slope=tensor([[0.5000, 0.5000, 0.0000]]))
    """
    top = values.masked_fill(weight == 0, EMPTY).amax(dim, keepdim=True)
    parts = (values - top).clamp_(max=0).exp_().mul_(weight)  # what has no weight may lie above the top
    total = parts.sum(dim, keepdim=True).clamp_(min=torch.finfo(values.dtype).tiny)
    return Curve(top + total.log(), parts.div_(total))
