"""A trainer of two views on random records, for one process or a rank of several."""

from typing import Any

import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedTrainer
from torch import nn
from torch.nn.parallel import DistributedDataParallel

FEATURES, FINDINGS = 5, 3


def records(images: int = 12, seed: int = 0) -> list[dict[str, Any]]:
    """Two views and partly known labels; nothing is known of every fourth image."""
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, 4, (images, FINDINGS), generator=generator)
    targets = torch.tensor([1.0, 0.0, torch.nan, torch.nan])[codes]
    targets[::4] = torch.nan
    weak = torch.randn(images, FEATURES, generator=generator)
    strong = weak + torch.randn(images, FEATURES, generator=generator)
    return [{"image": weak[i], "image_strong": strong[i], "label": targets[i], "index": i} for i in range(images)]


def network(*, batch_norm: bool = False) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(FEATURES, 4), nn.BatchNorm1d(4) if batch_norm else nn.Tanh(), nn.Linear(4, FINDINGS))


def two_view_trainer(
    model: nn.Module, data: list[dict[str, Any]], batch_size: int = 4, epochs: int = 2, teacher: Any = None, **more: Any
) -> SupervisedTrainer:
    """MONAI's own trainer with Label-Assemble's loss, SGD and batches in the order of the data."""
    from lucency.engines import TwoViewInferer, prepare_two_views
    from lucency.losses import LabelAssembleLoss

    arguments = {
        "device": "cpu",
        "max_epochs": epochs,
        "train_data_loader": DataLoader(Dataset(data), batch_size=batch_size),
        "network": model,
        "optimizer": torch.optim.SGD(model.parameters(), lr=0.3),
        "loss_function": LabelAssembleLoss(),
        "prepare_batch": prepare_two_views,
        "inferer": TwoViewInferer(teacher=teacher),
        "train_handlers": [teacher] if teacher else [],
        "decollate": False,
    }
    return SupervisedTrainer(**(arguments | more))


def train_on_rank(rank: int, data: list[dict[str, Any]]) -> dict[str, Any]:
    """Networks and their teachers after training on this rank's half of every batch of four images."""
    from lucency.engines import EmaTeacher

    share = [record for place, record in enumerate(data) if place % 4 // 2 == rank]
    learned = {}
    for name, batch_norm in (("plain", False), ("with batch norm", True)):
        model = DistributedDataParallel(network(batch_norm=batch_norm))
        teacher = EmaTeacher(network=model, momentum=0.1)
        two_view_trainer(model, share, batch_size=2, teacher=teacher).run()
        learned[name] = {"network": model.module.state_dict(), "teacher": teacher.network.state_dict()}
    return learned
