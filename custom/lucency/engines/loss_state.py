"""Telling a loss during training what logits and targets do not say."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from ignite.engine import Engine, Events
from torch import Tensor

from ..errors import ConfigError
from ..losses import begin_batch, begin_epoch, end_epoch
from .evaluated_share import evaluated_share, own_rank


class LossState:
    """Tell the trainer's loss which epoch begins, which images a batch holds, and what the network says of all images.

    A loss that wants none of it is left alone and nothing is computed. Only a `PredictionFed` loss that asks for it
    makes the network predict the whole training set after an epoch, in evaluation mode and without augmentation: the
    images are then read again. Under DDP every rank predicts its share with the batch-norm statistics of rank 0, which
    are those in the checkpoint, and all ranks receive all logits, bit for bit the same.

    Attach it before `RunCheckpoint`, which saves what the loss has learned from the epoch.

    Args:
        data: the training records, each with `image` and `index`, its place in the list; see `load_records`.
        transform: preprocessing without random transforms; not needed where the trainer reads `CachedRadiographs`.
        batch_size: images a batch of that prediction.
        num_workers: processes that read for it, where there is a transform.

    Raises:
        ConfigError: when training starts, if the optimiser leaves out parameters that the loss learns.
    """

    def __init__(
        self, *, data: Sequence[Mapping[str, Any]], transform: Any = None, batch_size: int, num_workers: int = 0
    ) -> None:
        self.data = data
        self.transform = transform
        self.batch_size = batch_size
        self.num_workers = num_workers

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        engine.add_event_handler(Events.STARTED, self._check)
        engine.add_event_handler(Events.EPOCH_STARTED, self._begin_epoch)
        engine.add_event_handler(Events.ITERATION_STARTED, self._begin_batch)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._end_epoch)

    def _check(self, engine: Engine) -> None:
        updated = {id(parameter) for group in engine.optimizer.param_groups for parameter in group["params"]}
        loss = engine.loss_function
        if missing := [name for name, parameter in loss.named_parameters() if id(parameter) not in updated]:
            raise ConfigError(
                f"{type(loss).__name__} learns {', '.join(missing)}, which the optimizer does not have; "
                "give it lucency.engines.parameter_groups as params"
            )

    def _begin_epoch(self, engine: Engine) -> None:
        begin_epoch(engine.loss_function, engine.state.epoch, engine.state.max_epochs)

    def _begin_batch(self, engine: Engine) -> None:
        batch = engine.state.batch
        begin_batch(engine.loss_function, batch.get("index") if isinstance(batch, Mapping) else None)

    def _end_epoch(self, engine: Engine) -> None:
        end_epoch(engine.loss_function, lambda: self.predict(engine))

    def predict(self, engine: Engine) -> Tensor:
        """Logits (N, L) of all training images in the order of their index, on the trainer's device."""
        index, parts = [], []
        for batch, logits in evaluated_share(
            engine, self.data, self.transform, batch_size=self.batch_size, num_workers=self.num_workers
        ):
            index.append(batch["index"].to(logits.device))
            parts.append(logits)
        own = torch.cat(parts)
        logits = own.new_zeros(len(self.data), own.shape[1])
        logits[torch.cat(index)] = own
        if own_rank()[1] > 1:
            torch.distributed.all_reduce(logits)  # every row is zero on all ranks but one
        return logits
