"""Losses that compare what is present in an image with what is absent from it."""

from abc import abstractmethod

import torch
from torch import Tensor

from .base import one_of
from .cell_loss import CellLoss
from .kernels import Curve
from .reducers import Reducer

UNKNOWN = ("ignore", "negative")


class LabelSetLoss(CellLoss):
    r"""Loss of whole images, of the weights $a_l$ and $b_l$ with which each finding is present and absent.

    | label | present $a_l$ | absent $b_l$ |
    |---|---|---|
    | positive | 1 | 0 |
    | negative | 0 | 1 |
    | soft, $0 < y < 1$ | $y$ | $1 - y$ |
    | unknown (NaN), `unknown="ignore"` | 0 | 0 |
    | unknown (NaN), `unknown="negative"` | 0 | 1 |

    That unknown is not negative is this package's extension: the papers know complete labels alone. The weights stand
    inside the sums of exponentials, as in soft ZLPR (Su et al., arXiv:2208.02955), so a soft finding is on both sides.

    Args:
        unknown: `ignore`, or `negative` where silence means absence: an image with positives alone has nothing to
            compare them with, and most of these losses learn nothing from it.
        reduction: over images, since terms and weights have one column.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: unknown `unknown` or reduction.

    Example:
        >>> class MarginLoss(LabelSetLoss):
        ...     def image_curve(self, logits, present, absent):
        ...         slope, takes_part = absent - present, (present + absent).any(dim=1, keepdim=True)
        ...         return Curve((slope * logits).sum(dim=1, keepdim=True), slope), takes_part
        >>> MarginLoss(unknown="negative")(torch.tensor([[1.0, 3.0]]), torch.tensor([[1.0, torch.nan]]))
        tensor(2.)
    """

    def __init__(
        self, *, unknown: str = "ignore", reduction: str | Reducer = "mean_observed", check_inputs: bool = True
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        self.unknown = one_of(type(self).__name__, "unknown", unknown, UNKNOWN)

    @abstractmethod
    def image_curve(self, logits: Tensor, present: Tensor, absent: Tensor) -> tuple[Curve, Tensor]:
        """Terms (B, 1), finite everywhere, their derivatives (B, L), and which images take part, (B, 1) bool.

        No gradient is recorded: as in `PointwiseLoss` it is written by hand, which takes half the time.

        Args:
            logits: (B, L), float32 or float64.
            present: (B, L), same dtype, 0 or more.
            absent: the same.
        """

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`; terms and weights are (B, 1)."""
        with torch.no_grad():
            curve, takes_part = self.image_curve(logits, *label_sets(targets, known, self.unknown))
        return with_slope(curve, logits, dim=1), takes_part.to(logits.dtype)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"unknown={self.unknown}, {super().extra_repr()}"


def with_slope(curve: Curve, logits: Tensor, dim: int | None = None) -> Tensor:
    """The value of `curve`, whose gradient by `logits` is its slope; `dim` is summed over, None for all.

    Example:
        >>> logits = torch.tensor([[3.0, 4.0]], requires_grad=True)
        >>> with_slope(Curve(torch.tensor([[7.0]]), torch.tensor([[1.0, 2.0]])), logits, dim=1)
        tensor([[7.]], grad_fn=<AddBackward0>)
    """
    nothing = curve.slope * (logits - logits.detach())  # 0, and its derivative is the slope
    return curve.value + (nothing.sum() if dim is None else nothing.sum(dim, keepdim=True))


def label_sets(targets: Tensor, known: Tensor, unknown: str) -> tuple[Tensor, Tensor]:
    """Weights (B, L) with which each finding is present and absent; the table of `LabelSetLoss`.

    Args:
        targets: (B, L) in [0, 1]; 0 where `known` is false.
        known: (B, L) bool.
        unknown: `ignore` or `negative`.

    Example:
        >>> label_sets(torch.tensor([[1.0, 0.25, 0.0]]), torch.tensor([[True, True, False]]), "ignore")
        (tensor([[1.0000, 0.2500, 0.0000]]), tensor([[0.0000, 0.7500, 0.0000]]))
    """
    absent = 1 - targets
    return targets, absent if unknown == "negative" else absent * known
