import pytest
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import LrScheduleHandler, ValidationHandler
from torch import nn

from lucency.engines import RunCheckpoint, SeedEveryEpoch
from lucency.errors import ConfigError
from lucency.metrics import FindingMetrics


def run(folder, epochs, width=1, **options):
    """Train a linear model for some epochs; give back trainer and checkpoint handler."""
    torch.manual_seed(0)
    data = [{"image": torch.randn(4), "label": torch.tensor([float(i % 2)])} for i in range(12)]
    loader = DataLoader(Dataset(data), batch_size=4, shuffle=True)
    network = nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.Linear(width, 1))
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    evaluator = SupervisedEvaluator(
        device="cpu",
        val_data_loader=loader,
        network=network,
        key_val_metric={"val_macro_auroc": FindingMetrics(findings=["mass"])},
        decollate=False,
    )
    checkpoint = RunCheckpoint(
        folder=folder, network=network, optimizer=optimizer, lr_scheduler=schedule, evaluator=evaluator, **options
    )
    trainer = SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=loader,
        network=network,
        optimizer=optimizer,
        loss_function=nn.BCEWithLogitsLoss(),
        train_handlers=[
            SeedEveryEpoch(seed=3),
            ValidationHandler(1, evaluator),
            LrScheduleHandler(schedule, print_lr=False),
            checkpoint,
        ],
        decollate=False,
    )
    trainer.run()
    return trainer, checkpoint


def test_a_run_in_two_parts_equals_one_in_one(tmp_path):
    _, whole = run(tmp_path / "whole", 5)
    run(tmp_path / "parts", 2)
    trainer, parts = run(tmp_path / "parts", 5)
    assert trainer.state.iteration == 15
    assert parts.history == whole.history
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, parts.network.state_dict()[name]), name


def test_best_weights_are_those_of_the_best_epoch(tmp_path):
    _, checkpoint = run(tmp_path, 4)
    best = max(checkpoint.history, key=lambda row: row["val_macro_auroc"])["epoch"]
    saved = torch.load(tmp_path / "last.pt", weights_only=True)
    assert saved["best_metric_epoch"] == best
    _, until_best = run(tmp_path / "again", int(best))
    best_weights = torch.load(tmp_path / "model.pt", weights_only=True)
    assert all(torch.equal(best_weights[k], v) for k, v in until_best.network.state_dict().items())


def test_starting_afresh_ignores_what_is_there(tmp_path):
    run(tmp_path, 3)
    trainer, checkpoint = run(tmp_path, 2, resume=False)
    assert trainer.state.epoch == 2
    assert len(checkpoint.history) == 2


@pytest.mark.parametrize("content", [b"", b"garbage"])
def test_unreadable_last_checkpoint_is_named(tmp_path, content):
    (tmp_path / "last.pt").write_bytes(content)
    with pytest.raises(ConfigError, match=r"last\.pt: not a checkpoint of this program .* delete it to start afresh"):
        run(tmp_path, 1)


def test_checkpoint_of_another_network_is_named(tmp_path):
    run(tmp_path, 1, width=2)
    with pytest.raises(ConfigError, match=r"last\.pt: made for another network than Sequential"):
        run(tmp_path, 2, width=3)


def test_a_validation_without_both_classes_stops_instead_of_freezing_the_best_checkpoint(tmp_path):
    from lucency.errors import LucencyError

    data = [{"image": torch.randn(4), "label": torch.tensor([1.0])} for _ in range(4)]
    evaluator = SupervisedEvaluator(
        device="cpu",
        val_data_loader=DataLoader(Dataset(data), batch_size=2),
        network=nn.Linear(4, 1),
        key_val_metric={"val_macro_auroc": FindingMetrics(findings=["mass"])},
        decollate=False,
    )
    with pytest.raises(LucencyError, match="no finding has both a positive and a negative label"):
        evaluator.run()
