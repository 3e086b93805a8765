"""Run a function in several gloo processes; it must live in a module of this folder so that the children find it."""

import copy
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel


def run_on_ranks(function: Callable[..., Any], folder: Path, *args: Any, ranks: int = 2) -> list[Any]:
    """What `function(rank, *args)` returned on every rank; tensors, numbers, strings and lists of them only."""
    torch.multiprocessing.spawn(_child, (function, ranks, str(folder), args), nprocs=ranks)
    return [torch.load(folder / f"{rank}.pt", weights_only=True) for rank in range(ranks)]


def _child(rank: int, function: Callable[..., Any], ranks: int, folder: str, args: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=ranks)
    torch.save(function(rank, *args), f"{folder}/{rank}.pt")
    deadline = time.monotonic() + 100
    while not all(Path(f"{folder}/{other}.pt").exists() for other in range(ranks)):
        if time.monotonic() > deadline:
            raise TimeoutError(f"rank {rank} is done, another rank is not: it waits for a call that never comes")
        time.sleep(0.01)
    os._exit(0)  # an orderly shutdown of gloo and the interpreter aborts about once in forty times


def linear_model(inputs: int, outputs: int) -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(inputs, outputs).double()


def ddp_gradients(
    rank: int, losses: dict[str, nn.Module], images: list[torch.Tensor], targets: list[torch.Tensor]
) -> dict:
    """Averaged gradient of a linear model under each loss, on this rank's share of the batch."""
    result = {}
    for name, loss in losses.items():
        model = DistributedDataParallel(linear_model(images[rank].shape[1], targets[rank].shape[1]))
        loss(model(images[rank]), targets[rank]).backward()
        result[name] = model.module.weight.grad
    return result


def train(
    model: nn.Module, loss: nn.Module, images: torch.Tensor, targets: torch.Tensor, batches: list[torch.Tensor]
) -> dict[str, torch.Tensor]:
    """Weights of the model and state of the loss after three epochs of these batches of image numbers."""
    from lucency.losses import begin_batch, begin_epoch, end_epoch

    optimizer = torch.optim.Adam([*model.parameters(), *loss.parameters()], lr=0.1)
    for epoch in range(1, 4):
        begin_epoch(loss, epoch, 3)
        for index in batches:
            begin_batch(loss, index)
            optimizer.zero_grad()
            loss(model(images[index]), targets[index]).backward()
            optimizer.step()
        with torch.no_grad():
            end_epoch(loss, lambda: model(images))
    return {"weight": next(model.parameters()).detach(), **loss.state_dict()}


def train_share(
    rank: int,
    losses: dict[str, nn.Module],
    images: torch.Tensor,
    targets: torch.Tensor,
    batches: list[list[torch.Tensor]],
) -> dict[str, dict[str, torch.Tensor]]:
    """`train` with each loss on this rank's share of every batch."""
    losses = copy.deepcopy(losses)  # what is handed to the processes lies in memory that they share
    shares = [batch[rank] for batch in batches]
    models = {name: DistributedDataParallel(linear_model(images.shape[1], targets.shape[1])) for name in losses}
    return {name: train(models[name], loss, images, targets, shares) for name, loss in losses.items()}


def predict_training_set(rank: int, images: torch.Tensor) -> dict[str, torch.Tensor]:
    """Logits of `LossState` from a network whose batch-norm statistics differ between ranks, before and after."""
    from types import SimpleNamespace

    from monai.inferers import SimpleInferer

    from lucency.engines import LossState

    torch.manual_seed(0)
    network = DistributedDataParallel(nn.Sequential(nn.Linear(images.shape[1], 3), nn.BatchNorm1d(3)))
    network(images[rank::2])  # statistics of this rank's images
    before = network.module[1].running_mean.clone()
    trainer = SimpleNamespace(
        network=network, inferer=SimpleInferer(), amp=False, amp_kwargs={}, state=SimpleNamespace(device=images.device)
    )
    data = [{"image": image, "index": place} for place, image in enumerate(images)]
    logits = LossState(data=data, transform=None, batch_size=2).predict(trainer)
    return {"logits": logits, "before": before, "after": network.module[1].running_mean, "training": network.training}


def loss_on_one_rank_alone(rank: int, loss: nn.Module) -> float:
    """Validation on rank 0 only: must return although the other rank never calls the loss."""
    if rank == 1:
        return 0.0
    with torch.no_grad():
        return loss(torch.zeros(2, 3), torch.ones(2, 3)).item()


def evaluate_share(rank: int, findings: list[str], scores: list[torch.Tensor], labels: list[torch.Tensor]) -> dict:
    """What `FindingMetrics` says on this rank after seeing only this rank's images, two at a time."""
    from lucency.errors import LucencyError
    from lucency.metrics import FindingMetrics

    metric = FindingMetrics(findings=findings)
    for batch in zip(scores[rank].split(2), labels[rank].split(2), strict=True):
        metric.update(batch)
    try:
        auroc, precision = metric.compute_all()
        return {"auroc": auroc.values.tolist(), "average_precision": precision.values.tolist(), "macro": auroc.macro}
    except LucencyError as error:
        return {"error": str(error)}
