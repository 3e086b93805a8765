"""Per-cell cross-entropy kernels that stay exact and finite for every finite logit."""

from torch import Tensor
from torch.nn import functional as F


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

    Computed as $(1-y)\,z - \log p$, which needs one logarithm instead of two and is as exact as
    `torch.nn.functional.binary_cross_entropy_with_logits`, which does the same.

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
    return (1 - targets) * logits - F.logsigmoid(logits)
