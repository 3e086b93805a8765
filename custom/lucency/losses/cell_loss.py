"""Losses that are a sum of terms, one a cell or one an image."""

from abc import abstractmethod

from torch import Tensor

from .base import Loss, full_precision
from .reducers import Reducer, reducer_for


class CellLoss(Loss):
    r"""Loss $\operatorname{reduce}(t, w)$ of terms $t_{bl}$ and weights $w_{bl}$, one a cell.

    A loss writes `cell_terms`, and `Loss` does the rest. A loss of whole images gives terms and weights of one column:
    the reductions then run over images.

    Args:
        reduction: `mean_all`, `mean_observed`, `sum`, `per_task`, `durand`, or a reducer with its own settings.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: unknown reduction.

    Example:
        >>> import torch
        >>> from lucency.losses.kernels import negative_term
        >>> class AllNegativeLoss(CellLoss):
        ...     def cell_terms(self, logits, targets, known):
        ...         return negative_term(logits), torch.ones_like(logits)
        >>> AllNegativeLoss(reduction="sum")(torch.zeros(1, 2), torch.full((1, 2), torch.nan))
        tensor(1.3863)
    """

    def __init__(self, *, reduction: str | Reducer, check_inputs: bool = True) -> None:
        super().__init__(check_inputs=check_inputs)
        self.reducer = reducer_for(reduction)

    @abstractmethod
    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Terms and weights of every cell; the arguments are (B, L), the results (B, L) or (B, 1).

        Args:
            logits: float32 or float64.
            targets: same dtype, in [0, 1]; 0 where `known` is false.
            known: bool, false where the label is not known.

        Returns:
            `terms`, finite everywhere; and `weight`, 0 or more, 0 for a cell that takes no part.
        """

    def terms(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Terms and weights before the reduction, float32 or float64; raises as `forward` does."""
        with full_precision(logits):
            return self.cell_terms(*self.prepare(logits, targets))

    def value(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `Loss.value`."""
        return self.reducer(*self.cell_terms(logits, targets, known))

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"reduction={self.reducer}"
