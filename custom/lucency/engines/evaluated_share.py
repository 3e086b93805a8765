"""What the trained network says of this rank's share of the training images."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from ignite.engine import Engine
from monai.data import DataLoader, Dataset
from monai.networks.utils import eval_mode
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel


def evaluated_share(
    engine: Engine,
    data: Sequence[Mapping[str, Any]],
    transform: Any,
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
        transform: preprocessing without random transforms.
        batch_size: images a batch.
        num_workers: processes that read.
        network: the network, wrapped in DistributedDataParallel or not; the trainer's if not given.
    """
    network = unwrapped(engine.network if network is None else network)
    rank, ranks = own_rank()
    if ranks > 1:
        for buffer in network.buffers():
            torch.distributed.broadcast(buffer, 0)
    loader = DataLoader(
        Dataset(data[rank::ranks], transform),
        batch_size=batch_size,
        num_workers=num_workers,
        generator=torch.Generator().manual_seed(0),  # MONAI would set back torch's own one, and with it the dropout
    )
    device = engine.state.device
    enabled = engine.amp and device.type == "cuda"  # the trainer knows no other autocast
    for batch in loader:
        images = torch.as_tensor(batch["image"]).to(device)
        with eval_mode(network), torch.autocast("cuda", enabled=enabled, **engine.amp_kwargs):
            logits = engine.inferer(images, network).float()
        yield batch, logits


def unwrapped(network: nn.Module) -> nn.Module:
    """The network inside DistributedDataParallel, or itself."""
    return network.module if isinstance(network, DistributedDataParallel) else network


def own_rank() -> tuple[int, int]:
    """Rank of this process and number of ranks; (0, 1) if nothing is distributed."""
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return 0, 1
    return distributed.get_rank(), distributed.get_world_size()
