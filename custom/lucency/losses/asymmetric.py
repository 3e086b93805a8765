"""Asymmetric loss (ASL): focal loss that forgives negatives more than positives."""

import torch
from torch import Tensor

from ..errors import ConfigError
from .base import number_in
from .curves import Side, Term, focal, in_proportion, power, sides
from .kernels import Curve
from .pointwise_loss import PointwiseLoss
from .reducers import Reducer


class AsymmetricLoss(PointwiseLoss):
    r"""Focal loss with one focusing for positives, another for negatives, and easy negatives left out entirely.

    $t = y\,(1-p)^{\gamma_+}\,[-\log p] + (1-y)\,p_c^{\gamma_-}\,[-\log(1-p_c)]$ with $y = 0$ where unknown,
    $p_c = \max(p - c, 0)$, $p = \sigma(z)$; $w = 1$ everywhere.

    | label | this loss |
    |---|---|
    | positive | $(1-p)^{\gamma_+}\,[-\log p]$ |
    | negative or unknown (NaN) | $p_c^{\gamma_-}\,[-\log(1-p_c)]$; no gradient below $p = c$ |
    | soft, $0 < y < 1$ | both, in proportion |

    With $c > 0$ a negative's gradient also vanishes towards $p = 1$, which forgives labels that are wrong. With $c = 0$
    and equal $\gamma_+$ and $\gamma_-$ it is `FocalLoss`, with all three 0 `AssumeNegativeLoss`.

    Ben-Baruch et al.: Asymmetric Loss For Multi-Label Classification, ICCV 2021 (arXiv:2009.14119).

    Args:
        gamma_neg: $\gamma_-$ in [0, 100]; the paper uses 4.
        gamma_pos: $\gamma_+$ in [0, 100]; the paper uses 0, the authors' class 1 by default.
        clip: $c$ in [0, 1), the probability margin; the paper uses 0.05.
        detach_weight: let no gradient through $(1-p)^{\gamma_+}$ and $p_c^{\gamma_-}$, as one of the authors' two
            classes does by default.
        reduction: the paper uses `sum`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is outside its range, or the reduction is unknown.

    Example:
        >>> loss = AsymmetricLoss()
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([[1.0, torch.nan]]))  # 0.6931 + 0.7918 * 2.8702
        tensor(2.9657)
    """

    def __init__(
        self,
        *,
        gamma_neg: float = 4.0,
        gamma_pos: float = 0.0,
        clip: float = 0.05,
        detach_weight: bool = False,
        reduction: str | Reducer = "sum",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        self.gamma_neg = number_in(type(self).__name__, "gamma_neg", gamma_neg, 0, 100)
        self.gamma_pos = number_in(type(self).__name__, "gamma_pos", gamma_pos, 0, 100)
        self.clip = number_in(type(self).__name__, "clip", clip, 0, 1)
        if self.clip == 1:
            raise ConfigError(f"{type(self).__name__}: clip is 1, which leaves no negative; give a number below 1")
        self.detach_weight = detach_weight

    def curve(self, logits: Tensor, targets: Tensor, known: Tensor) -> Curve:
        """See `PointwiseLoss.curve`."""
        positive, negative = sides(logits)
        return in_proportion(
            focal(positive, negative, self.gamma_pos, detach_weight=self.detach_weight),
            self._negative_term(positive, negative),
            targets,
        )

    def _negative_term(self, positive: Side, negative: Side) -> Term:
        if self.clip == 0:
            return focal(negative, positive, self.gamma_neg, detach_weight=self.detach_weight)
        p, info = positive.p, torch.finfo(positive.p.dtype)
        clipped = torch.clamp(p - self.clip, info.tiny, 1 - info.eps)
        log_rest = torch.log1p(-clipped)
        rate = 1 / (1 - clipped)
        if self.gamma_neg == 0:
            value = -log_rest
        else:
            focus = power(clipped, self.gamma_neg)
            value = -focus * log_rest
            rate = focus * rate if self.detach_weight else focus * rate + self.gamma_neg * value / clipped
        return Term(value, rate * p * negative.p * (p > self.clip))

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"gamma_neg={self.gamma_neg}, gamma_pos={self.gamma_pos}, clip={self.clip}, "
            f"detach_weight={self.detach_weight}, {super().extra_repr()}"
        )
