"""Terms of a single logit with their gradient written by hand, finite for every finite logit; for `PointwiseLoss`.

Nothing here records a gradient.
"""

from typing import NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.nn import functional as F

from .kernels import Curve


class Side(NamedTuple):
    """A label's probability and its logarithm, tensors of one shape."""

    p: Tensor
    log_p: Tensor


class Term(NamedTuple):
    """A label's term, and how hard it draws the logit to its side: minus the derivative by the label's own logit."""

    value: Tensor
    pull: Tensor


TermOrCurve = TypeVar("TermOrCurve", Term, Curve)


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
    p, log_p = torch.sigmoid(logits), F.logsigmoid(logits)
    return Side(p, log_p), Side(1 - p, log_p - logits)


def power(probability: Tensor, exponent: float, log_probability: Tensor | None = None) -> Tensor:
    """Probability above 0 to the power of `exponent`; the usual 1, 2 and 4 cost no exponential."""
    if exponent == 1:
        return probability
    if exponent in (2, 4):
        square = probability.square()
        return square if exponent == 2 else square.square()
    return torch.exp(exponent * (torch.log(probability) if log_probability is None else log_probability))


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
    if q < 1e-12:  # the limit, long before 1/q overflows
        return Term(-label.log_p, other.p)
    if q == 1:
        return Term(other.p, other.p * label.p)
    lack = torch.expm1(q * label.log_p)  # P^q - 1
    return Term(lack * (-1 / q), torch.addcmul(other.p, other.p, lack))


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
    weight = power(other.p, gamma, other.log_p)
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


def choose(condition: Tensor, one: TermOrCurve, other: TermOrCurve) -> TermOrCurve:
    """`one` where the condition holds, else `other`; both finite.

    `torch.where` decides cell by cell, which on a processor is slow where conditions look random. `torch.lerp` takes
    cells in vectors and is exact at 0 and 1.

    Args:
        condition: bool, same shape.
        one: terms or a curve.
        other: the same kind.

    Example:
        >>> one, other = Curve(torch.ones(2), torch.ones(2)), Curve(torch.zeros(2), torch.zeros(2))
        >>> choose(torch.tensor([True, False]), one, other)
        Curve(value=tensor([1., 0.]), slope=tensor([1., 0.]))
    """
    share = condition.to(one[0].dtype)
    return type(one)(torch.lerp(other[0], one[0], share), torch.lerp(other[1], one[1], share))


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
