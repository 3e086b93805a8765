"""Per-finding validation curves and sample images for TensorBoard."""

from pathlib import Path

import torch
from ignite.engine import Engine, Events
from monai.engines import Evaluator
from monai.utils.enums import CommonKeys
from torch.utils.tensorboard import SummaryWriter


class FindingsTensorBoard:
    """Write training loss and its parts, macro and per-finding validation metrics, and images the network sees.

    Images are those of the first batch of the run, in display polarity: the quickest way to see a
    transposed or inverted data set. Losses are means over some iterations, whose last one is the step.

    Args:
        folder: TensorBoard log folder.
        evaluator: validation engine with a `FindingMetrics` metric.
        images: how many sample images to keep.
        every: iterations from one point of a loss to the next; an epoch ends with one, too.
    """

    writer: SummaryWriter

    def __init__(self, *, folder: str | Path, evaluator: Evaluator, images: int = 16, every: int = 10) -> None:
        self.evaluator = evaluator
        self.images = images
        self.every = every
        self._images_written = False
        self._losses: dict[str, list[torch.Tensor]] = {}
        self.folder = Path(folder)

    def attach(self, engine: Engine) -> None:
        """Register with a trainer on rank 0, after its ValidationHandler."""
        engine.add_event_handler(Events.STARTED, self._open)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._note)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write_losses)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._write_metrics)
        engine.add_event_handler(Events.COMPLETED, self._close)

    def _open(self, engine: Engine) -> None:
        # purge_step drops what a killed run wrote of the epoch that is now repeated
        self.writer = SummaryWriter(str(self.folder), purge_step=engine.state.iteration + 1)
        self._images_written = engine.state.iteration > 0

    def _write_images(self, engine: Engine) -> None:
        images = engine.state.output[CommonKeys.IMAGE][: self.images].detach().cpu().float().clamp(0, 1)
        self.writer.add_images("training images", torch.as_tensor(images), engine.state.iteration)

    def _note(self, engine: Engine) -> None:
        if not self._images_written:
            self._write_images(engine)
            self._images_written = True
        parts = getattr(engine.loss_function, "parts", {})
        for name, value in {**parts, "train": engine.state.output[CommonKeys.LOSS]}.items():
            self._losses.setdefault(name, []).append(value.detach())
        if engine.state.iteration % self.every == 0:
            self._write_losses(engine)

    def _write_losses(self, engine: Engine) -> None:
        for name, values in self._losses.items():
            self.writer.add_scalar(f"loss/{name}", torch.stack(values).float().mean().item(), engine.state.iteration)
        self._losses.clear()

    def _write_metrics(self, engine: Engine) -> None:
        step = engine.state.iteration
        state = self.evaluator.state
        if state.epoch == engine.state.epoch:
            for name, value in state.metrics.items():
                if isinstance(value, float):
                    self.writer.add_scalar(f"validation/{name}", value, step)
            for details in getattr(state, "metric_details", {}).values():
                for finding, numbers in details.items():
                    if numbers["auroc"] is not None:
                        self.writer.add_scalar(f"validation AUROC/{finding}", numbers["auroc"], step)
        self.writer.flush()

    def _close(self, engine: Engine) -> None:
        self.writer.close()
