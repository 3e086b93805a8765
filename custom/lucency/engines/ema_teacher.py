"""A teacher whose weights are the moving average of the network's."""

import torch
from ignite.engine import Engine, Events
from ignite.handlers import EMAHandler
from torch import nn

from ..errors import ConfigError
from .accumulation import ends_step, steps_so_far


class EmaTeacher:
    r"""Keep a copy of the network that follows it slowly, for steadier pseudo-labels.

    After every step $\theta' \leftarrow (1-\lambda_i)\,\theta' + \lambda_i\,\theta$ of weights and batch-norm
    statistics, $\lambda_i = \max(\lambda, 1/i)$ in step $i$: the plain average of all steps until there are
    $1/\lambda$, so that a start from random weights is soon forgotten. ignite's `EMAHandler` does the averaging.

    The teacher is in evaluation mode and has no gradient. Give it to `TwoViewInferer`, and to `RunCheckpoint` for an
    exact resume. Attach it after what loads weights and before the ValidationHandler; at the end of an epoch all ranks
    take over the statistics of rank 0, which are those in the checkpoint. To validate and keep the teacher instead of
    the network, give `network` of it to the evaluator.

    Tarvainen, Valpola: Mean teachers are better role models, NeurIPS 2017 (arXiv:1703.01780).

    Args:
        network: the network, on its device, wrapped in DistributedDataParallel or not.
        momentum: $\lambda$ in (0, 1); the paper uses 0.01 to 0.001, i.e. decay 0.99 to 0.999.

    Raises:
        ConfigError: `momentum` is no number in (0, 1).

    Example:
        >>> teacher = EmaTeacher(network=nn.Linear(2, 1), momentum=0.01)
        >>> teacher.network.training, teacher.network.weight.requires_grad
        (False, False)
    """

    def __init__(self, *, network: nn.Module, momentum: float = 0.001) -> None:
        if not isinstance(momentum, float) or not 0 < momentum < 1:
            raise ConfigError(f"EmaTeacher: momentum is {momentum!r}; give a number between 0 and 1, e.g. 0.001")
        self.average = EMAHandler(network, momentum=momentum, handle_buffers="update")

    @property
    def network(self) -> nn.Module:
        """The averaged network."""
        teacher: nn.Module = self.average.ema_model
        return teacher

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._set_momentum)
        self.average.attach(engine, "ema_momentum", event=Events.ITERATION_COMPLETED(event_filter=ends_step))
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._share_statistics)

    def _start(self, engine: Engine) -> None:
        if engine.state.iteration == 0:  # the copy was made before anything else could load weights into the network
            self.network.load_state_dict(self.average.model.state_dict())

    def _set_momentum(self, engine: Engine) -> None:
        engine.state.ema_momentum = max(self.average.momentum, 1 / steps_so_far(engine))

    def _share_statistics(self, engine: Engine) -> None:
        distributed = torch.distributed
        if distributed.is_available() and distributed.is_initialized():
            for buffer in self.network.buffers():
                distributed.broadcast(buffer, 0)
