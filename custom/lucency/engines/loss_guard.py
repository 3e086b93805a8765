"""Stop a run at the first loss that is not a number, before it poisons the weights that get saved."""

import math

from ignite.engine import Engine
from monai.engines.utils import IterationEvents
from monai.utils.enums import CommonKeys

from ..errors import LucencyError


class NonFiniteLossGuard:
    """Raise as soon as the training loss is NaN or infinite, between the forward pass and the backward pass.

    Raises:
        LucencyError: one line with epoch, iteration and the usual causes. No optimiser step has been taken with it.
    """

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        engine.add_event_handler(IterationEvents.LOSS_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Check the loss of this iteration."""
        value = engine.state.output[CommonKeys.LOSS].item()
        if not math.isfinite(value):
            raise LucencyError(
                f"epoch {engine.state.epoch}, iteration {engine.state.iteration}: the loss is {value}; "
                "lower the learning rate, turn amp off, or check the images for values outside [0, 1]"
            )
