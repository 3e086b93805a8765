"""Expected positive regularisation (EPR): known labels, and how many findings an image has on average."""

from typing import Literal

import torch
from torch import Tensor

from ..errors import ConfigError
from .base import number_in
from .cell_loss import CellLoss
from .kernels import cross_entropy_terms
from .ranks import mean_over_ranks
from .reducers import Reducer

NORMS = (1, 2)


class ExpectedPositivesLoss(CellLoss):
    r"""Cross entropy of known labels plus a penalty on a wrong average number of findings in the batch.

    $\operatorname{reduce}(t, w) + \lambda\,R$ with $t = y\,[-\log p] + (1-y)\,[-\log(1-p)]$, $p = \sigma(z)$, $w = 1$
    where the label is known, else 0, and $R = \left(\frac{\hat k - k}{L}\right)^2$ of the average
    $\hat k = \frac1B\sum_{bl} p_{bl}$; with `norm=1`, $R = \lvert\hat k - k\rvert / L$.

    | label | this loss |
    |---|---|
    | positive | $-\log p$, counted in $\hat k$ |
    | negative | $-\log(1-p)$, counted in $\hat k$ |
    | soft, $0 < y < 1$ | both, in proportion, counted in $\hat k$ |
    | unknown (NaN) | counted in $\hat k$ |

    The regulariser pulls all probabilities down when $\hat k > k$ and up when $\hat k < k$, the undecided ones most. It
    is one of the batch, not of cells: gradient accumulation changes it, a batch must be large enough for $\hat k$ to be
    steady, and the reduction does not touch it. Under DDP $\hat k$ is that of all ranks. The paper knows no explicit
    negatives; their cross entropy is this package's choice.

    Cole et al.: Multi-Label Learning from Single Positive Labels, CVPR 2021 (arXiv:2106.09708).

    Args:
        expected_positives: $k$, the true average number of positive findings an image, from 0 to L. Labels that miss
            findings give a lower bound. The paper: VOC 1.5, COCO 2.9, NUS 1.9, CUB 31.4.
        weight: $\lambda$; the paper uses 1.
        norm: 2 as in the paper, or 1.
        reduction: the paper uses `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is out of range, `expected_positives` exceeds the number of findings, or the reduction
            is unknown.

    Example:
        >>> loss = ExpectedPositivesLoss(expected_positives=0.5)
        >>> loss(torch.zeros(1, 2), torch.tensor([[1.0, torch.nan]]))  # 0.6931 / 2 + ((1 - 0.5) / 2)**2
        tensor(0.4091)
    """

    def __init__(
        self,
        *,
        expected_positives: float,
        weight: float = 1.0,
        norm: Literal[1, 2] = 2,
        reduction: str | Reducer = "mean_all",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        name = type(self).__name__
        self.expected_positives = number_in(name, "expected_positives", expected_positives, 0, 1e6)
        self.weight = number_in(name, "weight", weight, 0, 1e6)
        if norm not in NORMS:
            raise ConfigError(f"{name}: norm is {norm!r}; give 2, as in the paper, or 1")
        self.norm = norm

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`."""
        return cross_entropy_terms(logits, targets), known.to(logits.dtype)

    def value(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `Loss.value`."""
        cells = super().value(logits, targets, known)
        if self.expected_positives > logits.shape[1]:
            raise ConfigError(
                f"ExpectedPositivesLoss: expected_positives is {self.expected_positives:g} for {logits.shape[1]} "
                "findings; give the average number of positive findings an image"
            )
        share = mean_over_ranks(torch.sigmoid(logits).mean())
        return cells + self.weight * share_penalty(share, self.expected_positives / logits.shape[1], self.norm)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"expected_positives={self.expected_positives}, weight={self.weight}, norm={self.norm}, "
            f"{super().extra_repr()}"
        )


def share_penalty(share: Tensor, expected: float, norm: int) -> Tensor:
    r"""How far the share of positive findings is from the expected one.

    Args:
        share: $\hat k / L$, a scalar.
        expected: $k / L$.
        norm: 2 for the square of the difference, 1 for its absolute value.

    Returns:
        A scalar.

    Example:
        >>> share_penalty(torch.tensor(0.75), 0.25, norm=2), share_penalty(torch.tensor(0.75), 0.25, norm=1)
        (tensor(0.2500), tensor(0.5000))
    """
    surplus = share - expected
    return surplus.square() if norm == 2 else surplus.abs()
