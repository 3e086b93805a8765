"""The same small training and evaluation in three ways: without an engine, with ours, and as in MONAI's tutorials."""

import tempfile
from pathlib import Path

import torch
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import ROCAUC, CheckpointSaver, LrScheduleHandler, StatsHandler, TensorBoardStatsHandler
from monai.handlers import from_engine as entries
from monai.transforms import Activationsd, AsDiscreted, Compose
from torch import nn

from lucency import engines
from lucency.losses import MaskedBCELoss
from lucency.metrics import FindingMetrics

BATCH, LABELS, SIDE, BATCHES = 32, 14, 16, 200


def stored() -> list[dict[str, torch.Tensor]]:
    """Batches as the pixel cache gives them."""
    drawn = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (BATCHES, BATCH, 1, SIDE, SIDE), generator=drawn, dtype=torch.uint8)
    labels = torch.randint(0, 2, (BATCHES, BATCH, LABELS), generator=drawn).float()
    return [{"image": i, "label": y, "index": torch.arange(BATCH)} for i, y in zip(images, labels, strict=True)]


class Loops:
    """The contestants; each call makes a network and passes over all batches once."""

    def __init__(self) -> None:
        self.batches = stored()
        self.floats = [{**batch, "image": batch["image"].float() / 255} for batch in self.batches]
        self.loss = MaskedBCELoss()

    def begin(self) -> tuple[nn.Module, torch.optim.Optimizer]:
        """A network and its optimiser, the same for all."""
        torch.manual_seed(0)
        head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, LABELS))
        network = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2), nn.ReLU(), head)
        return network, torch.optim.AdamW(network.parameters(), fused=True)

    def bare_training(self) -> None:
        """Without an engine."""
        network, optimizer = self.begin()
        for batch in self.floats:
            optimizer.zero_grad()
            self.loss(network(batch["image"]), batch["label"]).backward()
            optimizer.step()

    def bare_evaluation(self) -> None:
        """Without an engine."""
        network = self.begin()[0].eval()
        with torch.no_grad():
            torch.cat([network(batch["image"]) for batch in self.floats])

    def our_training(self) -> None:
        """With the handlers of the bundles."""
        network, optimizer = self.begin()
        schedule = torch.optim.lr_scheduler.ConstantLR(optimizer)
        prepare, cpu = engines.PrepareBatch(), torch.device("cpu")
        judge = SupervisedEvaluator(cpu, self.batches[:1], network, decollate=False)
        state = {"network": network, "optimizer": optimizer, "lr_scheduler": schedule, "loss": self.loss}
        with tempfile.TemporaryDirectory() as folder:
            handlers = [
                engines.SeedEveryEpoch(seed=0, set_epoch_of=[prepare]),
                engines.NonFiniteLossGuard(),
                LrScheduleHandler(schedule, print_lr=False),
                engines.LossState(data=[], batch_size=BATCH),
                engines.RunCheckpoint(folder=folder, evaluator=judge, **state),
                engines.FindingsTensorBoard(folder=Path(folder) / "tensorboard", evaluator=judge),
                engines.EarlyStopping(evaluator=judge, patience=0),
            ]
            SupervisedTrainer(
                cpu, 1, self.batches, network, optimizer, self.loss, prepare_batch=prepare, train_handlers=handlers,
                inferer=engines.AutocastInferer(enabled=False), decollate=False, optim_set_to_none=True,
            ).run()  # fmt: skip

    def our_evaluation(self) -> None:
        """With the bundles' metric."""
        metric = {"auroc": FindingMetrics(findings=[f"finding {place}" for place in range(LABELS)])}
        SupervisedEvaluator(
            torch.device("cpu"), self.batches, self.begin()[0], prepare_batch=engines.PrepareBatch(),
            inferer=engines.AutocastInferer(enabled=False), key_val_metric=metric, decollate=False,
        ).run()  # fmt: skip

    def monai_training(self) -> None:
        """With the usual handlers and work on single images."""
        network, optimizer = self.begin()
        with tempfile.TemporaryDirectory() as folder:
            metric = {"auroc": ROCAUC(output_transform=entries(["pred", "label"]))}
            handlers = [
                LrScheduleHandler(torch.optim.lr_scheduler.ConstantLR(optimizer), print_lr=False),
                StatsHandler(output_transform=entries(["loss"], first=True)),
                TensorBoardStatsHandler(log_dir=folder, output_transform=entries(["loss"], first=True)),
                CheckpointSaver(save_dir=folder, save_dict={"network": network}, save_interval=1),
            ]
            SupervisedTrainer(
                torch.device("cpu"), 1, self.floats, network, optimizer, self.loss, train_handlers=handlers,
                postprocessing=per_image(), key_train_metric=metric,
            ).run()  # fmt: skip

    def monai_evaluation(self) -> None:
        """With the usual metric and work on single images."""
        metric = {"auroc": ROCAUC(output_transform=entries(["pred", "label"]))}
        SupervisedEvaluator(
            torch.device("cpu"), self.floats, self.begin()[0], postprocessing=per_image(), key_val_metric=metric
        ).run()


def per_image() -> Compose:
    """MONAI's usual postprocessing."""
    return Compose([Activationsd(keys="pred", sigmoid=True), AsDiscreted(keys="label")])
