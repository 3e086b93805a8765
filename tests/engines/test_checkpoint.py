import pytest
import torch
from ignite.engine import Events
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import LrScheduleHandler, ValidationHandler
from torch import nn

from lucency.engines import LossState, RunCheckpoint, SeedEveryEpoch, parameter_groups
from lucency.errors import ConfigError
from lucency.losses import AsymmetricPseudoLabelsLoss, OnlineLabelEstimationLoss, PermanentLargeLoss, WeightedSumLoss
from lucency.metrics import FindingMetrics

TARGETS = [[float(i % 2)] for i in range(12)]
PARTLY_KNOWN = [row if i % 3 else [torch.nan] for i, row in enumerate(TARGETS)]
LEARNING_LOSSES = {
    "ROLE": lambda: OnlineLabelEstimationLoss(training_targets=PARTLY_KNOWN, expected_positives=0.5),
    "LL-Cp": lambda: PermanentLargeLoss(images=12, findings=1, delta_rel=20),
    "EM + APL": lambda: AsymmetricPseudoLabelsLoss(training_targets=PARTLY_KNOWN, theta=1, warm_up=1),
}
LEARNING_LOSSES["sum"] = lambda: WeightedSumLoss(
    losses=[LEARNING_LOSSES[name]() for name in ("ROLE", "LL-Cp", "EM + APL")], weights=[1.0, 0.5, 0.5]
)


def run(folder, epochs, width=1, loss=None, stop_after=None, batch=4, **options):
    """Train a linear model for some epochs, perhaps cut short; give back trainer and checkpoint handler."""
    torch.manual_seed(0)
    data = [{"image": torch.randn(4), "label": torch.tensor(row), "index": i} for i, row in enumerate(TARGETS)]
    seen = [{**record, "label": torch.tensor(PARTLY_KNOWN[record["index"]])} for record in data] if loss else data
    loss = loss or nn.BCEWithLogitsLoss()
    loader = DataLoader(Dataset(data), batch_size=4, shuffle=True)
    network = nn.Sequential(nn.Linear(4, width), nn.BatchNorm1d(width), nn.Linear(width, 1))
    optimizer = torch.optim.AdamW(parameter_groups(network=network, loss=loss, lr=0.1), lr=0.1)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    evaluator = SupervisedEvaluator(
        device="cpu",
        val_data_loader=loader,
        network=network,
        key_val_metric={"val_macro_auroc": FindingMetrics(findings=["mass"])},
        decollate=False,
    )
    checkpoint = RunCheckpoint(
        folder=folder,
        network=network,
        optimizer=optimizer,
        lr_scheduler=schedule,
        loss=loss,
        evaluator=evaluator,
        **options,
    )
    trainer = SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=DataLoader(Dataset(seen), batch_size=batch, shuffle=True, drop_last=True),
        network=network,
        optimizer=optimizer,
        loss_function=loss,
        train_handlers=[
            SeedEveryEpoch(seed=3),
            ValidationHandler(1, evaluator),
            LrScheduleHandler(schedule, print_lr=False),
            LossState(data=data, transform=None, batch_size=5),
            checkpoint,
        ],
        decollate=False,
    )
    if stop_after is not None:
        trainer.add_event_handler(Events.EPOCH_COMPLETED(once=stop_after), trainer.terminate)
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


@pytest.mark.parametrize("name", LEARNING_LOSSES)
def test_what_a_loss_has_learned_is_part_of_the_run(name, tmp_path):
    make = LEARNING_LOSSES[name]
    _, whole = run(tmp_path / "whole", 5, loss=make())
    for epoch in (2, 4, None):
        trainer, parts = run(tmp_path / "parts", 5, loss=make(), stop_after=epoch)
        assert trainer.state.epoch == (epoch or 5)
    first, second = ({**c.network.state_dict(), **c.loss.state_dict()} for c in (whole, parts))
    for key, tensor in first.items():
        torch.testing.assert_close(second[key], tensor, rtol=0, atol=0, equal_nan=True)
    fresh, learned = make().state_dict(), parts.loss.state_dict()
    assert learned
    assert all(not torch.equal(fresh[key].nan_to_num(), learned[key].nan_to_num()) for key in fresh)


@pytest.mark.parametrize(("before", "after"), [("ROLE", None), (None, "ROLE"), ("LL-Cp", "EM + APL")])
def test_checkpoint_of_another_loss_is_named(before, after, tmp_path):
    losses = [name and LEARNING_LOSSES[name]() for name in (before, after)]
    run(tmp_path, 1, loss=losses[0])
    with pytest.raises(ConfigError, match=r"last\.pt: left by a run with another loss.* than this (\w+) ") as caught:
        run(tmp_path, 2, loss=losses[1])
    assert "\n" not in str(caught.value)


def test_table_of_other_images_is_named(tmp_path):
    run(tmp_path, 1, loss=LEARNING_LOSSES["LL-Cp"]())
    with pytest.raises(ConfigError, match=r"corrected.*\(12, 1\).*corrected.*\(13, 1\)"):
        run(tmp_path, 2, loss=PermanentLargeLoss(images=13, findings=1))


def test_a_checkpoint_from_before_losses_were_kept_goes_on(tmp_path):
    run(tmp_path, 1)
    saved = torch.load(tmp_path / "last.pt", weights_only=True)
    del saved["loss"]
    torch.save(saved, tmp_path / "last.pt")
    trainer, _ = run(tmp_path, 2)
    assert trainer.state.iteration == 6


def test_best_weights_are_those_of_the_best_epoch(tmp_path):
    _, checkpoint = run(tmp_path, 4)
    best = max(checkpoint.history, key=lambda row: row["val_macro_auroc"])["epoch"]
    saved = torch.load(tmp_path / "last.pt", weights_only=True)
    assert saved["best_metric_epoch"] == best
    _, until_best = run(tmp_path / "again", int(best))
    best_weights = torch.load(tmp_path / "model.pt", weights_only=True)
    assert all(torch.equal(best_weights[k], v) for k, v in until_best.network.state_dict().items())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 1, "batch": 13}, "training set: holds fewer images than one batch of a rank; lower batch_size"),
        ({"epochs": 0}, "max_epochs is 0; give a whole number from 1"),
    ],
)
def test_a_run_that_would_train_nothing_is_refused(settings, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        run(tmp_path, **settings)


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
