"""Per-cell cross-entropy kernels that stay exact and finite for every finite logit."""

from typing import NamedTuple

from torch import Tensor
from torch.nn import functional as F


class Curve(NamedTuple):
    """Terms and their derivative by the logits."""

    value: Tensor
    slope: Tensor


def positive_term(logits: Tensor) -> Tensor:
    r"""Cross entropy of a cell whose label is positive, $-\log\sigma(z) = \operatorname{softplus}(-z)$.

    `logsigmoid` instead of `log(sigmoid(z) + eps)`: the gradient $-(1-p)$ does not vanish on badly wrong logits. It is
    also preferred to `softplus`, which switches to a straight line at $z = 20$.

    Args:
        logits: any shape, floating point.

    Returns:
        Terms of the same shape and dtype.

    Example:
        >>> import torch
        >>> positive_term(torch.tensor([0.0, -10000.0, 10.0]))
        tensor([6.9315e-01, 1.0000e+04, 4.5399e-05])
    """
    return -F.logsigmoid(logits)


def negative_term(logits: Tensor) -> Tensor:
    r"""Cross entropy of a cell whose label is negative, $-\log(1-\sigma(z)) = \operatorname{softplus}(z)$.

    Args:
        logits: any shape, floating point.

    Returns:
        Terms of the same shape and dtype; the gradient is $p = \sigma(z)$.

    Example:
        >>> import torch
        >>> negative_term(torch.tensor([0.0, -10.0, 10000.0]))
        tensor([6.9315e-01, 4.5399e-05, 1.0000e+04])
    """
    return -F.logsigmoid(-logits)


def cross_entropy_terms(logits: Tensor, targets: Tensor) -> Tensor:
    r"""Binary cross entropy of hard or soft targets, $y\,[-\log p] + (1-y)\,[-\log(1-p)]$ with $p = \sigma(z)$.

    PyTorch's own kernel, $(1-y)\,z - \log p$: one logarithm instead of two, one node in the graph.

    Args:
        logits: any shape, floating point.
        targets: same shape, in [0, 1]; unknown cells must already hold a number, NaN would spoil the gradient.

    Returns:
        Terms of the same shape and dtype.

    Example:
        >>> import torch
        >>> cross_entropy_terms(torch.tensor([2.0, 2.0, 2.0]), torch.tensor([1.0, 0.5, 0.0]))
        tensor([0.1269, 1.1269, 2.1269])
    """
    return F.binary_cross_entropy_with_logits(logits, targets, reduction="none")
