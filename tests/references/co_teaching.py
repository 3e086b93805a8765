"""A trainer of two networks on random records, for one process or a rank of several."""

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import LrScheduleHandler, ValidationHandler
from torch import nn
from torch.nn.parallel import DistributedDataParallel

IMAGES, FEATURES, FINDINGS = 32, 5, ["edema", "mass"]
RATES = {"method": "prior", "positive": 0.3, "negative": 0.2}


def records(images: int = IMAGES, seed: int = 0, dtype: torch.dtype = torch.float32) -> list[dict[str, Any]]:
    """Labels that follow from the image, a fifth of them flipped, some unknown and some soft; not in their order."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(images, FEATURES, generator=generator, dtype=dtype)
    truth = inputs[:, :2] + 0.3 * torch.randn(images, 2, generator=generator) > 0
    labels = (truth ^ (torch.rand(images, 2, generator=generator) < 0.2)).to(dtype)
    labels[torch.rand(images, 2, generator=generator) < 0.15] = torch.nan
    labels[::9, 1] = 0.7
    rows = [
        {"image": inputs[i], "label": labels[i], "index": i, "file": f"/data/{i:02}.png", "patient": f"p{i // 2}"}
        for i in range(images)
    ]
    return [rows[place] for place in torch.randperm(images, generator=generator).tolist()]


def observed_labels(data: list[dict[str, Any]]) -> np.ndarray:
    """Labels (N, L) that are right or wrong, in the order of the index; NaN for unknown and soft ones."""
    labels = np.stack([record["label"].double().numpy() for record in sorted(data, key=lambda r: r["index"])])
    return np.where(np.isin(labels, (0, 1)), labels, np.nan)


def network(*, batch_norm: bool = False, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Linear(FEATURES, 6), nn.BatchNorm1d(6) if batch_norm else nn.Tanh(), nn.Linear(6, len(FINDINGS))
    )


def twin_networks(*, batch_norm: bool = True) -> Any:
    from lucency.networks import TwinNetworks

    return TwinNetworks(network(batch_norm=batch_norm), network(batch_norm=batch_norm, seed=1))


def trainer(
    folder: Path,
    *,
    epochs: int,
    model: nn.Module | None = None,
    loss: nn.Module | None = None,
    data: list[dict[str, Any]] | None = None,
    share: list[dict[str, Any]] | None = None,
    batch_size: int = 8,
    shuffle: bool = True,
    between: Any = None,
    more: dict[str, Any] | None = None,
    **options: Any,
) -> SupervisedTrainer:
    """MONAI's own trainer with all that a bundle has.

    Args:
        folder: of checkpoint and entries.
        epochs: to train.
        model: twins, or a single network, which gets no co-teaching.
        loss: its loss.
        data: all training records.
        share: those of this rank.
        batch_size: of the training.
        shuffle: the share anew in each epoch.
        between: called with the trainer after co-teaching and before the checkpoint.
        more: arguments of the trainer.
        options: arguments of `CoTeaching`.
    """
    from lucency.engines import CoTeaching, LossState, RunCheckpoint, SeedEveryEpoch
    from lucency.losses import CoTeachingLoss
    from lucency.metrics import FindingMetrics

    data = records() if data is None else data
    model = twin_networks() if model is None else model
    loss = CoTeachingLoss(images=len(data), findings=len(FINDINGS)) if loss is None else loss
    single = model.module if isinstance(model, DistributedDataParallel) else model
    single = getattr(single, "first", single)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.03)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2, gamma=0.8)
    hard = [{**record, "label": (record["label"] > 0.5).to(record["label"])} for record in data]
    evaluator = SupervisedEvaluator(
        device="cpu",
        val_data_loader=DataLoader(Dataset(hard), batch_size=16),
        network=single,
        key_val_metric={"val_macro_auroc": FindingMetrics(findings=FINDINGS)},
        decollate=False,
    )
    given = {"findings": FINDINGS, "transform": None, "batch_size": 7, "snapshots": 2, **options}
    handlers = [SeedEveryEpoch(seed=3), ValidationHandler(1, evaluator), LrScheduleHandler(schedule, print_lr=False)]
    handlers.append(LossState(data=data, transform=None, batch_size=7))
    if isinstance(loss, CoTeachingLoss):
        handlers.append(CoTeaching(folder=folder, network=model, loss=loss, data=data, **given))
    if between is not None:
        handlers.append(between)
    kept = {"network": model, "optimizer": optimizer, "lr_scheduler": schedule, "loss": loss, "evaluator": evaluator}
    handlers.append(RunCheckpoint(folder=folder, **kept))
    loader = DataLoader(Dataset(data if share is None else share), batch_size=batch_size, shuffle=shuffle)
    arguments = {"device": "cpu", "max_epochs": epochs, "train_data_loader": loader, "network": model}
    arguments |= {"optimizer": optimizer, "loss_function": loss, "train_handlers": handlers, "decollate": False}
    return SupervisedTrainer(**(arguments | (more or {})))


def train_on_rank(rank: int, folder: str, options: dict[str, Any]) -> dict[str, Any]:
    """Twins and choice after training on this rank's half of every batch of eight images, in double precision."""
    data = records(dtype=torch.float64)
    share = [record for place, record in enumerate(data) if place % 8 // 4 == rank]
    model = DistributedDataParallel(twin_networks(batch_norm=False).double())
    made = trainer(Path(folder), epochs=5, model=model, data=data, share=share, batch_size=4, shuffle=False, **options)
    made.run()
    return {"network": model.module.state_dict(), "keep": made.loss_function.keep}


def train_until_killed(_: int, folder: str, epoch: int, options: dict[str, Any]) -> None:
    """Train; end the process at once when an epoch's choice is half made."""
    left = epoch * IMAGES - IMAGES // 2

    def read(record: dict[str, Any]) -> dict[str, Any]:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return record

    trainer(Path(folder), **options, transform=read).run()
