"""Weak assume negative (WAN): unknown labels count as negative, with a small weight."""

import torch
from torch import Tensor

from ..errors import ConfigError
from .base import number_in
from .cell_loss import CellLoss
from .kernels import cross_entropy_terms
from .reducers import Reducer


class WeakAssumeNegativeLoss(CellLoss):
    r"""Binary cross entropy with unknown labels taken for negative at weight $\gamma$.

    $t = y\,[-\log p] + (1-y)\,[-\log(1-p)]$ with $y = 0$ where unknown, $p = \sigma(z)$;
    $w = 1$ where the label is known, else $\gamma$.

    | label | this loss |
    |---|---|
    | positive | $-\log p$ |
    | negative | $-\log(1-p)$, full weight: somebody looked |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN) | $-\gamma \log(1-p)$ |

    The default $\gamma = 1/(L-1)$ lets the one known positive of an image weigh as much as its L-1 assumed negatives.
    $\gamma = 1$ is `AssumeNegativeLoss`, $\gamma = 0$ ignores unknown labels. Probabilities come out high: at the
    optimum the odds are those of a recorded positive divided by $\gamma$. The paper knows no explicit negatives; their
    full weight is this package's choice.

    Cole et al.: Multi-Label Learning from Single Positive Labels, CVPR 2021 (arXiv:2106.09708).

    Args:
        gamma: weight of unknown labels in [0, 1]; None is the paper's 1/(L-1).
        reduction: the paper uses `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: `gamma` is outside [0, 1], or None with a single finding; or the reduction is unknown.

    Example:
        >>> loss = WeakAssumeNegativeLoss(gamma=0.1)
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([[1.0, torch.nan]]))  # (0.6931 + 0.1 * 5.0067) / 2
        tensor(0.5969)
    """

    def __init__(
        self, *, gamma: float | None = None, reduction: str | Reducer = "mean_all", check_inputs: bool = True
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        self.gamma = None if gamma is None else number_in(type(self).__name__, "gamma", gamma, 0, 1)

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`."""
        findings = logits.shape[1]
        if self.gamma is None and findings == 1:
            raise ConfigError("WeakAssumeNegativeLoss: gamma = 1/(L-1) has no value for one finding; give gamma")
        gamma = 1 / (findings - 1) if self.gamma is None else self.gamma
        weight = torch.where(known, torch.ones_like(logits), gamma)
        return cross_entropy_terms(logits, targets), weight

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"gamma={self.gamma}, {super().extra_repr()}"
