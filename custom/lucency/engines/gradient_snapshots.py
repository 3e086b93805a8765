"""Snapshots of a training for Variance of Gradients."""

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine, Events
from torch import Tensor, nn

from ..errors import ConfigError, LucencyError
from ..refine.snapshot_store import SnapshotStore
from .evaluated_share import evaluated_share, own_rank, unwrapped
from .last_layer import LastLayer


class GradientSnapshots:
    r"""Keep, after every epoch, what the gradients of all training labels are made of.

    A snapshot holds for each image the features $h$ that enter the last layer and the residuals $\sigma(z) - \tilde y$
    of the labels; unknown labels have none. Once there are T, `store.vog()` gives the Variance of Gradients. Images are
    read again, in evaluation mode and without augmentation, and the loss is that of each label by itself: batch
    statistics, random transforms and the size of a batch leave no trace in the variance, as they do in the paper's
    program. The residual is that of binary cross-entropy, whatever loss trains the network.

    The last layer is the last `nn.Linear` that has one output a finding, or the layer named: any that takes features
    (B, F), has `in_features`, and gives the network's logits as a linear function of them, such as a `ClassQueryHead`
    (the gradient is then that of the weights it generates). Heads whose findings see features of their own
    (`LabelCorrelationHead`, `BilinearHead`) or that bend them (image-conditioned queries) are refused.

    Attach it to a trainer before what asks for VoG. The snapshot of an epoch's last iteration is taken before any
    handler of the epoch's end, so that `RunCheckpoint` never is ahead; a resumed run gives up snapshots of iterations
    that it has still before it, and ends with those of an unbroken one. Under DDP every rank adds its share, with the
    batch-norm statistics of rank 0, to a folder that all ranks see. Attach one a network if several are trained.

    Khanal et al.: Active Label Refinement for Robust Training of Imbalanced Medical Image Classification Tasks in the
    Presence of High Label Noise, MICCAI 2024 (arXiv:2407.05973).

    Args:
        folder: of the `SnapshotStore`, which says what room it takes.
        data: the training records, each with `image`, `label`, `index` and `file`; see `load_records`.
        findings: ids in the order of the network's outputs.
        transform: preprocessing without random transforms; not needed where the trainer reads `CachedRadiographs`.
        network: the network, wrapped in DistributedDataParallel or not.
        batch_size: images a batch.
        num_workers: processes that read, where there is a transform.
        layer: name of the last layer in the network, such as ``class_layers.out``; found if not given.
        snapshots: T; the paper's program has 5.
        interval: epochs between snapshots, such as 1 or 0.5; the paper's program has 1. Short trainings take more.
        image_root: images are kept in the store under their path from here, as in a study table.

    Raises:
        ConfigError: there is no such layer, or it is none that this class can use.
        TableError: the folder holds snapshots of other images, findings or labels.
    """

    def __init__(
        self,
        *,
        folder: str | Path,
        data: Sequence[Mapping[str, Any]],
        findings: Sequence[str],
        transform: Any = None,
        network: nn.Module,
        batch_size: int,
        num_workers: int = 0,
        layer: str | None = None,
        snapshots: int = 5,
        interval: float = 1,
        image_root: str | Path | None = None,
    ) -> None:
        if not interval > 0:
            raise ConfigError(f"GradientSnapshots: interval is {interval}; give epochs, such as 1 or 0.5")
        self.folder = folder
        self.data = data
        self.findings = list(findings)
        self.transform = transform
        self.network = unwrapped(network)
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.layer = LastLayer(self.network, len(self.findings), layer)
        self.snapshots = snapshots
        self.interval = interval
        self.image_root = image_root
        self._store: SnapshotStore | None = None

    @property
    def store(self) -> SnapshotStore:
        """The snapshots; opened or made when it is first asked for, under DDP by all ranks together."""
        if self._store is None:
            rank, _ = own_rank()
            if rank != 0:
                _wait()
            self._store = self._open()
            if rank == 0:
                _wait()
        return self._store

    def attach(self, engine: Engine) -> None:
        """Register with a trainer."""
        engine.add_event_handler(Events.STARTED, lambda: self.store)  # a wrong folder ends the run at once
        engine.add_event_handler(Events.EPOCH_STARTED, self._discard)
        engine.add_event_handler(Events.ITERATION_COMPLETED, self._take_if_due)

    def _open(self) -> SnapshotStore:
        names, labels = [""] * len(self.data), [np.empty(0, np.float32)] * len(self.data)
        for record in self.data:
            file = str(record["file"])
            names[record["index"]] = file if self.image_root is None else os.path.relpath(file, self.image_root)
            labels[record["index"]] = np.asarray(record["label"], np.float32)
        fingerprint = hashlib.sha256(np.stack(labels).tobytes()).hexdigest()
        width = self.layer.in_features
        return SnapshotStore(self.folder, names, self.findings, width, self.snapshots, labels=fingerprint)

    def _discard(self, engine: Engine) -> None:
        if own_rank()[0] == 0:
            self.store.discard_after(engine.state.iteration)
        _wait()

    def _take_if_due(self, engine: Engine) -> None:
        length = self.interval * engine.state.epoch_length
        before, now = (math.floor(i / length + 1e-9) for i in (engine.state.iteration - 1, engine.state.iteration))
        if now > before:
            self.take(engine)

    def take(self, engine: Engine) -> None:
        """Take a snapshot now; its step is the trainer's iteration."""
        step, rank, store = engine.state.iteration, own_rank()[0], self.store
        if rank == 0:
            store.begin(step)
        _wait()
        share = evaluated_share(
            engine,
            self.data,
            self.transform,
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            network=self.network,
        )
        with self.layer.listening():
            for batch, logits in share:
                features = self.layer.features_of(logits)
                if not logits.isfinite().all():
                    raise LucencyError(
                        f"iteration {step}: the network's logits are not finite; lower the learning rate"
                    )
                residuals = torch.sigmoid(logits) - torch.as_tensor(batch["label"]).to(logits)
                store.write_rows(step, _array(batch["index"]), _array(residuals), _array(features.float()))
        store.flush(step)
        _wait()
        if rank == 0:
            store.commit(step)
        _wait()


def _array(tensor: Tensor) -> np.ndarray[Any, Any]:
    return tensor.cpu().numpy()


def _wait() -> None:
    """Until all ranks are here."""
    if own_rank()[1] > 1:
        torch.distributed.barrier()
