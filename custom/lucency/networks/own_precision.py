"""Heads that compute in the precision of their parameters, whatever autocast is in force."""

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn


class OwnPrecision(nn.Module, ABC):
    """A head whose `_logits` (features to logits (B, L)) runs with autocast switched off.

    Only inside a TorchScript module under autocast do its products follow autocast, for TorchScript ignores the switch.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, L) of features."""
        if torch.jit.is_scripting():  # type: ignore[attr-defined]
            return self._logits(features)
        else:  # noqa: RET505  an autocast on a device named at run time does not compile; a ruled out `else` need not
            with torch.autocast(features.device.type, enabled=False):
                return self._logits(features)

    @abstractmethod
    def _logits(self, features: Tensor) -> Tensor:
        """Logits (B, L) of features."""
