"""Hill loss: assumed negatives that look like positives are left in peace."""

from torch import Tensor

from .base import number_in
from .curves import Term, choose, focal, in_proportion, sides
from .kernels import Curve
from .pointwise_loss import PointwiseLoss
from .reducers import Reducer


class HillLoss(PointwiseLoss):
    r"""Focal loss with a margin on positives; on unknown labels a hill that falls off where the network is sure.

    $t = y\,(1-p_m)^\gamma\,[-\log p_m] + (1-y)\,[-\log(1-p)]$ where known, $p_m = \sigma(z-m)$, $p = \sigma(z)$; else
    $(\lambda - p)\,p^2$; $w = 1$ everywhere.

    | label | this loss |
    |---|---|
    | positive | $(1-p_m)^\gamma\,[-\log p_m]$ |
    | negative | $-\log(1-p)$: somebody looked |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN) | $(\lambda - p)\,p^2$ |

    The gradient on an unknown label is $p^2(1-p)(2\lambda - 3p)$; at $\lambda = 1.5$ it is never negative, largest at
    $p = 0.5$ and flat at both ends. A smaller $\lambda$ pushes labels with $p > 2\lambda/3$ up. The paper knows no
    explicit negatives; their cross entropy is this package's choice.

    Zhang et al.: Simple and Robust Loss Design for Multi-Label Learning with Missing Labels, 2021 (arXiv:2112.07368).

    Args:
        lamb: $\lambda$ in [1, 1.5]; the paper uses 1.5.
        margin: $m$ in [0, 10]; the paper uses 1, and 0.5 to 1 do.
        gamma: $\gamma$ in [0, 100]; the paper uses 2.
        reduction: the paper uses `sum`, at batches of 128 and a learning rate of 1e-4.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is outside its range, or the reduction is unknown.

    Example:
        >>> import torch
        >>> loss = HillLoss()
        >>> loss(torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, torch.nan]]))  # 0.25 * 0.6931 + 1 * 0.25
        tensor(0.4233)
    """

    def __init__(
        self,
        *,
        lamb: float = 1.5,
        margin: float = 1.0,
        gamma: float = 2.0,
        reduction: str | Reducer = "sum",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        self.lamb = number_in(type(self).__name__, "lamb", lamb, 1, 1.5)
        self.margin = number_in(type(self).__name__, "margin", margin, 0, 10)
        self.gamma = number_in(type(self).__name__, "gamma", gamma, 0, 100)

    def curve(self, logits: Tensor, targets: Tensor, known: Tensor) -> Curve:
        """See `PointwiseLoss.curve`."""
        positive, negative = sides(logits)
        observed = in_proportion(
            focal(*sides(logits - self.margin), self.gamma), Term(-negative.log_p, positive.p), targets
        )
        p, square = positive.p, positive.p**2
        unknown = Curve((self.lamb - p) * square, (2 * self.lamb - 3 * p) * square * negative.p)
        return choose(known, observed, unknown)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"lamb={self.lamb}, margin={self.margin}, gamma={self.gamma}, {super().extra_repr()}"
