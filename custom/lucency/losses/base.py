"""The contract of all losses: checked inputs, per-cell terms, one reducer."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from ..errors import ConfigError, LabelError, LucencyError
from .reducers import Reducer, reducer_for


class Loss(nn.Module, ABC):
    r"""Multi-label loss $\operatorname{reduce}(t, w)$ of per-cell terms $t_{bl}$ and weights $w_{bl}$.

    A loss writes `cell_terms`; everything else happens here once. Inputs are checked; lower precision is cast to
    float32 (float64 stays float64) and autocast is switched off; NaN is replaced before any arithmetic, because masking
    a NaN *after* the arithmetic leaves a finite value with a NaN gradient. Value and gradient are finite up to
    $|z| = 10^4$ in float32, bfloat16 and float16, and inputs are never changed.

    Tensors:
        logits: (B, L) floating point, before the sigmoid, finite.
        targets: (B, L) floating point, in [0, 1], or NaN for a label that is not known. Never -1.

    Args:
        reduction: `mean_all`, `mean_observed`, `sum`, `per_task`, `durand`, or a reducer with its own settings.
        check_inputs: refuse non-finite logits and targets outside [0, 1] ∪ {NaN}. Costs one synchronisation a step on
            an accelerator; shapes and dtypes are always checked.

    Raises:
        ConfigError: unknown reduction.

    Example:
        >>> from lucency.losses.kernels import negative_term
        >>> class AllNegativeLoss(Loss):
        ...     def cell_terms(self, logits, targets, known):
        ...         return negative_term(logits), torch.ones_like(logits)
        >>> AllNegativeLoss(reduction="sum")(torch.zeros(1, 2), torch.full((1, 2), torch.nan))
        tensor(1.3863)
    """

    def __init__(self, *, reduction: str | Reducer, check_inputs: bool = True) -> None:
        super().__init__()
        self.reducer = reducer_for(reduction)
        self.check_inputs = check_inputs

    @abstractmethod
    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Terms and weights of every cell; all four tensors are (B, L).

        Args:
            logits: float32 or float64.
            targets: same dtype, in [0, 1]; 0 where `known` is false.
            known: bool, false where the label is not known.

        Returns:
            `terms`, finite everywhere; and `weight`, 0 or more, 0 for a cell that takes no part.
        """

    def terms(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Terms (B, L) and weights (B, L) before the reduction, float32 or float64.

        Raises:
            LucencyError: shapes differ, are not (images, findings) or hold no cell; logits are integers or not finite.
            LabelError: targets are integers, or hold anything but [0, 1] and NaN.
        """
        logits, targets = _plain(logits), _plain(targets)
        self._check(logits, targets)
        with torch.autocast(logits.device.type, enabled=False):
            logits = logits if logits.dtype == torch.float64 else logits.float()
            known = ~torch.isnan(targets)
            return self.cell_terms(logits, torch.where(known, targets, 0).to(logits.dtype), known)

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The reduced loss, a scalar; raises as `terms` does."""
        return self.reducer(*self.terms(logits, targets))

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"reduction={self.reducer}"

    def _check(self, logits: Tensor, targets: Tensor) -> None:
        name = type(self).__name__
        if logits.ndim != 2 or logits.shape != targets.shape or logits.numel() == 0:
            raise LucencyError(
                f"{name}: logits are {tuple(logits.shape)} and targets {tuple(targets.shape)}; "
                "both must be (images, findings) with at least one of each"
            )
        if not logits.is_floating_point():
            raise LucencyError(f"{name}: logits are {logits.dtype}; give the network's output before the sigmoid")
        if not targets.is_floating_point():
            raise LabelError(
                f"{name}: targets are {targets.dtype}, which cannot say 'unknown'; "
                "turn label states into float targets with a TargetPolicy"
            )
        if not self.check_inputs:
            return
        wrong_logits = ~torch.isfinite(logits)
        wrong_targets = (targets < 0) | (targets > 1)  # false for NaN, which stands for unknown
        if not bool((wrong_logits | wrong_targets).any()):  # the one synchronisation
            return
        if bool(wrong_logits.any()):
            row, column = torch.nonzero(wrong_logits)[0].tolist()
            raise LucencyError(
                f"{name}: logit {logits[row, column].item()} in row {row}, column {column}; "
                "training has diverged or the image holds non-finite pixels: lower the learning rate or check the input"
            )
        row, column = torch.nonzero(wrong_targets)[0].tolist()
        raise LabelError(
            f"{name}: target {targets[row, column].item():g} in row {row}, column {column} is not in [0, 1] or NaN; "
            "turn label states into targets with a TargetPolicy"
        )


def number_in(owner: str, argument: str, value: float, low: float, high: float) -> float:
    """Hand `value` back if it lies in [low, high], else name the argument that is wrong.

    Raises:
        ConfigError: the value is outside, or NaN.

    Example:
        >>> number_in("WeakAssumeNegativeLoss", "gamma", 0.5, 0, 1)
        0.5
    """
    if not low <= value <= high:
        raise ConfigError(f"{owner}: {argument} is {value}; give a number from {low:g} to {high:g}")
    return float(value)


def _plain(tensor: Tensor) -> Tensor:
    """Drop MetaTensor and the like: their bookkeeping costs more than the loss itself."""
    return tensor if type(tensor) is Tensor else tensor.as_subclass(Tensor)
