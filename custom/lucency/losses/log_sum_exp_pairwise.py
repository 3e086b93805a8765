"""LSEP: every present finding against every absent one."""

import torch
from torch import Tensor

from .kernels import Curve, negative_term
from .label_sets import LabelSetLoss
from .log_sum_exp import EMPTY, log_sum_exp


class LogSumExpPairwiseLoss(LabelSetLoss):
    r"""Smooth penalty on each pair in which an absent finding has a higher logit than a present one.

    $t_b = \log\bigl(1 + \sum_{p}\sum_{n} a_p b_n\,e^{z_n - z_p}\bigr)$, present weights $a$ and absent weights $b$ as
    in `LabelSetLoss`. It factors, $\log(1 + S_N S_P)$ with $S_N = \sum_n b_n e^{z_n}$ and $S_P = \sum_p a_p e^{-z_p}$,
    so no pairs are built. An image takes part when something is present and something else is absent.

    Only differences of logits count: a shift of all logits of an image changes nothing, so no threshold and no
    probability follow from it, and an image without any finding teaches nothing. The paper trains a second network for
    thresholds; add a cross entropy instead (`WeightedSumLoss`).

    Li, Song, Luo: Improving Pairwise Ranking for Multi-label Image Classification, CVPR 2017 (arXiv:1704.03135).

    Args:
        unknown: see `LabelSetLoss`.
        reduction: over images.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: unknown `unknown` or reduction.

    Example:
        >>> loss = LogSumExpPairwiseLoss()
        >>> loss(torch.tensor([[2.0, 1.0, 0.0]]), torch.tensor([[1.0, 0.0, torch.nan]]))  # log(1 + exp(1 - 2))
        tensor(0.3133)
    """

    def image_curve(self, logits: Tensor, present: Tensor, absent: Tensor) -> tuple[Curve, Tensor]:
        """See `LabelSetLoss.image_curve`."""
        return pairwise(logits, present, absent, dim=1)


def pairwise(
    logits: Tensor, present: Tensor, absent: Tensor, dim: int, low: float = 1.0, high: float = 1.0
) -> tuple[Curve, Tensor]:
    r"""$\operatorname{softplus}\bigl(h \log\sum_n b_n e^{z_n/h} + l \log\sum_p a_p e^{-z_p/l}\bigr)$ along `dim`.

    Args:
        logits: (B, L).
        present: $a$ (B, L).
        absent: $b$ (B, L).
        dim: which of the two is summed over.
        low: $l$; the smaller, the more the lowest of the present counts alone.
        high: $h$; the smaller, the more the highest of the absent counts alone.

    Returns:
        Value, `dim` of size 1; slope (B, L); and where both something is present and something is absent.
    """
    rivals, finds = log_sum_exp(logits / high, absent, dim), log_sum_exp(logits / -low, present, dim)
    pairs = high * rivals.value + low * finds.value
    both = (rivals.value > EMPTY / 2) & (finds.value > EMPTY / 2)
    return Curve(negative_term(pairs), torch.sigmoid(pairs) * (rivals.slope - finds.slope)), both
