"""Assume negative with label smoothing (AN-LS)."""

from .base import number_in
from .generalized_assume_negative import GeneralizedAssumeNegativeLoss
from .reducers import Reducer


class LabelSmoothingAssumeNegativeLoss(GeneralizedAssumeNegativeLoss):
    r"""Binary cross entropy with unknown labels taken for negative and every label softened by $\varepsilon$.

    $t = \tilde y\,[-\log p] + (1-\tilde y)\,[-\log(1-p)]$ with $\tilde y = \varepsilon + (1-2\varepsilon)\,y$,
    $y = 0$ where unknown, $p = \sigma(z)$; $w = 1$ everywhere.

    | label | this loss |
    |---|---|
    | positive | $-(1-\varepsilon)\log p - \varepsilon\log(1-p)$ |
    | negative or unknown (NaN) | $-(1-\varepsilon)\log(1-p) - \varepsilon\log p$ |
    | soft, $0 < y < 1$ | both, in proportion |

    Equal to `BCEWithLogitsLoss` on targets $1-\varepsilon$ and $\varepsilon$. It pulls probabilities below
    $\varepsilon$ up; at the optimum $p = r + \varepsilon\,(1-2r)$, $r$ the chance of a recorded positive.

    Cole et al.: Multi-Label Learning from Single Positive Labels, CVPR 2021 (arXiv:2106.09708).

    Args:
        epsilon: $\varepsilon$ in [0, 0.5], as defined above. The authors' code uses 0.1 so; the paper's equation
            halves its 0.1, which is 0.05 here.
        reduction: the paper uses `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: `epsilon` is outside [0, 0.5], or the reduction is unknown.

    Example:
        >>> import torch
        >>> loss = LabelSmoothingAssumeNegativeLoss(epsilon=0.1)
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([[1.0, torch.nan]]))  # (0.6931 + 4.5067) / 2
        tensor(2.5999)
    """

    def __init__(
        self, *, epsilon: float = 0.1, reduction: str | Reducer = "mean_all", check_inputs: bool = True
    ) -> None:
        number_in(type(self).__name__, "epsilon", epsilon, 0, 0.5)
        super().__init__(q_neg=0.0, label_smoothing=epsilon, reduction=reduction, check_inputs=check_inputs)
