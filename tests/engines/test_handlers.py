"""Seeding, loss guard and early stopping on small real engines."""

import pytest
import torch
from monai.data import DataLoader, Dataset
from monai.engines import SupervisedEvaluator, SupervisedTrainer
from monai.handlers import ValidationHandler
from monai.transforms import RandGaussianNoised
from torch import nn

from lucency.engines import EarlyStopping, NonFiniteLossGuard, SeedEveryEpoch
from lucency.errors import LucencyError


def make_trainer(handlers, *, epochs=3, loss=None, workers=0, seen=None):
    data = [{"image": torch.full((4,), float(i)), "label": torch.ones(1)} for i in range(6)]
    dataset = Dataset(data, transform=RandGaussianNoised("image", prob=1.0))
    network = nn.Linear(4, 1)

    def record(prediction, target):
        if seen is not None:
            seen.append(trainer.state.batch["image"].clone())
        return nn.functional.mse_loss(prediction, target)

    trainer = SupervisedTrainer(
        device="cpu",
        max_epochs=epochs,
        train_data_loader=DataLoader(dataset, batch_size=2, shuffle=True, num_workers=workers),
        network=network,
        optimizer=torch.optim.SGD(network.parameters(), lr=0.01),
        loss_function=loss or record,
        train_handlers=[SeedEveryEpoch(seed=5, dataset=dataset), *handlers],
        decollate=False,
    )
    return trainer


@pytest.mark.parametrize("workers", [0, 2])
def test_an_epoch_repeats_exactly_whatever_was_drawn_before(workers):
    whole, tail = [], []
    make_trainer([], seen=whole, workers=workers).run()
    torch.rand(17)
    resumed = make_trainer([], seen=tail, workers=workers)
    resumed.state.epoch, resumed.state.iteration = 2, 6  # as if the first two epochs had been restored
    resumed.run()
    assert len(whole) == 9
    assert len(tail) == 3
    assert all(torch.equal(a, b) for a, b in zip(whole[6:], tail, strict=True))
    assert not torch.equal(whole[0], whole[3])


def test_ranks_draw_differently():
    handler, draws = SeedEveryEpoch(seed=1), []
    for rank in (0, 1):
        handler.seed_epoch(epoch=1, rank=rank)
        draws.append(torch.rand(3))
    assert not torch.equal(*draws)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_a_loss_that_is_no_number_stops_before_the_weights_change(bad):
    trainer = make_trainer([NonFiniteLossGuard()], loss=lambda prediction, target: prediction.mean() * bad)
    before = trainer.network.weight.clone()
    with pytest.raises(LucencyError, match="epoch 1, iteration 1: the loss is"):
        trainer.run()
    assert torch.equal(trainer.network.weight, before)


def make_evaluator(values):
    """An evaluator whose key metric is the next of `values` each time."""
    evaluator = SupervisedEvaluator(
        device="cpu",
        val_data_loader=DataLoader(Dataset([{"image": torch.zeros(4), "label": torch.ones(1)}]), batch_size=1),
        network=nn.Linear(4, 1),
        decollate=False,
    )
    queue = iter(values)

    def score(engine):
        value = next(queue)
        if engine.state.best_metric_epoch == -1 or value > engine.state.best_metric:
            engine.state.best_metric, engine.state.best_metric_epoch = value, engine.state.epoch

    evaluator.add_event_handler("EPOCH_COMPLETED", score)
    return evaluator


@pytest.mark.parametrize(("patience", "stops_after"), [(0, 6), (1, 3), (2, 6), (3, 6)])
def test_stops_when_patience_has_run_out(patience, stops_after):
    evaluator = make_evaluator([0.5, 0.6, 0.6, 0.7, 0.6, 0.6])
    trainer = make_trainer(
        [ValidationHandler(1, evaluator), EarlyStopping(evaluator=evaluator, patience=patience)], epochs=6
    )
    trainer.run()
    assert trainer.state.epoch == stops_after


def test_a_run_that_had_stopped_early_stays_stopped():
    evaluator = make_evaluator([])
    trainer = make_trainer([EarlyStopping(evaluator=evaluator, patience=2)], epochs=9)
    trainer.state.epoch, trainer.state.iteration = 5, 15
    evaluator.state.best_metric_epoch = 3
    trainer.run()
    assert trainer.state.epoch == 5


def test_negative_patience_is_refused():
    with pytest.raises(ValueError, match="patience"):
        EarlyStopping(evaluator=make_evaluator([]), patience=-1)
