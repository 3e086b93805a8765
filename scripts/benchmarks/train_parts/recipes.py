"""The same DenseNet121 trained in two ways: as stock MONAI does it, and as the bundles do."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from bench_parts.measure import cpu_seconds
from ignite.engine import Engine, Events
from monai.data import DataLoader, PersistentDataset
from monai.engines import SupervisedTrainer
from monai.handlers import ROCAUC
from monai.handlers import from_engine as entries
from monai.networks.nets import DenseNet121
from monai.transforms import (
    Activationsd,
    AsDiscreted,
    Compose,
    EnsureChannelFirstd,
    EnsureTyped,
    LoadImaged,
    RandAdjustContrastd,
    RandAffined,
    Resized,
    ScaleIntensityd,
    Transposed,
)
from torch import Tensor, nn

from lucency import engines
from lucency.data.pixel_cache import BatchLoader, CachedRadiographs
from lucency.losses import MaskedBCELoss
from lucency.memory import keep_freed_memory

from .augmentations import per_batch

BATCH, RATE = 32, 1e-3
Records = Sequence[Mapping[str, Any]]


class Recipe:
    """One training, whose epochs but the first are timed: that one fills caches.

    Args:
        records: of the training images.
        folder: for caches.
        size: pixels a side.
        epochs: 2 or more.
        seed: of weights, order and augmentation.
    """

    def __init__(self, records: Records, folder: Path, size: int, epochs: int, seed: int) -> None:
        self.records, self.folder, self.size, self.epochs, self.seed = list(records), folder, size, epochs, seed
        self.seconds: list[float] = []

    def network(self) -> nn.Module:
        """The same at the start of both."""
        torch.manual_seed(self.seed)
        return DenseNet121(2, 1, len(self.records[0]["label"]))

    def finish(self, trainer: SupervisedTrainer, network: nn.Module) -> nn.Module:
        """Train with AdamW along a cosine, watched."""
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(trainer.optimizer, self.epochs)
        trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda: schedule.step())
        trainer.add_event_handler(Events.EPOCH_STARTED, self._watch)
        trainer.add_event_handler(Events.COMPLETED, self._watch)
        trainer.run()
        return network

    def _watch(self, engine: Engine) -> None:
        self.seconds.append(cpu_seconds())

    @property
    def ms_an_image(self) -> float:
        """The least of the later epochs, in CPU-ms."""
        least = min(later - earlier for earlier, later in zip(self.seconds[1:], self.seconds[2:], strict=False))
        return 1000 * least / (len(self.records) // BATCH * BATCH)

    def stock(self) -> nn.Module:
        """PersistentDataset, transforms of single images, float32, decollated batches and ROCAUC."""
        shift = [0.05 * self.size] * 2
        affine = {"prob": 0.8, "rotate_range": 0.1, "scale_range": [0.1, 0.1], "translate_range": shift}
        chain: list[Callable[..., Any]] = [
            LoadImaged("image"), EnsureChannelFirstd("image"), Transposed("image", [0, 2, 1]),
            ScaleIntensityd("image"), Resized("image", [self.size] * 2, mode="area"),
            EnsureTyped(["image", "label"], track_meta=False),
            RandAffined("image", padding_mode="zeros", **affine),
            RandAdjustContrastd("image", prob=0.5, gamma=(0.8, 1.25)),
        ]  # fmt: skip
        dataset = PersistentDataset(
            self.records, Compose(chain).set_random_state(self.seed), self.folder / "persistent"
        )
        network = self.network()
        trainer = SupervisedTrainer(
            torch.device("cpu"), self.epochs, DataLoader(dataset, batch_size=BATCH, shuffle=True, drop_last=True),
            network, torch.optim.AdamW(network.parameters(), RATE), nn.BCEWithLogitsLoss(),
            postprocessing=Compose([Activationsd("pred", sigmoid=True), AsDiscreted("label")]),
            key_train_metric={"auroc": ROCAUC(output_transform=entries(["pred", "label"]))},
        )  # fmt: skip
        return self.finish(trainer, network)

    def bundle(self) -> nn.Module:
        """Pixel cache, transforms of batches, bfloat16 with channels last, plain batches."""
        keep_freed_memory()  # as `lucency run` does
        dataset = CachedRadiographs(self.records, self.folder / "pixels", spatial_size=self.size, progress=False)
        loader = BatchLoader(dataset, BATCH, shuffle=True, drop_last=True, seed=self.seed)
        prepare = engines.PrepareBatch(augment=per_batch())
        network = self.network().to(memory_format=torch.channels_last)
        trainer = SupervisedTrainer(
            torch.device("cpu"), self.epochs, loader, network,
            torch.optim.AdamW(network.parameters(), RATE, fused=True), MaskedBCELoss(), prepare_batch=prepare,
            inferer=engines.AutocastInferer(enabled=True), decollate=False, optim_set_to_none=True,
            train_handlers=[engines.SeedEveryEpoch(seed=self.seed, set_epoch_of=[loader, prepare])],
        )  # fmt: skip
        return self.finish(trainer, network)


def scores(network: nn.Module, dataset: CachedRadiographs) -> Tensor:
    """Logits (N, L) in float32 of images without augmentation."""
    network.eval()
    with torch.no_grad():
        images = engines.PrepareBatch()(dataset.batch(range(len(dataset))))[0]
        return torch.cat([network(part) for part in images.split(BATCH)])
