"""Focal loss with unknown labels taken for negative."""

from torch import Tensor

from .base import number_in
from .curves import focal, in_proportion, sides
from .kernels import Curve
from .pointwise_loss import PointwiseLoss
from .reducers import Reducer


class FocalLoss(PointwiseLoss):
    r"""Cross entropy in which labels that already fit count less; unknown labels count as negative.

    $t = y\,(1-p)^\gamma\,[-\log p] + (1-y)\,p^\gamma\,[-\log(1-p)]$ with $y = 0$ where unknown, $p = \sigma(z)$;
    $w = 1$ everywhere.

    | label | this loss |
    |---|---|
    | positive | $(1-p)^\gamma\,[-\log p]$ |
    | negative or unknown (NaN) | $p^\gamma\,[-\log(1-p)]$ |
    | soft, $0 < y < 1$ | both, in proportion |

    Easy negatives fade and what looks positive keeps its full weight: with missing labels it insists on the missed
    positives, the opposite of `HillLoss` and `GeneralizedAssumeNegativeLoss`. $\gamma = 0$ is `AssumeNegativeLoss`.
    MONAI's `FocalLoss` is the same on full labels and knows no unknown ones.

    Lin et al.: Focal Loss for Dense Object Detection, ICCV 2017 (arXiv:1708.02002).

    Args:
        gamma: $\gamma$ in [0, 100]; the paper uses 2.
        reduction: the multi-label literature uses `sum`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: `gamma` is outside its range, or the reduction is unknown.

    Example:
        >>> import torch
        >>> loss = FocalLoss()
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([[1.0, torch.nan]]))  # 0.25 * 0.6931 + 0.9867 * 5.0067
        tensor(5.1132)
    """

    def __init__(self, *, gamma: float = 2.0, reduction: str | Reducer = "sum", check_inputs: bool = True) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        self.gamma = number_in(type(self).__name__, "gamma", gamma, 0, 100)

    def curve(self, logits: Tensor, targets: Tensor, known: Tensor) -> Curve:
        """See `PointwiseLoss.curve`."""
        positive, negative = sides(logits)
        return in_proportion(focal(positive, negative, self.gamma), focal(negative, positive, self.gamma), targets)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"gamma={self.gamma}, {super().extra_repr()}"
