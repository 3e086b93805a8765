"""Several batches a step of the optimiser, for batches that do not fit into memory at once."""

import math

from ignite.engine import Engine
from monai.engines.utils import IterationEvents


class AccumulatedSteps:
    """Make the last step of an epoch count fully, however few batches are left for it.

    MONAI's `SupervisedTrainer` with `accumulation_steps` n adds the gradients of n batches, each divided by n, and
    takes one step. At the end of an epoch there may be k < n batches left, whose sum would be k/n of a mean; this
    makes it one. A step then is that of one batch n times as large, where the loss is a mean over images; where it is a
    mean over known labels, batches with fewer of them count as much as the others; batch normalisation sees the single
    batches. Without accumulation nothing is done.

    Example:
        >>> from types import SimpleNamespace
        >>> engine = SimpleNamespace(accumulation_steps=4, state=SimpleNamespace(iteration=10, epoch_length=10))
        >>> batches_of_step(engine), ends_step(engine), steps_so_far(engine)
        (2, True, 3)
    """

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        engine.add_event_handler(IterationEvents.BACKWARD_COMPLETED, self)

    def __call__(self, engine: Engine) -> None:
        """Scale the gradients of a step of fewer batches."""
        batches = batches_of_step(engine)
        if batches == _accumulated(engine) or not ends_step(engine):
            return
        for group in engine.optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.mul_(_accumulated(engine) / batches)


def ends_step(engine: Engine, event: int | None = None) -> bool:
    """Whether the optimiser takes a step in this iteration; also a filter of ignite's events."""
    place = _place(engine)
    return place % _accumulated(engine) == 0 or place == _length(engine)


def batches_of_step(engine: Engine) -> int:
    """Batches that the step of this iteration is made of."""
    accumulated = _accumulated(engine)
    first = (_place(engine) - 1) // accumulated * accumulated
    return min(accumulated, _length(engine) - first)


def steps_so_far(engine: Engine) -> int:
    """Steps of the optimiser up to this iteration, with the one that it belongs to."""
    length = _length(engine)
    epochs: int = (engine.state.iteration - 1) // length
    return epochs * math.ceil(length / _accumulated(engine)) + math.ceil(_place(engine) / _accumulated(engine))


def _accumulated(engine: Engine) -> int:
    steps: int = getattr(engine, "accumulation_steps", 1)
    return steps


def _place(engine: Engine) -> int:
    """Number of this iteration in its epoch, from 1."""
    place: int = (engine.state.iteration - 1) % _length(engine) + 1
    return place


def _length(engine: Engine) -> int:
    length: int = engine.state.epoch_length
    return length
