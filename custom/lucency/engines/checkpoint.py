"""Best and last checkpoints, and the exact resume of a killed run."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from ignite.engine import Engine, Events
from monai.engines import Evaluator
from monai.utils.enums import CommonKeys
from torch import nn

from ..errors import ConfigError
from ..files import write_atomically
from .ema_teacher import EmaTeacher
from .weights import load_network_state


class RunCheckpoint:
    """Keep `model.pt` (best), `last.pt` (everything needed to go on) and `history.csv` in one folder.

    After each epoch `last.pt` takes network, teacher, optimiser, learning-rate schedule, what the loss has learned, AMP
    scaler, epoch, best metric and history; when the trainer starts and `last.pt` is there, all of it is restored and
    training goes on with the next epoch. Together with `SeedEveryEpoch` a run that is killed at any moment and started
    again ends, on the same CPU, with the same weights as an unbroken one. Files are written to a temporary name and
    renamed: a full disk or a kill leaves the former ones whole. `model.pt` is a plain ``state_dict`` without a
    ``module.`` prefix, of the network that the evaluator validates: the teacher, if it is given that one.

    Attach it after ValidationHandler, learning-rate handler, `LossState` and `EmaTeacher`, whose changes it saves.

    Args:
        folder: where the three files live.
        network: the network, wrapped in DistributedDataParallel or not.
        optimizer: its optimiser.
        lr_scheduler: its schedule.
        loss: the training loss, of which most keep nothing.
        evaluator: the validation engine; a new best key metric there renews `model.pt`.
        teacher: what follows the network, if anything does.
        resume: ``False`` starts afresh and overwrites what is in the folder.

    Raises:
        ConfigError: there is no epoch or no whole batch to train on; or `last.pt` is unreadable, or belongs to another
            network, another loss, or a run that had a teacher where this one has none or the other way round.
    """

    def __init__(
        self,
        *,
        folder: str | Path,
        network: nn.Module,
        optimizer: torch.optim.Optimizer,
        lr_scheduler: Any,
        loss: nn.Module,
        evaluator: Evaluator,
        teacher: EmaTeacher | None = None,
        resume: bool = True,
    ) -> None:
        self.folder = Path(folder)
        self.network = _unwrapped(network)
        self.optimizer = optimizer
        self.lr_scheduler = lr_scheduler
        self.loss = loss
        self.evaluator = evaluator
        self.teacher = teacher
        self.resume = resume
        self.history: list[dict[str, float]] = []
        self._losses: list[torch.Tensor] = []

    @property
    def last(self) -> Path:
        """Path of the checkpoint that a rerun goes on from."""
        return self.folder / "last.pt"

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        _check_length(engine)
        engine.add_event_handler(Events.STARTED, self._start)
        engine.add_event_handler(Events.EPOCH_STARTED, self._reset_loss)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._add_loss)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._save)

    def _start(self, engine: Engine) -> None:
        if self.resume and self.last.exists():
            self._restore(engine)
            engine.logger.info(f"Resumed {self.last} after epoch {engine.state.epoch}.")

    def _restore(self, engine: Engine) -> None:
        try:
            saved = torch.load(self.last, map_location=engine.state.device, weights_only=True)
            network_state = saved["network"]
        except Exception as error:  # torch raises many types for a file that is not a checkpoint
            raise ConfigError(
                f"{self.last}: not a checkpoint of this program ({type(error).__name__}); delete it to start afresh"
            ) from error
        load_network_state(self.network, network_state, self.last)
        self._restore_teacher(saved.get("teacher", {}))
        self._restore_loss(saved.get("loss", {}))
        self.optimizer.load_state_dict(saved["optimizer"])
        self.lr_scheduler.load_state_dict(saved["lr_scheduler"])
        if saved["scaler"] and getattr(engine, "scaler", None) is not None:
            engine.scaler.load_state_dict(saved["scaler"])
        engine.state.epoch = saved["epoch"]
        engine.state.iteration = saved["epoch"] * engine.state.epoch_length
        self.evaluator.state.best_metric = saved["best_metric"]
        self.evaluator.state.best_metric_epoch = saved["best_metric_epoch"]
        self.history = saved["history"]

    def _restore_teacher(self, state: dict[str, torch.Tensor]) -> None:
        if bool(state) != (self.teacher is not None):
            raise ConfigError(
                f"{self.last}: left by a run {'with' if state else 'without'} a teacher; "
                "choose another ckpt_dir, or start afresh with --resume False"
            )
        if self.teacher is not None:
            load_network_state(self.teacher.network, state, self.last)

    def _restore_loss(self, state: dict[str, torch.Tensor]) -> None:
        saved, wanted = (
            {key: tuple(tensor.shape) for key, tensor in content.items()} for content in (state, self.loss.state_dict())
        )
        if saved != wanted:
            raise ConfigError(
                f"{self.last}: left by a run with another loss, or with other images or findings, than this "
                f"{type(self.loss).__name__} (it holds {saved or 'no state'}, needed is {wanted or 'no state'}); "
                "choose another ckpt_dir, or start afresh with --resume False"
            )
        self.loss.load_state_dict(state)

    def _reset_loss(self, engine: Engine) -> None:
        self._losses = []

    def _add_loss(self, engine: Engine) -> None:
        self._losses.append(engine.state.output[CommonKeys.LOSS].detach())  # read once an epoch: reading waits for GPUs

    def _save(self, engine: Engine) -> None:
        state = self.evaluator.state
        validated = state.epoch == engine.state.epoch
        row = {
            "epoch": engine.state.epoch,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "loss": torch.stack(self._losses).double().mean().item(),
        }
        measured = engine.state.metrics | (state.metrics if validated else {})
        row |= {name: value for name, value in measured.items() if isinstance(value, float)}
        self.history.append(row)
        if engine.state.rank != 0:
            return
        if validated and state.best_metric_epoch == engine.state.epoch:
            best = _unwrapped(self.evaluator.network).state_dict()
            write_atomically(self.folder / "model.pt", serialise(best))
        write_atomically(self.last, serialise(self._content(engine)))
        write_atomically(self.folder / "history.csv", pd.DataFrame(self.history).to_csv(index=False))

    def _content(self, engine: Engine) -> dict[str, Any]:
        scaler = getattr(engine, "scaler", None)
        return {
            "network": self.network.state_dict(),
            "teacher": self.teacher.network.state_dict() if self.teacher is not None else {},
            "optimizer": self.optimizer.state_dict(),
            "lr_scheduler": self.lr_scheduler.state_dict(),
            "loss": self.loss.state_dict(),
            "scaler": scaler.state_dict() if scaler is not None else {},
            "epoch": engine.state.epoch,
            "best_metric": float(self.evaluator.state.best_metric),
            "best_metric_epoch": self.evaluator.state.best_metric_epoch,
            "history": self.history,
        }


def _check_length(engine: Engine) -> None:
    if engine.state.max_epochs < 1:
        raise ConfigError(f"max_epochs is {engine.state.max_epochs}; give a whole number from 1")
    if engine.state.epoch_length == 0:  # MONAI's trainer would warn and do nothing
        raise ConfigError("training set: holds fewer images than one batch of a rank; lower batch_size, or give more")


def _unwrapped(network: nn.Module) -> nn.Module:
    return network.module if isinstance(network, nn.parallel.DistributedDataParallel) else network


def serialise(content: Any) -> bytes:
    """Serialise in memory, so that a full disk shows as an OSError of one `write` and not as a torn zip file.

    Example:
        >>> torch.load(io.BytesIO(serialise({"epoch": 3})), weights_only=True)
        {'epoch': 3}
    """
    buffer = io.BytesIO()
    torch.save(content, buffer)
    return buffer.getvalue()
