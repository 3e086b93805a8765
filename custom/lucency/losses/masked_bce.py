"""Binary cross entropy on the known labels alone."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..errors import ConfigError, LucencyError
from .cell_loss import CellLoss
from .kernels import cross_entropy_terms, negative_term, positive_term
from .reducers import Reducer


class MaskedBCELoss(CellLoss):
    r"""Binary cross entropy of known labels; unknown ones have no influence at all.

    $t = y\,c_l\,[-\log p] + (1-y)\,[-\log(1-p)]$ with $p = \sigma(z)$; $w = 1$ where the label is known, else 0.

    | label | this loss |
    |---|---|
    | positive | $-c_l \log p$ |
    | negative | $-\log(1-p)$ |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN) | no term, zero gradient |

    Fully labelled it is `torch.nn.BCEWithLogitsLoss(pos_weight=c)`. Where mostly positives are mentioned, as in the
    CheXpert training labels, known labels alone are a biased sample: compare with `AssumeNegativeLoss`.

    Args:
        pos_weight: $c_l$, one positive number a finding, see `pos_weight_from_targets`; None is 1 for all.
        max_pos_weight: larger weights are cut down to this.
        reduction: `mean_observed` is what masked cross entropy commonly means.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: a weight is not positive and finite, or the reduction is unknown.

    Example:
        >>> loss = MaskedBCELoss()
        >>> loss(torch.tensor([[0.0, 5.0]]), torch.tensor([[1.0, torch.nan]]))
        tensor(0.6931)
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        *,
        pos_weight: Sequence[float] | None = None,
        max_pos_weight: float = 20.0,
        reduction: str | Reducer = "mean_observed",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        _check_positive("max_pos_weight", [max_pos_weight])
        if pos_weight is not None:
            _check_positive("pos_weight", pos_weight)
            pos_weight = [min(float(weight), max_pos_weight) for weight in pos_weight]
        weights = None if pos_weight is None else torch.tensor(pos_weight, dtype=torch.float64)
        self.register_buffer("pos_weight", weights, persistent=False)  # a setting of the config, not learned state

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`."""
        weight = known.to(logits.dtype)
        if self.pos_weight is None:
            return cross_entropy_terms(logits, targets), weight
        if len(self.pos_weight) != logits.shape[1]:
            raise LucencyError(
                f"MaskedBCELoss: pos_weight has {len(self.pos_weight)} numbers for {logits.shape[1]} findings; "
                "give one a finding"
            )
        positive = self.pos_weight.to(logits) * targets * positive_term(logits)
        return positive + (1 - targets) * negative_term(logits), weight


def pos_weight_from_targets(targets: Tensor, *, max_pos_weight: float = 20.0) -> list[float]:
    r"""Negatives over positives of each finding, counted on its known labels: what balances the two classes.

    Args:
        targets: (N, L), in [0, 1] or NaN for unknown; a soft label counts as its share of both classes.
        max_pos_weight: upper bound, also the weight of a finding without positives.

    Returns:
        L numbers for `MaskedBCELoss(pos_weight=...)`. A finding with no known label, or with positives alone, gets 1.

    Example:
        >>> nan = torch.nan
        >>> pos_weight_from_targets(torch.tensor([[1.0, 0.0, nan], [0.0, 0.0, nan], [0.0, nan, nan]]))
        [2.0, 20.0, 1.0]
    """
    known = ~torch.isnan(targets)
    positives = torch.where(known, targets, 0).double().sum(dim=0)
    negatives = known.sum(dim=0) - positives
    ratio = (negatives / positives).clamp(max=max_pos_weight)
    weights: list[float] = torch.where(negatives > 0, ratio, 1.0).tolist()
    return weights


def _check_positive(argument: str, values: Sequence[float]) -> None:
    for value in values:
        if not (math.isfinite(value) and value > 0):
            raise ConfigError(f"MaskedBCELoss: {argument} holds {value}; give finite numbers above 0")
