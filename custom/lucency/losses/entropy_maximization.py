"""Entropy maximization (EM): say nothing about unknown labels but that we do not know."""

from torch import Tensor

from .base import number_in
from .curves import choose, cross_entropy, entropy, sides
from .kernels import Curve
from .pointwise_loss import PointwiseLoss
from .reducers import Reducer


class EntropyMaximizationLoss(PointwiseLoss):
    r"""Binary cross entropy on known labels; on unknown ones the predicted entropy is made large.

    $t = y\,[-\log p] + (1-y)\,[-\log(1-p)]$ where known, else $-\alpha H(p)$ with
    $H(p) = -p\log p - (1-p)\log(1-p)$, $p = \sigma(z)$; $w = 1$ everywhere.

    | label | this loss |
    |---|---|
    | positive | $-\log p$ |
    | negative | $-\log(1-p)$ |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN) | $-\alpha H(p)$ |

    The gradient on an unknown label, $\alpha z\,p\,(1-p)$, pulls towards $p = 0.5$, most at $p \approx 0.82$ and
    $0.18$, and leaves alone what the network is sure of. The value can be negative. At the optimum *every* finding that
    is ever recorded has $p > 0.5$: 0.5 is no cut-off here, and the authors use 0.75. $\alpha = 0$ ignores unknown
    labels.

    Zhou et al.: Acknowledging the Unknown for Multi-Label Learning with Single Positive Labels, ECCV 2022
    (arXiv:2203.16219).

    Args:
        alpha: $\alpha$ in [0, 1]; the paper uses 0.2 (VOC), 0.1 (COCO, NUS-WIDE) and 0.01 (CUB).
        reduction: the paper uses `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: `alpha` is outside [0, 1], or the reduction is unknown.

    Example:
        >>> import torch
        >>> loss = EntropyMaximizationLoss(alpha=0.1)
        >>> loss(torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, torch.nan]]))  # (0.6931 - 0.1 * 0.3653) / 2
        tensor(0.3283)
    """

    def __init__(self, *, alpha: float = 0.1, reduction: str | Reducer = "mean_all", check_inputs: bool = True) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        self.alpha = number_in(type(self).__name__, "alpha", alpha, 0, 1)

    def curve(self, logits: Tensor, targets: Tensor, known: Tensor) -> Curve:
        """See `PointwiseLoss.curve`."""
        positive, negative = sides(logits)
        observed = cross_entropy(positive, negative, targets)
        unknown = entropy(logits, positive, negative)
        return choose(known, observed, Curve(-self.alpha * unknown.value, -self.alpha * unknown.slope))

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"alpha={self.alpha}, {super().extra_repr()}"
