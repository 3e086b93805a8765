"""The product of the probabilities of all present findings, called Cor."""

import torch
from torch import Tensor
from torch.nn import functional as F

from .cell_loss import CellLoss
from .kernels import Curve
from .label_sets import with_slope
from .reducers import Reducer


class PositiveProductLoss(CellLoss):
    r"""Minus the probability that every present finding is found, as if they were independent.

    $t_b = -\prod_p \sigma(z_p)^{y_p}$ over the known labels with $y_p > 0$, in [-1, 0]; a soft label has its target for
    an exponent. Negative and unknown labels have no influence, and an image without a positive takes no part.

    Meant to be added to a cross entropy with a small factor (`WeightedSumLoss`): alone it is least when everything is
    positive. Its gradient fades with the number of positives and with how wrong they are.

    The "Cor" term of Ge et al., Multimedia Tools and Applications 79, 2020 (doi:10.1007/s11042-019-08260-2), which
    multiplies it by 0.3; known to us from a public transcription of the article.

    Args:
        reduction: over images, since terms and weights have one column.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: unknown reduction.

    Example:
        >>> PositiveProductLoss()(torch.tensor([[0.0, 0.0, 9.0]]), torch.tensor([[1.0, 1.0, 0.0]]))
        tensor(-0.2500)
    """

    def __init__(self, *, reduction: str | Reducer = "mean_observed", check_inputs: bool = True) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`; terms and weights are (B, 1)."""
        with torch.no_grad():
            product = (targets * F.logsigmoid(logits)).sum(dim=1, keepdim=True).exp()
            curve = Curve(-product, -product * targets * torch.sigmoid(-logits))
        return with_slope(curve, logits, dim=1), targets.any(dim=1, keepdim=True).to(logits.dtype)
