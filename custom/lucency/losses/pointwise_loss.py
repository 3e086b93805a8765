"""Losses of single cells whose gradient is written by hand."""

from abc import abstractmethod

import torch
from torch import Tensor

from .cell_loss import CellLoss
from .kernels import Curve


class PointwiseLoss(CellLoss):
    r"""Loss whose term of a cell depends on that cell's logit alone, and comes with its derivative.

    On a usual batch the number of operations is what costs time, and an automatic gradient has more of them than the
    term itself. A loss that knows its derivative saves those, and leaves out of it what is to be detached.

    Args:
        reduction: see `CellLoss`.
        check_inputs: see `Loss`.

    Example:
        >>> class SquareLoss(PointwiseLoss):
        ...     def curve(self, logits, targets, known):
        ...         return Curve(logits**2, 2 * logits)
        >>> logits = torch.tensor([[3.0]], requires_grad=True)
        >>> SquareLoss(reduction="sum")(logits, torch.tensor([[1.0]])).backward()
        >>> logits.grad
        tensor([[6.]])
    """

    @abstractmethod
    def curve(self, logits: Tensor, targets: Tensor, known: Tensor) -> Curve:
        """Terms and their derivatives by the logits, (B, L); arguments as for `cell_terms`. No gradient is recorded."""

    def cell_weight(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """Weights as for `cell_terms`; 1 unless a loss says otherwise. No gradient is recorded."""
        return torch.ones_like(logits)

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`."""
        with torch.no_grad():
            curve = self.curve(logits, targets, known)
            weight = self.cell_weight(logits, targets, known)
        # The difference is 0, and its derivative 1: the value stays, and the slope becomes the gradient.
        return torch.addcmul(curve.value, curve.slope, logits - logits.detach()), weight
