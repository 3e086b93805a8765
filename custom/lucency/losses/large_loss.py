"""Large loss (LL-R, LL-Ct): unknown labels count as negative, but not those that the network contradicts most."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from ..errors import ConfigError
from .cell_loss import CellLoss
from .kernels import cross_entropy_terms
from .largest_losses import LargestLosses
from .reducers import Reducer
from .state import EpochAware

MODES = ("reject", "correct")


class LargeLoss(CellLoss, EpochAware):
    r"""Binary cross entropy with unknown labels taken for negative, except those of the largest loss in the batch.

    In epoch $e$, counted from 1, the $\lceil BL\,(e-1)\,\delta\rceil$ unknown labels with the largest loss
    $-\log(1-p)$, $p = \sigma(z)$, are rejected (LL-R: $w = 0$) or taken for positive in this step (LL-Ct:
    $t = -\log p$): the network learns clean labels first, and what contradicts it later is probably a missed positive.

    | label | this loss |
    |---|---|
    | positive | $-\log p$, always |
    | negative | $-\log(1-p)$, always |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN), one of the largest losses | `reject`: no term; `correct`: $-\log p$ |
    | unknown (NaN), all others | $-\log(1-p)$ |

    The first epoch is `AssumeNegativeLoss`. With one rate for all findings, the common ones use it up; `per_class`
    gives every finding its own $\lceil B\,(e-1)\,\delta_l\rceil$. The choice is one of the whole batch: under DDP it is
    made over the images of all ranks; with gradient accumulation each micro-batch chooses for itself, which is not the
    same.

    Kim et al.: Large Loss Matters in Weakly Supervised Multi-Label Classification, CVPR 2022 (arXiv:2206.03740).

    Args:
        mode: `reject` (LL-R) or `correct` (LL-Ct); for LL-Cp see `PermanentLargeLoss`.
        delta_rel: $100\,\delta$, percent of all labels more in each epoch, from 0 to 100, or one number a finding. The
            authors use 0.1 to 0.5; where a tenth of the unknown labels is a missed positive, try 1.
        per_class: choose within each finding; set by a list.
        reduction: the paper uses `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is out of range, or the reduction is unknown; during training, if nobody said which
            epoch it is.

    Example:
        >>> loss = LargeLoss(mode="reject", delta_rel=50)
        >>> loss.set_epoch(2, 10)
        >>> terms, weight = loss.terms(torch.tensor([[5.0, 2.0]]), torch.tensor([[torch.nan, torch.nan]]))
        >>> weight
        tensor([[0., 1.]])
    """

    def __init__(
        self,
        *,
        mode: Literal["reject", "correct"] = "reject",
        delta_rel: float | Sequence[float] = 0.2,
        per_class: bool = False,
        reduction: str | Reducer = "mean_all",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        if mode not in MODES:
            raise ConfigError(f"LargeLoss: mode is {mode!r}; give {' or '.join(MODES)}, or use PermanentLargeLoss")
        self.mode = mode
        self.choose = LargestLosses(type(self).__name__, delta_rel, per_class)

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`."""
        chosen = self.choose(logits, ~known, times=self.epoch - 1)
        if self.mode == "reject":
            return cross_entropy_terms(logits, targets), (~chosen).to(logits.dtype)
        return cross_entropy_terms(logits, targets + chosen), torch.ones_like(logits)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"mode={self.mode}, {self.choose}, {super().extra_repr()}"
