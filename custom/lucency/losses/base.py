"""The contract of all losses: checked inputs, float32 inside, NaN replaced before any arithmetic."""

import math
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from typing import ClassVar

import torch
from torch import Tensor, nn

from ..errors import ConfigError, LabelError, LucencyError


class Loss(nn.Module, ABC):
    r"""Multi-label loss of logits and targets of which some are not known.

    A loss writes `value`; most are sums over single cells and extend `CellLoss` instead. Here the inputs are checked;
    lower precision is cast to float32 (float64 stays float64) and autocast is switched off; NaN is replaced before any
    arithmetic, because masking a NaN *after* the arithmetic leaves a finite value with a NaN gradient. Value and
    gradient are finite up to $|z| = 10^4$ in float32, bfloat16 and float16, and inputs are never changed.

    A loss that depends on the epoch or on which image a row is also extends `EpochAware` or `SampleIndexed`.

    Tensors:
        logits: (B, L) floating point, before the sigmoid, finite.
        targets: (B, L) floating point, in [0, 1], or NaN for a label that is not known. Never -1.

    Args:
        check_inputs: refuse non-finite logits and targets outside [0, 1] ∪ {NaN}. Costs one synchronisation a step on
            an accelerator; shapes and dtypes are always checked.

    Example:
        >>> class MeanLogitLoss(Loss):
        ...     def value(self, logits, targets, known):
        ...         return torch.where(known, (1 - 2 * targets) * logits, 0).mean()
        >>> MeanLogitLoss()(torch.ones(1, 2), torch.tensor([[1.0, torch.nan]]))
        tensor(-0.5000)
    """

    takes_views: ClassVar[bool] = False
    """Whether it also takes logits of two views of an image; see `LabelAssembleLoss`."""

    def __init__(self, *, check_inputs: bool = True) -> None:
        super().__init__()
        self.check_inputs = check_inputs

    @abstractmethod
    def value(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """The loss, a scalar; all three tensors are (B, L).

        Args:
            logits: float32 or float64.
            targets: same dtype, in [0, 1]; 0 where `known` is false.
            known: bool, false where the label is not known.
        """

    def forward(self, logits: Tensor, targets: Tensor) -> Tensor:
        """The loss, a scalar.

        Raises:
            LucencyError: shapes differ, are not (images, findings) or hold no cell; logits are several tensors,
                integers or not finite.
            LabelError: targets are integers, or hold anything but [0, 1] and NaN.
        """
        if not isinstance(logits, Tensor):
            raise LucencyError(
                f"{type(self).__name__}: logits are a {type(logits).__name__}, no tensor; several views are for "
                "LabelAssembleLoss, two networks for CoTeachingLoss, label correlations for LabelCorrelationLoss"
            )
        with full_precision(logits):
            return self.value(*self.prepare(logits, targets))

    def prepare(self, logits: Tensor, targets: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Check the inputs and make of them what `value` takes; raises as `forward` does."""
        logits, targets = _plain(logits), _plain(targets)
        self._check_form(logits, targets)
        logits = logits if logits.dtype == torch.float64 else logits.float()
        known = ~torch.isnan(targets)
        numbers = targets.nan_to_num(nan=0.0, posinf=torch.inf, neginf=-torch.inf).to(logits.dtype)
        if self.check_inputs:
            self._check_content(logits, numbers)
        return logits, numbers, known

    def _check_form(self, logits: Tensor, targets: Tensor) -> None:
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

    def _check_content(self, logits: Tensor, targets: Tensor) -> None:
        low, high = targets.aminmax()
        # A sum is not finite if a logit is not. Three numbers in one synchronisation; the search is for the message.
        lowest, highest, total = torch.stack([low, high, logits.detach().sum()]).tolist()
        if lowest >= 0 and highest <= 1 and math.isfinite(total):
            return
        name = type(self).__name__
        for row, column in torch.nonzero(~torch.isfinite(logits))[:1].tolist():
            raise LucencyError(
                f"{name}: logit {logits[row, column].item()} in row {row}, column {column}; "
                "training has diverged or the image holds non-finite pixels: lower the learning rate or check the input"
            )
        for row, column in torch.nonzero((targets < 0) | (targets > 1))[:1].tolist():
            raise LabelError(
                f"{name}: target {targets[row, column].item():g} in row {row}, column {column} is not in [0, 1] or "
                "NaN; turn label states into targets with a TargetPolicy"
            )


def full_precision(tensor: Tensor) -> AbstractContextManager[None]:
    """Switch autocast off where it is on; entering its context costs as much as a small loss."""
    device = tensor.device.type
    return torch.autocast(device, enabled=False) if torch.is_autocast_enabled(device) else nullcontext()


def number_in(owner: str, argument: str, value: float, low: float, high: float) -> float:
    """Hand `value` back if it lies in [low, high], else name the argument that is wrong.

    Raises:
        ConfigError: the value is outside, NaN, or no number.

    Example:
        >>> number_in("WeakAssumeNegativeLoss", "gamma", 0.5, 0, 1)
        0.5
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ConfigError(f"{owner}: {argument} is {value!r}; give a number from {low:g} to {high:g}")
    return float(value)


def one_of(owner: str, argument: str, value: str, choices: tuple[str, ...]) -> str:
    """Hand `value` back if it is one of the choices, else name the argument that is wrong.

    Raises:
        ConfigError: it is not.

    Example:
        >>> one_of("TwoWayLoss", "unknown", "ignore", ("ignore", "negative"))
        'ignore'
    """
    if value not in choices:
        raise ConfigError(f"{owner}: {argument} is {value!r}; give one of {', '.join(choices)}")
    return value


def _plain(tensor: Tensor) -> Tensor:
    """Drop MetaTensor and the like: their bookkeeping costs more than the loss itself."""
    return tensor if type(tensor) is Tensor else tensor.as_subclass(Tensor)
