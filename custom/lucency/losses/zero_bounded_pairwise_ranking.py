"""ZLPR: present findings above zero, absent ones below, and both apart from each other."""

import torch
from torch import Tensor

from .base import number_in
from .kernels import Curve, negative_term
from .label_sets import LabelSetLoss
from .log_sum_exp import EMPTY, log_sum_exp
from .reducers import Reducer


class ZeroBoundedPairwiseRankingLoss(LabelSetLoss):
    r"""Log-sum-exp pairwise ranking with a threshold at logit 0.

    $t_b = \log\bigl(1 + \sum_n b_n e^{z_n/\tau}\bigr) + \log\bigl(1 + \sum_p a_p e^{-z_p/\tau}\bigr)$, present weights
    $a$ and absent weights $b$ as in `LabelSetLoss`. Multiplied out it is `LogSumExpPairwiseLoss` with one more finding
    of logit 0 that is present to the absent and absent to the present. An image takes part when a label is known.

    Unlike the other ranking losses it learns from images without any finding, and 0 is a meaningful cut. It is still no
    cross entropy: $\sigma(z)$ is off the prevalence even with complete labels.

    Su et al.: ZLPR, A Novel Loss for Multi-label Classification, 2022 (arXiv:2208.02955). The temperature is from
    Hanif et al., Bioengineering 12(6):593, 2025 (FZLPR, on chest radiographs), which we know from two ports of it.

    Args:
        temperature: $\tau$; ZLPR has 1, FZLPR 0.2. Gradients grow with $1/\tau$.
        unknown: see `LabelSetLoss`.
        reduction: over images.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: `temperature` is outside [0.001, 1000]; unknown `unknown` or reduction.

    Example:
        >>> loss = ZeroBoundedPairwiseRankingLoss()
        >>> loss(torch.tensor([[2.0, 1.0, 5.0]]), torch.tensor([[1.0, 0.0, torch.nan]]))  # log(1 + e) + log(1 + e**-2)
        tensor(1.4402)
    """

    def __init__(
        self,
        *,
        temperature: float = 1.0,
        unknown: str = "ignore",
        reduction: str | Reducer = "mean_observed",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(unknown=unknown, reduction=reduction, check_inputs=check_inputs)
        self.temperature = number_in(type(self).__name__, "temperature", temperature, 1e-3, 1e3)

    def image_curve(self, logits: Tensor, present: Tensor, absent: Tensor) -> tuple[Curve, Tensor]:
        """See `LabelSetLoss.image_curve`."""
        rivals = log_sum_exp(logits / self.temperature, absent, dim=1)
        finds = log_sum_exp(logits / -self.temperature, present, dim=1)
        slope = torch.sigmoid(rivals.value) * rivals.slope - torch.sigmoid(finds.value) * finds.slope
        takes_part = torch.maximum(rivals.value, finds.value) > EMPTY / 2
        return Curve(negative_term(rivals.value) + negative_term(finds.value), slope / self.temperature), takes_part

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"temperature={self.temperature}, {super().extra_repr()}"
