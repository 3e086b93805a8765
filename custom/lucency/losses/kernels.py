"""Functions of a single logit, exact and finite for every finite logit, some with their gradient written by hand."""

from typing import NamedTuple

import torch
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


class Side(NamedTuple):
    """A label's probability and its logarithm, tensors of one shape."""

    p: Tensor
    log_p: Tensor


class Term(NamedTuple):
    """A label's term, and how hard it draws the logit to its side: minus the derivative by the label's own logit."""

    value: Tensor
    pull: Tensor


class Curve(NamedTuple):
    """Terms and their derivative by the logits."""

    value: Tensor
    slope: Tensor


def sides(logits: Tensor) -> tuple[Side, Side]:
    r"""The positive label's side, $\sigma(z)$, and the negative's, $1-\sigma(z)$, for one logarithm.

    Both logarithms are finite and never above 0. The smaller is exact; the other, $\log(1-p) = \log p - z$, has the
    absolute error of a rounded $z$.

    Args:
        logits: any shape, floating point.

    Example:
        >>> positive, negative = sides(torch.tensor([0.0, 10000.0]))
        >>> positive.p, negative.log_p
        (tensor([0.5000, 1.0000]), tensor([-6.9315e-01, -1.0000e+04]))
    """
    log_p = F.logsigmoid(logits)
    p = torch.exp(log_p)
    return Side(p, log_p), Side(1 - p, log_p - logits)


def generalized_cross_entropy(label: Side, other: Side, q: float) -> Term:
    r"""$(1-P^q)/q$, $P$ the probability of the label: cross entropy at $q = 0$, $1-P$ at $q = 1$.

    The pull is $(1-P)\,P^q$: $P^q$ times that of the cross entropy, so the less a label fits, the less it counts.
    `expm1` keeps the limit $q \to 0$ exact.

    Zhang, Sabuncu: Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels, NeurIPS 2018
    (arXiv:1805.07836).

    Args:
        label: the side that the label says.
        other: the other one.
        q: in [0, 1].

    Example:
        >>> positive, negative = sides(torch.tensor(0.0))
        >>> generalized_cross_entropy(positive, negative, 1)
        Term(value=tensor(0.5000), pull=tensor(0.2500))
    """
    if q == 0:
        return Term(-label.log_p, other.p)
    power = torch.expm1(q * label.log_p)  # P^q - 1
    return Term(power * (-1 / q), torch.addcmul(other.p, other.p, power))


def focal(label: Side, other: Side, gamma: float, *, detach_weight: bool = False) -> Term:
    r"""$(1-P)^\gamma\,[-\log P]$, $P$ the probability of the label: what already fits counts less.

    The pull is $(1-P)^\gamma\,(1-P-\gamma P\log P)$, or $(1-P)^{\gamma+1}$ with the weight detached.

    Lin et al.: Focal Loss for Dense Object Detection, ICCV 2017 (arXiv:1708.02002).

    Args:
        label: the side that the label says.
        other: the other one.
        gamma: 0 or more; 0 is the cross entropy.
        detach_weight: let no gradient through $(1-P)^\gamma$.

    Example:
        >>> focal(*sides(torch.tensor(0.0)), gamma=2)  # 0.25 * 0.6931, 0.25 * (0.5 + 0.6931)
        Term(value=tensor(0.1733), pull=tensor(0.2983))
    """
    if gamma == 0:
        return Term(-label.log_p, other.p)
    weight = torch.exp(gamma * other.log_p)
    pull = other.p if detach_weight else torch.addcmul(other.p, label.p, label.log_p, value=-gamma)
    return Term(weight * -label.log_p, weight * pull)


def entropy(logits: Tensor, positive: Side, negative: Side) -> Curve:
    r"""Entropy of the prediction, $H = -p\log p - (1-p)\log(1-p) = -\log p + z\,(1-p)$, and $-z\,p\,(1-p)$.

    Args:
        logits: any shape, floating point.
        positive: from `sides`.
        negative: from `sides`.

    Example:
        >>> logits = torch.tensor([0.0, 2.0])
        >>> entropy(logits, *sides(logits))
        Curve(value=tensor([0.6931, 0.3653]), slope=tensor([-0.0000, -0.2100]))
    """
    product = logits * negative.p
    return Curve(product - positive.log_p, -product * positive.p)


def in_proportion(positive: Term, negative: Term, targets: Tensor) -> Curve:
    """The positive label's term where the target is 1, the negative's where it is 0, between both in proportion.

    Args:
        positive: the term of a positive label.
        negative: the term of a negative label.
        targets: same shape, in [0, 1]; unknown cells must already hold a number.

    Example:
        >>> positive, negative = sides(torch.zeros(2))
        >>> targets = torch.tensor([0.0, 1.0])
        >>> in_proportion(focal(positive, negative, 0), focal(negative, positive, 0), targets)
        Curve(value=tensor([0.6931, 0.6931]), slope=tensor([ 0.5000, -0.5000]))
    """
    slope = torch.addcmul(negative.pull, targets, positive.pull + negative.pull, value=-1)
    return Curve(torch.lerp(negative.value, positive.value, targets), slope)


def cross_entropy(positive: Side, negative: Side, targets: Tensor) -> Curve:
    """`cross_entropy_terms` with its gradient, p - y.

    Args:
        positive: from `sides`.
        negative: from `sides`.
        targets: same shape, in [0, 1]; unknown cells must already hold a number.

    Example:
        >>> cross_entropy(*sides(torch.zeros(2)), torch.tensor([1.0, 0.0]))
        Curve(value=tensor([0.6931, 0.6931]), slope=tensor([-0.5000,  0.5000]))
    """
    return Curve(-torch.lerp(negative.log_p, positive.log_p, targets), positive.p - targets)
