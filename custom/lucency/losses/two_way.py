"""Two-way loss: findings ranked within each image, and images ranked within each finding."""

import torch
from torch import Tensor

from .base import Loss, number_in, one_of
from .kernels import Curve
from .label_sets import UNKNOWN, label_sets, with_slope
from .log_sum_exp_pairwise import pairwise
from .ranks import gather_rows, gather_with_gradient


class TwoWayLoss(Loss):
    r"""Pairwise ranking along the findings of each image, plus the same along the images of each finding.

    For a row or column of logits, with present weights $a$ and absent weights $b$ as in `LabelSetLoss`,
    $t = \operatorname{softplus}\bigl(T_n \log\sum_n b_n e^{z_n/T_n} + T_p \log\sum_p a_p e^{-z_p/T_p}\bigr)$; the loss
    is the mean of $t$ over images plus the mean of $t$ over findings, of those in which something is present and
    something absent. With $T_n = T_p = 1$ it is `LogSumExpPairwiseLoss` of the logits plus that of their transpose.

    Rows follow no threshold, but columns do compare images with each other, as AUROC does. A finding without a positive
    in the batch teaches nothing in its column: the batch must be large enough for the rare ones. Therefore the loss is
    not additive over micro-batches. On several ranks every rank sees the rows of all, and averaged gradients are those
    of the whole batch.

    Kobayashi: Two-Way Multi-Label Loss, CVPR 2023, pages 7476-7485. Where the author's code gives NaN, for a batch
    without a positive, this gives 0.

    Args:
        positive_temperature: $T_p$; the author's code has 4.
        negative_temperature: $T_n$; the author's code has 1.
        unknown: `ignore`, or `negative` where silence means absence; see `LabelSetLoss`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: a temperature is outside [0.001, 1000]; unknown `unknown`.

    Example:
        >>> loss = TwoWayLoss()
        >>> loss(torch.tensor([[2.0, 0.0], [0.0, 2.0]]), torch.eye(2))  # four times the same pair: 2 * log(1 + e**-2)
        tensor(0.2539)
    """

    def __init__(
        self,
        *,
        positive_temperature: float = 4.0,
        negative_temperature: float = 1.0,
        unknown: str = "ignore",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(check_inputs=check_inputs)
        name = type(self).__name__
        self.positive_temperature = number_in(name, "positive_temperature", positive_temperature, 1e-3, 1e3)
        self.negative_temperature = number_in(name, "negative_temperature", negative_temperature, 1e-3, 1e3)
        self.unknown = one_of(name, "unknown", unknown, UNKNOWN)

    def value(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `Loss.value`."""
        present, absent = label_sets(targets, known, self.unknown)
        sets, _ = gather_rows(torch.cat([present, absent], dim=1), logits)
        present, absent = sets.chunk(2, dim=1)
        logits = gather_with_gradient(logits)
        return self._mean(logits, present, absent, dim=1) + self._mean(logits, present, absent, dim=0)

    def _mean(self, logits: Tensor, present: Tensor, absent: Tensor, dim: int) -> Tensor:
        with torch.no_grad():
            curve, takes_part = pairwise(
                logits, present, absent, dim, low=self.positive_temperature, high=self.negative_temperature
            )
            share = takes_part.to(logits.dtype)
            share /= share.sum().clamp(min=1)
            mean = Curve((share * curve.value).sum(), share * curve.slope)
        return with_slope(mean, logits)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        temperatures = f"positive_temperature={self.positive_temperature}, "
        return f"{temperatures}negative_temperature={self.negative_temperature}, unknown={self.unknown}"
