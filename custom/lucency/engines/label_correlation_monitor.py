"""Watching label correlations: whether local ones still tell images apart, and what the global ones have learned."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from ignite.engine import Engine, Events
from monai.utils.enums import CommonKeys
from torch import Tensor

from ..errors import ConfigError
from ..losses import LabelCorrelations
from ..losses.base import number_in
from ..losses.label_correlation_loss import local_variance
from .label_correlation_figure import correlation_figure

VARIATION = "local_variation"


class LabelCorrelationMonitor:
    r"""Say when local correlations $L$ no longer depend on the image, and draw the global ones, $G$.

    A consistency term that draws them together has an easy way to 0: the same $L$ for all images. This is measured by
    the *local variation* $v = C \sqrt{\overline{\mathrm{Var}_i(L_i[c, c'])}}$: the standard deviation of $L$ over the
    images of a batch, root mean square over its cells and the batches of an epoch, relative to the mean cell, which is
    $1/C$. An epoch with $v$ below `collapsed_below` gets a warning, as does every later one in which $v$ falls below it
    again; the first epoch gets none, as an untrained network starts there, and no epoch of a loss without consistency.

    $v$ stands as `local_variation` in ``state.metrics`` of the trainer and in TensorBoard; there, too, are pictures of
    $G$ beside $\hat P$, the co-occurrence of the training labels, see `correlation_figure`. A network without $G$ or
    $L$, or of one finding, is passed over in silence, and so are batches of one image. Nothing is kept for a resumed
    run, which warns anew.

    Attach it before `RunCheckpoint`, on rank 0 alone; $v$ is that of the images of this rank.

    Measure and threshold are this package's; docs/reference/runs.md says where they come from.

    Args:
        findings: C ids, in the order of the network's outputs.
        cooccurrence: $\hat P$ (C, C) of the training images, see `lucency.losses.cooccurrence`.
        folder: TensorBoard log folder of its own, as two writers in one hide each other; None draws and writes nothing.
        collapsed_below: in [0, 1]; 0.01 is about the variation of an untrained network, a tenth or less of a free $L$.
        picture_every: epochs from picture to picture.

    Raises:
        ConfigError: `cooccurrence` is no square of the findings, or an argument is out of range.

    Example:
        >>> monitor = LabelCorrelationMonitor(findings=["edema", "mass"], cooccurrence=np.eye(2))
        >>> monitor.add(torch.tensor([[[0.6, 0.4], [0.5, 0.5]], [[0.4, 0.6], [0.5, 0.5]]]))
        >>> round(monitor.local_variation(), 3)
        0.141
    """

    def __init__(
        self,
        *,
        findings: Sequence[str],
        cooccurrence: npt.ArrayLike,
        folder: str | Path | None = None,
        collapsed_below: float = 0.01,
        picture_every: int = 1,
    ) -> None:
        name = type(self).__name__
        self.findings = list(findings)
        self.cooccurrence = np.asarray(cooccurrence, dtype=np.float64)
        if self.cooccurrence.shape != (len(self.findings),) * 2:
            raise ConfigError(
                f"{name}: cooccurrence is {self.cooccurrence.shape} and there are {len(self.findings)} findings; "
                "count it from the training records of these findings with lucency.losses.cooccurrence"
            )
        if type(picture_every) is not int or picture_every < 1:
            raise ConfigError(f"{name}: picture_every is {picture_every!r}; give a whole number of epochs from 1")
        self.folder = None if folder is None else Path(folder)
        self.collapsed_below = number_in(name, "collapsed_below", collapsed_below, 0, 1)
        self.picture_every = picture_every
        self._variances: list[Tensor] = []
        self._collapsed = False
        self._writer: Any = None

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        engine.add_event_handler(Events.EPOCH_STARTED, self._begin_epoch)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._watch)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._end_epoch)
        engine.add_event_handler(Events.COMPLETED, self._close)

    def add(self, L: Tensor) -> None:
        """Take in the local correlations (B, C, C) of a batch; what they vary is read at the end of the epoch."""
        if len(L) > 1 and len(self.findings) > 1:
            self._variances.append(local_variance(L))

    def local_variation(self) -> float | None:
        """$v$ of all batches taken in since the epoch began; None if there was none with two images and findings."""
        if not self._variances:
            return None
        return len(self.findings) * torch.stack(self._variances).mean().sqrt().item()

    def _begin_epoch(self, engine: Engine) -> None:
        self._variances.clear()
        if self.folder is not None and self._writer is None:  # not on STARTED, when RunCheckpoint has yet to resume
            from torch.utils.tensorboard import SummaryWriter

            # purge_step drops what a killed run wrote of the epoch that is now repeated
            self._writer = SummaryWriter(str(self.folder), purge_step=engine.state.iteration + 1)

    def _watch(self, engine: Engine) -> None:
        output = engine.state.output[CommonKeys.PRED]
        if isinstance(output, LabelCorrelations) and output.L is not None:
            self.add(output.L)

    def _end_epoch(self, engine: Engine) -> None:
        variation = self.local_variation()
        if variation is not None:
            engine.state.metrics[VARIATION] = variation
            self._warn(engine, variation)
        if self._writer is not None:
            self._write(engine, variation)

    def _warn(self, engine: Engine, variation: float) -> None:
        drawn = getattr(engine.loss_function, "consistency", True) is not None
        collapsed = drawn and engine.state.epoch > 1 and variation < self.collapsed_below
        if collapsed and not self._collapsed:
            engine.logger.warning(
                f"Epoch {engine.state.epoch}: local label correlations hardly depend on the image ({VARIATION} "
                f"{variation:.2g}, less than {self.collapsed_below:g}), so that consistency teaches nothing of it. If "
                "more epochs do not change that, lower loss#consistency_weight, or choose --consistency stop_local."
            )
        self._collapsed = collapsed

    def _write(self, engine: Engine, variation: float | None) -> None:
        step, output = engine.state.iteration, engine.state.output[CommonKeys.PRED]
        if variation is not None:
            self._writer.add_scalar(f"correlations/{VARIATION}", variation, step)
        G = output.G if isinstance(output, LabelCorrelations) else None
        if G is not None and len(G) > 1 and (engine.state.epoch - 1) % self.picture_every == 0:
            numbers = G.detach().float().cpu().numpy()
            self._writer.add_figure(
                "label correlations", correlation_figure(numbers, self.cooccurrence, self.findings), step
            )
        self._writer.flush()

    def _close(self, engine: Engine) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
