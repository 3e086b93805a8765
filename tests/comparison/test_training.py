"""Training: what a loss is told, what is the same for all losses, which epoch is kept, how a run ends."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch
from torch import nn

from lucency.comparison import LossOption, training
from lucency.comparison.run import Job
from lucency.comparison.training import train
from lucency.errors import ConfigError, LucencyError
from lucency.losses import EpochAware, Loss, PredictionFed
from lucency.metrics import ranking_metrics

AN = {"loss": {"_target_": "lucency.losses.AssumeNegativeLoss"}}
WAN = {"loss": {"_target_": "lucency.losses.WeakAssumeNegativeLoss"}}


class SpyLoss(EpochAware, PredictionFed, Loss):
    """Assume negative plus a learned shift; notes all it is told, and may go wrong in an epoch."""

    lr_multiplier = 2.0

    def __init__(self, wrong_in_epoch=0, wrong_value=torch.nan):
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(()))
        self.told, self.learned, self.wrong = [], [], (wrong_in_epoch, wrong_value)

    def wants_predictions(self):
        return self.epoch == 2

    def learn(self, logits):
        self.learned.append(logits)

    def value(self, logits, targets, known):
        self.told.append((self.epoch, self.max_epochs, self._index.tolist(), targets.clone()))
        value = nn.functional.binary_cross_entropy_with_logits(logits + self.shift, targets)
        return value * self.wrong[1] if self.epoch == self.wrong[0] else value


@dataclass(frozen=True)
class Given(LossOption):
    """A loss that is there already."""

    loss: nn.Module | None = None

    def build(self, study, *, seed, max_epochs):
        return self.loss


def spied(study, recipe, spy, rate=0.1, seed=0):
    return train(study, recipe, Job(Given("spy", {}, loss=spy), rate, seed))


def test_a_loss_is_told_epoch_index_and_predictions_and_its_own_parameters_learn(study, recipe):
    spy = SpyLoss()
    run = spied(study, recipe, spy)
    assert run.ended == "budget"
    assert [told[:2] for told in spy.told] == [(epoch, 3) for epoch in (1, 2, 3) for _ in range(9)]
    for _, _, index, targets in spy.told:
        assert torch.equal(targets, torch.as_tensor(np.nan_to_num(study.targets("observed")[index])))
    assert [tuple(logits.shape) for logits in spy.learned] == [(144, 4)]
    assert spy.shift.item() != 0


def test_order_and_initialisation_do_not_depend_on_the_loss(study, recipe, monkeypatch):
    seen = {}
    build = type(recipe).build_network
    for name, config in (("an", AN), ("wan", WAN)):
        images, weights = [], []

        class Recorded(training.Inputs):
            def batch(self, rows, shift=(0, 0), images=images):
                images.append((rows.tolist(), shift))
                return super().batch(rows, shift)

        def recorded(self, *arguments, weights=weights):
            network = build(self, *arguments)
            weights.append(network.weight.detach().clone())
            return network

        with monkeypatch.context() as patch:
            patch.setattr(training, "Inputs", Recorded)
            patch.setattr(type(recipe), "build_network", recorded)
            train(study, recipe, Job(LossOption(name, config), 0.1, 1))
        seen[name] = images[: 3 * 10], weights[0]
    assert seen["an"][0] == seen["wan"][0]
    assert torch.equal(seen["an"][1], seen["wan"][1])


def test_same_job_same_result_and_every_part_of_it_counts(study, recipe):
    job = Job(LossOption("an", AN), 0.1, 0)
    first, again = (train(study, recipe, job) for _ in range(2))
    assert first.history == again.history
    np.testing.assert_array_equal(first.logits["clean"], again.logits["clean"])
    for other in (replace(job, rate=0.01), replace(job, seed=1), replace(job, option=LossOption("wan", WAN))):
        assert train(study, recipe, other).history != first.history


def test_each_selection_keeps_the_network_of_its_best_epoch(study, recipe, monkeypatch):
    """With scores in a given order, the logits kept must be those of a budget that ended there."""
    scores = {"clean": [0.1, 0.3, 0.2, 0.3], "observed": [0.5, 0.1, 0.2, 0.4]}
    epochs = iter(range(4))

    def validate(self):
        epoch = next(epochs)
        kept.append(self._logits(study.rows("test")).numpy())
        return {selection: values[epoch] for selection, values in scores.items()}

    kept = []
    monkeypatch.setattr(training._Training, "_validate", validate)
    run = train(study, replace(recipe, max_epochs=4), Job(LossOption("an", AN), 0.1, 0))
    assert [run.best(selection)["epoch"] for selection in ("clean", "observed")] == [2, 1]
    np.testing.assert_array_equal(run.logits["clean"], kept[1])
    np.testing.assert_array_equal(run.logits["observed"], kept[0])
    assert run.score("observed") == 0.5


@pytest.mark.parametrize(("patience", "epochs", "ended"), [(0, 9, "budget"), (2, 6, "patience"), (3, 7, "patience")])
def test_patience_waits_for_both_selections(study, recipe, monkeypatch, patience, epochs, ended):
    scores = iter([(1, 1), (2, 0), (0, 0), (0, 3), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)])
    monkeypatch.setattr(
        training._Training, "_validate", lambda self: dict(zip(("clean", "observed"), next(scores), strict=True))
    )
    run = train(study, replace(recipe, max_epochs=9, patience=patience), Job(LossOption("an", AN), 0.1, 0))
    assert (len(run.history), run.ended) == (epochs, ended)


def test_validation_scores_are_the_metric_by_both_labels(study, recipe, monkeypatch):
    recorded = []
    validate = training._Training._validate

    def also_record(self):
        recorded.append(self._logits(study.rows("val")).numpy())
        return validate(self)

    monkeypatch.setattr(training._Training, "_validate", also_record)
    for metric, place in (("auroc", 0), ("ap", 1)):
        recorded.clear()
        run = train(study, replace(recipe, metric=metric), Job(LossOption("an", AN), 0.1, 0))
        for epoch, logits in zip(run.history, recorded, strict=True):
            for selection in ("clean", "observed"):
                expected = ranking_metrics(logits, study.validation_labels(selection))[place].macro
                assert epoch[selection] == expected


def test_divergence_is_a_result(study, recipe):
    run = spied(study, recipe, SpyLoss(wrong_in_epoch=2))
    assert run.broken
    assert run.ended.startswith("epoch 2: ")
    assert len(run.history) == 1
    assert run.logits["clean"].shape == (48, 4)
    nothing = spied(study, recipe, SpyLoss(wrong_in_epoch=1))
    assert (nothing.history, nothing.logits, nothing.best("clean"), nothing.score("clean")) == ([], {}, None, -np.inf)


def test_a_loss_that_lacks_something_is_an_error(study, recipe):
    class Forgetful(SpyLoss):
        def set_epoch(self, epoch, max_epochs):
            pass

    with pytest.raises(ConfigError, match="was not told which it is"):
        spied(study, recipe, Forgetful())


def test_weights_decay_and_the_bias_of_the_outputs_keeps_its_pace(study, recipe):
    optimizer = training._Training(
        study, replace(recipe, weight_decay=0.5), Job(LossOption("an", AN), 0.001, 0)
    ).optimizer
    settings = {
        tuple(parameter.shape): (group["initial_lr"], group["weight_decay"])
        for group in optimizer.param_groups
        for parameter in group["params"]
    }
    assert settings == {(4, 6): (0.001, 0.5), (4,): (recipe.bias_rate, 0.0)}
    spy = SpyLoss()
    groups = training._Training(study, recipe, Job(Given("spy", {}, loss=spy), 0.1, 0)).optimizer.param_groups
    assert [(group["initial_lr"], len(group["params"])) for group in groups] == [(0.1, 1), (0.1, 0), (0.1, 1), (0.2, 1)]
    assert groups[3]["params"] == [spy.shift]


def test_the_rate_warms_up_and_falls_to_zero():
    shares = [training._share_of_rate(step, 100) for step in range(101)]
    assert shares[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert shares[5] == 1
    assert shares[5:] == sorted(shares[5:], reverse=True)
    assert shares[100] == pytest.approx(0)
    assert training._share_of_rate(0, 1) == 1


def test_images_train_a_network_of_convolutions(make_study, recipe):
    rng = np.random.default_rng(0)
    images = make_study(inputs=rng.integers(0, 256, (240, 16, 16), dtype=np.uint8))
    small = {
        "_target_": "monai.networks.nets.DenseNet",
        "spatial_dims": 2,
        "in_channels": 1,
        "out_channels": "@outputs",
        "init_features": 4,
        "growth_rate": 2,
        "block_config": [1, 1],
    }
    changed = replace(recipe, network=small, max_epochs=2, shift=2, bfloat16=True)
    run, again = (train(images, changed, Job(LossOption("an", AN), 0.01, 0)) for _ in range(2))
    assert run.history == again.history
    assert run.history[1]["loss"] < run.history[0]["loss"]


def test_a_damaged_file_is_named(tmp_path, study, recipe):
    job = Job(LossOption("an?x=1/2", AN), 0.1, 0)
    path = job.path(tmp_path, study, recipe)
    run = train(study, recipe, job)
    run.save(path, {})
    loaded = type(run).load(path)
    assert (loaded.history, loaded.ended, loaded.step_seconds) == (run.history, run.ended, run.step_seconds)
    for selection in ("clean", "observed"):
        np.testing.assert_array_equal(loaded.logits[selection], run.logits[selection])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(LucencyError, match=r"npz: is damaged .*; delete it"):
        type(run).load(path)
