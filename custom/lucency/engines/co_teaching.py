"""Co-teaching: after every epoch, choose which labels the two networks learn from in the next one."""

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn

from ..errors import ConfigError
from ..files import first_few, write_atomically
from ..losses import CoTeachingLoss
from ..losses.base import number_in
from ..networks import TwinNetworks
from ..refine.keep import keep_masks
from .entry_table import TrainingLabels
from .evaluated_share import own_rank, unwrapped
from .forget_rates import ForgetRates
from .twin_predictions import TwinPredictions

ENTRIES = "entries.parquet"


class CoTeaching:
    r"""After every epoch each network keeps the labels that it believes, for the other one to learn from.

    Both networks predict all training images, in evaluation mode and without augmentation. Of the $n$ labels of each
    finding and observed state a network keeps $\lceil (1 - R)\,n \rceil$ (`keep_masks`): those of smallest cross
    entropy and, once there are T + 1 snapshots of gradients, a share $m$ by low Variance of Gradients. $R$ grows
    from 0 to the rate of wrong labels (`ForgetRates`). Each network then learns from what the other one keeps
    (`CoTeachingLoss`). A label that is unknown or soft is never dropped.

    | file in `folder` | what |
    |---|---|
    | `entries.parquet` | both networks' view of every known label after the last epoch, see `TrainingLabels.entries` |
    | `noise_rates.csv` | rates of wrong labels, and where they come from |
    | `gradient_snapshots/` | two `SnapshotStore`s, each as large as that class says |

    Attach it before `RunCheckpoint`, which saves the choice with the loss, and beside `LossState`, which tells the loss
    what images a batch holds. A run that is killed and goes on ends as an unbroken one; should snapshots be gone, it
    warns and keeps by loss alone until there are enough again. Under DDP every rank predicts its share with the
    batch-norm statistics of rank 0, which chooses for all; all ranks see `folder`.

    Han et al.: Co-teaching, NeurIPS 2018 (arXiv:1804.06872); Khanal et al.: Active Label Refinement for Robust Training
    of Imbalanced Medical Image Classification Tasks in the Presence of High Label Noise, MICCAI 2024
    (arXiv:2407.05973). Single cells, strata, rates without truth, choosing once an epoch, and images as they are
    instead of augmented ones are ours.

    Args:
        folder: where the files go, the `folder` of `RunCheckpoint`.
        network: `TwinNetworks`, wrapped in DistributedDataParallel or not.
        loss: `CoTeachingLoss`.
        data: the training records, as `load_records` gives them.
        findings: ids in the order of the networks' outputs.
        transform: preprocessing without random transforms; not needed where the trainer reads `CachedRadiographs`.
        batch_size: images a batch of that prediction.
        num_workers: processes that read for it, where there is a transform.
        rates: arguments of `lucency.refine.rates.noise_rates`, such as ``{"method": "prior", "positive": 0.1}``; the
            paper's program takes the true rate, which nobody has.
        warm_up: share of the epochs over which $R$ grows; the paper's program has 10 epochs of 50.
        exponent: of that growth; 1 in the paper's program.
        mix: $m$; 0.2 in the paper's program, 0 is co-teaching by loss alone.
        stratified: False makes one cut a finding, for comparisons only: it drops rare positives.
        snapshots: T; 5 in the paper's program. 0 computes no VoG.
        form: of VoG, see `variance_of_gradients`.
        layer: name of the last layer in each network, see `GradientSnapshots`.
        table: study table that `data` was read from, for images to be called as there; by their path if not given.
        image_root: as given to `load_records`.

    Raises:
        ConfigError: network or loss is another, sizes differ, or an argument is out of bounds.
        TableError: a record is not in `table`, or the snapshots are of other images, findings or labels.
    """

    def __init__(
        self,
        *,
        folder: str | Path,
        network: nn.Module,
        loss: nn.Module,
        data: Sequence[Mapping[str, Any]],
        findings: Sequence[str],
        transform: Any = None,
        batch_size: int,
        num_workers: int = 0,
        rates: Mapping[str, Any] | None = None,
        warm_up: float = 0.2,
        exponent: float = 1.0,
        mix: float = 0.2,
        stratified: bool = True,
        snapshots: int = 5,
        form: str = "trace",
        layer: str | None = None,
        table: str | Path | None = None,
        image_root: str | Path | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.findings = list(findings)
        twins = _checked_twins(network)
        self.loss = _checked_loss(loss, len(data), len(self.findings))
        root = _root(table, image_root)
        self.labels = TrainingLabels.of(data, self.findings, table, root)
        self.rates = ForgetRates(self.findings, self.folder, rates, warm_up=warm_up, exponent=exponent)
        self.mix = number_in("CoTeaching", "mix", mix, 0, 1)
        self.stratified = stratified
        self.predictions = TwinPredictions(
            twins=twins,
            folder=self.folder / "gradient_snapshots",
            data=data,
            findings=self.findings,
            transform=transform,
            batch_size=batch_size,
            num_workers=num_workers,
            layer=layer,
            snapshots=snapshots,
            form=form,
            image_root=root,
        )
        self._begun = False

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        engine.add_event_handler(Events.STARTED, self._open)
        engine.add_event_handler(Events.EPOCH_STARTED, self._rewind)
        engine.add_event_handler(Events.EPOCH_COMPLETED, self._choose)

    def _open(self, engine: Engine) -> None:
        self.predictions.open()  # a wrong folder ends the run at once
        self._begun = False

    def _rewind(self, engine: Engine) -> None:
        if self._begun:
            return
        self._begun = True
        missing = self.predictions.rewind(engine.state.epoch - 1)
        if missing:
            engine.logger.warning(
                f"{self.folder / 'gradient_snapshots'}: lacks epoch {first_few(missing)}, which the checkpoint has "
                "behind it; until there are enough again, labels are kept by loss alone, unlike in an unbroken run."
            )

    def _choose(self, engine: Engine) -> None:
        logits, targets = self.predictions.take(engine), self.labels.targets
        keep = self._keep(engine, logits) if own_rank()[0] == 0 else np.zeros((2, *targets.shape), dtype=bool)
        masks = torch.from_numpy(keep | np.isnan(targets)).to(logits.device, torch.uint8)
        if own_rank()[1] > 1:
            torch.distributed.broadcast(masks, 0)
        self.loss.set_keep(*masks.bool())

    def _keep(self, engine: Engine, logits: Tensor) -> NDArray[np.bool_]:
        """What each network keeps (2, N, L), False for unknown labels; writes `entries.parquet`."""
        z, targets, state = logits.double().cpu().numpy(), self.labels.targets, engine.state
        losses = np.where(np.isnan(targets), np.nan, np.logaddexp(0, np.where(targets == 1, -z, z)))
        probabilities, vog = expit(z), self.predictions.vog()
        means = losses.mean(axis=0), probabilities.mean(axis=0)
        rates = self.rates.after(state.epoch, state.max_epochs, targets, *means)
        keep = np.stack(
            [
                keep_masks(loss, targets, rates, vog=moved, mix=self.mix, stratified=self.stratified)
                for loss, moved in zip(losses, (None, None) if vog is None else vog, strict=True)
            ]
        )
        entries = self.labels.entries(probabilities=probabilities, losses=losses, vog=vog, keep=keep)
        entries.to_parquet(buffer := io.BytesIO(), index=False)
        write_atomically(self.folder / ENTRIES, buffer.getvalue())
        shares = " and ".join(f"{entries[column].mean():.1%}" for column in ("kept", "kept_second"))
        engine.logger.info(f"Epoch {state.epoch}: of {len(entries)} known labels the two networks keep {shares}.")
        return keep


def _checked_twins(network: nn.Module) -> TwinNetworks:
    twins = unwrapped(network)
    if not isinstance(twins, TwinNetworks):
        raise ConfigError(f"CoTeaching: network is a {type(twins).__name__}; give lucency.networks.TwinNetworks")
    return twins


def _checked_loss(loss: nn.Module, images: int, findings: int) -> CoTeachingLoss:
    if not isinstance(loss, CoTeachingLoss):
        raise ConfigError(f"CoTeaching: loss is a {type(loss).__name__}; give lucency.losses.CoTeachingLoss")
    if loss.keep.shape[1:] != (images, findings):
        raise ConfigError(
            f"CoTeaching: loss is of {loss.keep.shape[1]} images and {loss.keep.shape[2]} findings, data of {images} "
            f"and {findings}; give both the same"
        )
    return loss


def _root(table: str | Path | None, image_root: str | Path | None) -> Path | None:
    if image_root is not None or table is None:
        return None if image_root is None else Path(os.path.abspath(image_root))
    return Path(os.path.abspath(Path(table).parent))
