"""Assume negative (AN): every label that is not known counts as negative."""

import torch
from torch import Tensor

from .cell_loss import CellLoss
from .kernels import cross_entropy_terms
from .reducers import Reducer


class AssumeNegativeLoss(CellLoss):
    r"""Binary cross entropy with unknown labels taken for negative.

    $t = y\,[-\log p] + (1-y)\,[-\log(1-p)]$ with $y = 0$ where unknown, $p = \sigma(z)$; $w = 1$ everywhere.

    | label | this loss |
    |---|---|
    | positive | $-\log p$ |
    | negative | $-\log(1-p)$ |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN) | $-\log(1-p)$ |

    Equal to `BCEWithLogitsLoss` on targets with NaN set to 0. Its gradient on an unknown label goes to 1 as the network
    becomes sure of it, so a missed positive is fought hardest where the network is right. Probabilities come out low:
    they converge to the probability of a *recorded* positive.

    Cole et al.: Multi-Label Learning from Single Positive Labels, CVPR 2021 (arXiv:2106.09708).

    Args:
        reduction: the paper uses `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: unknown reduction.

    Example:
        >>> loss = AssumeNegativeLoss()
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([[1.0, torch.nan]]))  # (0.6931 + 5.0067) / 2
        tensor(2.8499)
    """

    def __init__(self, *, reduction: str | Reducer = "mean_all", check_inputs: bool = True) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`."""
        return cross_entropy_terms(logits, targets), torch.ones_like(logits)
