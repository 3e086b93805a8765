"""Generalized robust loss (GR): a soft guess for unknown labels, weighted by how ambiguous they look."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..errors import ConfigError
from .base import number_in
from .curves import choose, cross_entropy, generalized_cross_entropy, in_proportion, sides
from .kernels import Curve
from .pointwise_loss import PointwiseLoss
from .reducers import Reducer
from .state import EpochAware


class GeneralizedRobustLoss(EpochAware, PointwiseLoss):
    r"""Cross entropy on known labels; on unknown ones a robust loss against the network's own soft guess.

    $t = V(p)\,[K(p)\,G_{q_2}(p) + (1-K(p))\,G_{q_3}(1-p)]$ where unknown, $K(p) = \sigma(w p + b)$,
    $V(p) = e^{-(p-\mu)^2/(2\sigma^2)}$, $G_q(P) = (1-P^q)/q$, $G_0(P) = -\log P$; $p = \sigma(z)$, and no gradient
    flows through $K$ and $V$; $w_{bl} = 1$ everywhere.

    | label | this loss |
    |---|---|
    | positive | $-\log p$ |
    | negative | $-\log(1-p)$: somebody looked |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN) | $t$ above |

    In epoch $e$ of $T$, $e = 1, 2, \dots$, after $n$ epochs that trained the last layer alone, $w, b$ have gone
    $\max(e-n-1, 0)/(T-n)$ of the way from their first value to their last, $\mu, \sigma$ $\max(e-n, 0)/(T-n)$; the one
    epoch between them is the authors'. `EpochAware`: it must be told the epoch.

    With $K=0, V=1$ it is `AssumeNegativeLoss` at $q_3 = 0$ and `GeneralizedAssumeNegativeLoss(q_neg=q3)` else. At
    $q_3 = 1$ the paper's schedule leaves a finding without a finite optimum that is recorded in more than 42 % of the
    images in the first of eight epochs, 14 % in the last: do not train on beyond the schedule.

    Chen et al.: Boosting Single Positive Multi-label Classification with Generalized Robust Loss, IJCAI 2024
    (arXiv:2405.03501).

    Args:
        q_missed: $q_2$ in [0, 1]; the paper uses 0.01.
        q_assumed: $q_3$ in [0, 1]; the paper uses 1.
        belief_slope: $w$, first and last; the paper uses (0, 2) on VOC.
        belief_offset: $b$, first and last; the paper uses (-2, -2) on VOC.
        centre: $\mu$, first and last; the paper uses (0.5, 0.8) on VOC.
        width: $\sigma$ above 0, first and last; the paper uses (2, 0.5) on VOC.
        linear_epochs: $n$, fewer than all epochs.
        reduction: the paper uses `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is outside its range or no pair; the loss was not told the epoch, or all epochs are
            `linear_epochs`; or the reduction is unknown.

    Example:
        >>> loss = GeneralizedRobustLoss()
        >>> loss.set_epoch(1, 8)
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([[1.0, torch.nan]]))
        tensor(0.7708)
    """

    def __init__(
        self,
        *,
        q_missed: float = 0.01,
        q_assumed: float = 1.0,
        belief_slope: Sequence[float] = (0.0, 2.0),
        belief_offset: Sequence[float] = (-2.0, -2.0),
        centre: Sequence[float] = (0.5, 0.8),
        width: Sequence[float] = (2.0, 0.5),
        linear_epochs: int = 0,
        reduction: str | Reducer = "mean_all",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        self.q_missed = number_in(type(self).__name__, "q_missed", q_missed, 0, 1)
        self.q_assumed = number_in(type(self).__name__, "q_assumed", q_assumed, 0, 1)
        self.belief_slope = self._pair("belief_slope", belief_slope, -1e3, 1e3)
        self.belief_offset = self._pair("belief_offset", belief_offset, -1e3, 1e3)
        self.centre = self._pair("centre", centre, -1e3, 1e3)
        self.width = self._pair("width", width, 1e-3, 1e3)
        self.linear_epochs = int(number_in(type(self).__name__, "linear_epochs", linear_epochs, 0, 1e6))

    def curve(self, logits: Tensor, targets: Tensor, known: Tensor) -> Curve:
        """See `PointwiseLoss.curve`."""
        positive, negative = sides(logits)
        slope, offset, centre, width = self.schedule()
        guess = torch.sigmoid(slope * positive.p + offset)
        clarity = torch.exp((positive.p - centre) ** 2 * (-0.5 / width**2))
        missed = generalized_cross_entropy(positive, negative, self.q_missed)
        assumed = generalized_cross_entropy(negative, positive, self.q_assumed)
        unknown = in_proportion(missed, assumed, guess)
        observed = cross_entropy(positive, negative, targets)
        return choose(known, observed, Curve(clarity * unknown.value, clarity * unknown.slope))

    def schedule(self) -> tuple[float, float, float, float]:
        r"""The epoch's $w, b, \mu, \sigma$."""
        epochs, done = self.max_epochs - self.linear_epochs, self.epoch - self.linear_epochs
        if epochs <= 0:
            raise ConfigError(
                f"{type(self).__name__}: linear_epochs is {self.linear_epochs} of {self.max_epochs} epochs; give fewer"
            )
        early, late = max(done - 1, 0) / epochs, max(done, 0) / epochs
        pairs = ((self.belief_slope, early), (self.belief_offset, early), (self.centre, late), (self.width, late))
        slope, offset, centre, width = (first + share * (last - first) for (first, last), share in pairs)
        return slope, offset, centre, width

    def _pair(self, argument: str, values: Sequence[float], low: float, high: float) -> tuple[float, float]:
        if not isinstance(values, list | tuple) or len(values) != 2:
            raise ConfigError(f"{type(self).__name__}: {argument} is {values!r}; give its first and its last value")
        first, last = (number_in(type(self).__name__, argument, value, low, high) for value in values)
        return first, last

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"q_missed={self.q_missed}, q_assumed={self.q_assumed}, belief_slope={self.belief_slope}, "
            f"belief_offset={self.belief_offset}, centre={self.centre}, width={self.width}, "
            f"linear_epochs={self.linear_epochs}, {super().extra_repr()}"
        )
