"""What two networks say of all training images, from one reading, and how the gradients of both have moved."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine
from torch import Tensor, nn

from ..errors import LucencyError
from ..networks import TwinNetworks
from ..refine.vog import FloatArray, check_form
from .evaluated_share import evaluated_share, own_rank
from .gradient_snapshots import GradientSnapshots


class TwinPredictions:
    """Logits of both networks of all training images, and snapshots of their gradients, one an epoch.

    Images are read once for both, in evaluation mode and without augmentation. A snapshot has the number of its epoch
    and is on the disk before the epoch's checkpoint is. All ranks call `open`, `rewind` and `take` together.

    Args:
        twins: both networks.
        folder: of two `SnapshotStore`s, `first` and `second`.
        data: the training records, as for `GradientSnapshots`.
        findings: ids in the order of the networks' outputs.
        transform: preprocessing without random transforms.
        batch_size: images a batch.
        num_workers: processes that read.
        layer: see `GradientSnapshots`, for both networks.
        snapshots: T; 0 keeps none.
        form: of VoG, see `variance_of_gradients`.
        image_root: see `GradientSnapshots`.

    Raises:
        ConfigError: see `GradientSnapshots`; no such form.
    """

    def __init__(
        self,
        *,
        twins: TwinNetworks,
        folder: Path,
        data: Sequence[Mapping[str, Any]],
        findings: Sequence[str],
        transform: Any,
        batch_size: int,
        num_workers: int,
        layer: str | None,
        snapshots: int,
        form: str,
        image_root: Path | None,
    ) -> None:
        check_form(form)
        self.networks = _SideBySide(twins)
        self.data = data
        self.reading: dict[str, Any] = {
            "transform": transform,
            "batch_size": batch_size,
            "num_workers": num_workers,
        }
        self.snapshots = snapshots
        self.form = form
        self.kept = [
            GradientSnapshots(
                folder=folder / name,
                data=data,
                findings=findings,
                network=network,
                layer=layer,
                snapshots=snapshots,
                image_root=image_root,
                **self.reading,
            )
            for name, network in (("first", twins.first), ("second", twins.second))
            if snapshots
        ]

    def open(self) -> None:
        """Open both stores, or make them."""
        for kept in self.kept:
            _ = kept.store

    def rewind(self, epoch: int) -> list[int]:
        """Give up snapshots of epochs that are still to come, for a run that goes on or starts afresh.

        Args:
            epoch: the last one that is in the checkpoint.

        Returns:
            Epochs of which an unbroken run would have snapshots and this one has none; without that of `epoch` itself
            the others are given up, too, since VoG is of snapshots in a row.
        """
        missing: set[int] = set()
        if own_rank()[0] == 0:
            for store in (kept.store for kept in self.kept):
                store.discard_after(epoch)
                if epoch not in store.steps:
                    store.discard_after(0)
                missing |= set(range(max(1, epoch - self.snapshots + 1), epoch + 1)) - set(store.steps)
        _wait()
        return sorted(missing)

    def take(self, engine: Engine) -> Tensor:
        """Logits (2, N, L) in the order of the images' index, bit for bit the same on every rank; keep a snapshot.

        Raises:
            LucencyError: a logit is not finite.
        """
        epoch, stores = engine.state.epoch, [kept.store for kept in self.kept]
        rank = own_rank()[0]
        if rank == 0:
            for store in stores:
                store.begin(epoch)
        _wait()
        index, rows = [], []
        with ExitStack() as stack:
            for kept in self.kept:
                stack.enter_context(kept.layer.listening())
            for batch, logits in evaluated_share(engine, self.data, network=self.networks, **self.reading):
                if not logits.isfinite().all():
                    raise LucencyError(f"epoch {epoch}: a network's logits are not finite; lower the learning rate")
                index.append(torch.as_tensor(batch["index"]).to(logits.device))
                rows.append(logits)
                self._keep(epoch, batch, logits)
        for store in stores:
            store.flush(epoch)
        _wait()
        if rank == 0:
            for store in stores:
                store.commit(epoch)
        whole = _of_all_ranks(torch.cat(index), torch.cat(rows), len(self.data))
        return torch.stack(whole.chunk(2, dim=1))

    def vog(self) -> FloatArray | None:
        """VoG (2, N, L) over the last T snapshots; None until there are T besides the first epoch's."""
        stores = [kept.store for kept in self.kept]
        if not stores or not all(store.ready and store.steps[0] > 1 for store in stores):
            return None
        return np.stack([store.vog(self.form) for store in stores])

    def _keep(self, epoch: int, batch: Mapping[str, Any], logits: Tensor) -> None:
        for kept, own in zip(self.kept, logits.chunk(2, dim=1), strict=False):  # none are kept without snapshots
            features = kept.layer.features_of(own).float()
            residuals = torch.sigmoid(own) - torch.as_tensor(batch["label"]).to(own)
            arrays = [torch.as_tensor(rows).cpu().numpy() for rows in (batch["index"], residuals, features)]
            kept.store.write_rows(epoch, *arrays)


class _SideBySide(nn.Module):
    """Logits (B, 2 L) of both networks, whether in training or not."""

    def __init__(self, twins: TwinNetworks) -> None:
        super().__init__()
        self.first = twins.first
        self.second = twins.second

    def forward(self, image: Tensor) -> Tensor:
        return torch.cat([self.first(image), self.second(image)], dim=1)


def _of_all_ranks(index: Tensor, rows: Tensor, images: int) -> Tensor:
    """The rows of all images from the ranks' shares, each at its index."""
    whole = rows.new_zeros(images, rows.shape[1])
    whole[index] = rows
    if own_rank()[1] > 1:
        torch.distributed.all_reduce(whole)  # every row is zero on all ranks but one
    return whole


def _wait() -> None:
    """Until all ranks are here."""
    if own_rank()[1] > 1:
        torch.distributed.barrier()
