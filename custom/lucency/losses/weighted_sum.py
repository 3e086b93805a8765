"""Several losses of the same logits and targets, added."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .base import Loss


class WeightedSumLoss(Loss):
    r"""$\sum_i \lambda_i\,\ell_i$ of losses $\ell_i$ on the same logits and targets.

    Inputs are checked once. A part that changes with the epoch or keeps something for each image is told by
    `begin_epoch`, `begin_batch` and `end_epoch` as if it stood alone. What unknown labels do is for each part to say.

    Ge et al. (doi:10.1007/s11042-019-08260-2) add 0.1 of the multi-label softmax loss, and 0.3 of the positive product,
    to binary cross entropy.

    Args:
        losses: the parts, losses of this package.
        weights: $\lambda_i$, one finite number of 0 or more a part.
        check_inputs: see `Loss`; what the parts say on it is not used.

    Raises:
        ConfigError: no part, a part that is no `Loss`, or weights that do not fit.

    Example:
        >>> from lucency.losses import MaskedBCELoss, MultiLabelSoftmaxLoss
        >>> loss = WeightedSumLoss(losses=[MaskedBCELoss(), MultiLabelSoftmaxLoss()], weights=[1.0, 0.1])
        >>> loss(torch.zeros(1, 2), torch.tensor([[1.0, 0.0]]))  # 1.1 * log(2)
        tensor(0.7625)
    """

    def __init__(self, *, losses: Sequence[Loss], weights: Sequence[float], check_inputs: bool = True) -> None:
        super().__init__(check_inputs=check_inputs)
        if len(losses) == 0 or len(losses) != len(weights):
            raise ConfigError(
                f"WeightedSumLoss: {len(losses)} losses and {len(weights)} weights; give one weight a loss, and a loss"
            )
        for loss in losses:
            if not isinstance(loss, Loss):
                raise ConfigError(
                    f"WeightedSumLoss: losses holds a {type(loss).__name__}, which knows no unknown labels; "
                    "give losses of lucency.losses"
                )
        for weight in weights:
            if not (math.isfinite(weight) and weight >= 0):
                raise ConfigError(f"WeightedSumLoss: weights holds {weight}; give finite numbers of 0 or more")
        self.losses = nn.ModuleList(losses)
        self.weights = [float(weight) for weight in weights]

    def value(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `Loss.value`."""
        values = [loss.value(logits, targets, known) for loss in self.losses]  # type: ignore[operator]
        return torch.stack([weight * value for weight, value in zip(self.weights, values, strict=True)]).sum()

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"weights={self.weights}"
