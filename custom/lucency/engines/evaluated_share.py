"""What the trained network says of this rank's share of the training images."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from ignite.engine import Engine
from monai.data import DataLoader, Dataset
from monai.networks.utils import eval_mode
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from .as_float import as_float


def evaluated_share(
    engine: Engine,
    data: Sequence[Mapping[str, Any]],
    transform: Any = None,
    *,
    batch_size: int,
    num_workers: int = 0,
    network: nn.Module | None = None,
) -> Iterator[tuple[Mapping[str, Any], Tensor]]:
    """Batches of this rank's share of `data`, each with its logits (B, L) in float32 on the trainer's device.

    The network is in evaluation mode and without gradients for the forward pass, in the trainer's precision. Under DDP
    all ranks take over the batch-norm statistics of rank 0, which are those in the checkpoint. No random number of the
    training is used up.

    Args:
        engine: a MONAI trainer.
        data: all training records, the same on every rank, in the same order.
        transform: preprocessing without random transforms; not needed where these are the records of the
            `CachedRadiographs` that the trainer's loader reads.
        batch_size: images a batch.
        num_workers: processes that read records.
        network: the network, wrapped in DistributedDataParallel or not; the trainer's if not given.
    """
    network = unwrapped(engine.network if network is None else network)
    if own_rank()[1] > 1:
        for buffer in network.buffers():
            torch.distributed.broadcast(buffer, 0)
    device = engine.state.device
    enabled = engine.amp and device.type == "cuda"  # the trainer knows no other autocast
    for batch in _batches(engine, data, transform, batch_size, num_workers):
        images = as_float(batch["image"], device)
        with (
            eval_mode(network),
            torch.autocast("cuda", enabled=enabled, **engine.amp_kwargs),
            torch.compiler.set_stance("force_eager"),  # a compiled network hears nothing of hooks on its layers
        ):
            logits = engine.inferer(images, network).float()
        yield batch, logits


def _batches(
    engine: Engine, data: Sequence[Mapping[str, Any]], transform: Any, batch_size: int, num_workers: int
) -> Iterator[Mapping[str, Any]]:
    """This rank's share of `data`: every R-th record of R ranks."""
    rank, ranks = own_rank()
    cached: Any = getattr(getattr(engine, "data_loader", None), "dataset", None)
    if transform is None and hasattr(cached, "batch") and cached.data is data:
        own = np.arange(rank, len(data), ranks)
        return (cached.batch(own[start : start + batch_size]) for start in range(0, len(own), batch_size))
    return iter(
        DataLoader(
            Dataset(data[rank::ranks], transform),
            batch_size=batch_size,
            num_workers=num_workers,
            generator=torch.Generator().manual_seed(0),  # MONAI would set back torch's own one, and with it the dropout
        )
    )


def unwrapped(network: nn.Module) -> nn.Module:
    """The network inside DistributedDataParallel, or itself."""
    return network.module if isinstance(network, DistributedDataParallel) else network


def own_rank() -> tuple[int, int]:
    """Rank of this process and number of ranks; (0, 1) if nothing is distributed."""
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()
