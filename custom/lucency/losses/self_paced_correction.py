"""Self-paced loss correction (SPLC): an unknown label that the network believes in becomes positive."""

import math

from torch import Tensor

from .base import number_in
from .curves import Term, choose, focal, in_proportion, sides
from .kernels import Curve
from .pointwise_loss import PointwiseLoss
from .reducers import Reducer
from .state import EpochAware


class SelfPacedCorrectionLoss(EpochAware, PointwiseLoss):
    r"""Focal loss with a margin on positives; unknown labels are negative until the network is sure they are not.

    $t = y\,F(p_m) + (1-y)\,[-\log(1-p)]$ where known, $F(P) = (1-P)^\gamma\,[-\log P]$, $p_m = \sigma(z-m)$,
    $p = \sigma(z)$; else $F(1-p)$, but $F(p)$ if $p > \tau$ and the epoch is `first_epoch` or later; $w = 1$
    everywhere.

    | label | this loss |
    |---|---|
    | positive | $F(p_m)$ |
    | negative | $-\log(1-p)$: somebody looked |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN) | $F(1-p)$, or $F(p)$ once believed |

    The choice is made anew in every step. The margin applies to given positives alone. No gradient flows through the
    choice, and once above $\tau$ a label is drawn to 1, so the loss has no lower bound on how much it corrects:
    findings that are over-predicted early become positive everywhere. `EpochAware`: it must be told the epoch. The
    paper knows no explicit negatives; their cross entropy is this package's choice.

    Zhang et al.: Simple and Robust Loss Design for Multi-Label Learning with Missing Labels, 2021 (arXiv:2112.07368).

    Args:
        tau: $\tau$ in [0, 1]; the paper uses 0.6, and 0.65 where labels are rarely missing. 1 never corrects.
        first_epoch: the first epoch, counted from 1, that corrects; the authors' 1 counts from 0, which is 2 here.
        margin: $m$ in [0, 10]; the paper uses 1.
        gamma: $\gamma$ in [0, 100]; the paper uses 2.
        reduction: the paper uses `sum`, at batches of 128 and a learning rate of 1e-4.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is outside its range; the loss was not told the epoch; or the reduction is unknown.

    Example:
        >>> import torch
        >>> loss = SelfPacedCorrectionLoss()
        >>> logits, targets = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, torch.nan]])
        >>> loss.set_epoch(1, 10)
        >>> loss(logits, targets)  # 0.25 * 0.6931 + 0.7758 * 2.1269
        tensor(1.8234)
        >>> loss.set_epoch(2, 10)
        >>> loss(logits, targets)  # 0.25 * 0.6931 + 0.0142 * 0.1269
        tensor(0.1751)
    """

    def __init__(
        self,
        *,
        tau: float = 0.6,
        first_epoch: int = 2,
        margin: float = 1.0,
        gamma: float = 2.0,
        reduction: str | Reducer = "sum",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        self.tau = number_in(type(self).__name__, "tau", tau, 0, 1)
        self.first_epoch = int(number_in(type(self).__name__, "first_epoch", first_epoch, 1, 1e6))
        self.margin = number_in(type(self).__name__, "margin", margin, 0, 10)
        self.gamma = number_in(type(self).__name__, "gamma", gamma, 0, 100)

    def curve(self, logits: Tensor, targets: Tensor, known: Tensor) -> Curve:
        """See `PointwiseLoss.curve`."""
        positive, negative = sides(logits)
        observed = in_proportion(
            focal(*sides(logits - self.margin), self.gamma), Term(-negative.log_p, positive.p), targets
        )
        unknown = Curve(*focal(negative, positive, self.gamma))
        if self.epoch >= self.first_epoch and self.tau < 1:
            believed = logits > (math.log(self.tau / (1 - self.tau)) if self.tau > 0 else -math.inf)
            corrected = focal(positive, negative, self.gamma)
            unknown = choose(believed, Curve(corrected.value, -corrected.pull), unknown)
        return choose(known, observed, unknown)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"tau={self.tau}, first_epoch={self.first_epoch}, margin={self.margin}, gamma={self.gamma}, "
            f"{super().extra_repr()}"
        )
