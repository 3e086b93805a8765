"""Reductions: their identities, their settings, their validation, and equality of DDP with one process."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, Durand, MaskedBCELoss, MeanAll, MeanObserved, PerTask
from lucency.losses.reducers import REDUCERS, reducer_for
from references.losses.contract import durand, per_task
from references.ranks import ddp_gradients, linear_model, loss_on_one_rank_alone, run_on_ranks


def table(images=9, findings=4, seed=0):
    generator = torch.Generator().manual_seed(seed)
    terms = torch.rand(images, findings, generator=generator, dtype=torch.float64)
    weight = torch.tensor([0.0, 0.4, 1.0], dtype=torch.float64)[torch.randint(0, 3, terms.shape, generator=generator)]
    weight[0] = 0
    return terms, weight


def pairs(terms, weight):
    return torch.stack([terms, weight], dim=-1).tolist()


def test_per_task_is_the_number_of_findings_times_the_mean_when_all_is_known():
    terms = table()[0]
    torch.testing.assert_close(PerTask()(terms, torch.ones_like(terms)), 4 * terms.mean())


@pytest.mark.parametrize("n_min", [1, 3, 100])
def test_per_task_floor(n_min):
    terms, weight = table()
    assert PerTask(n_min=n_min)(terms, weight).item() == pytest.approx(per_task(pairs(terms, weight), n_min))


def test_durand_with_constant_g_is_mean_all():
    terms, weight = table()
    torch.testing.assert_close(Durand(alpha=0, beta=1)(terms, weight), MeanAll()(terms, weight))


def test_durand_with_inverse_share_is_the_mean_over_each_images_own_labels():
    terms, weight = table()
    own = [
        t[w > 0].mul(w[w > 0]).mean() if (w > 0).any() else t.new_zeros(()) for t, w in zip(terms, weight, strict=True)
    ]
    torch.testing.assert_close(Durand(alpha=1, beta=0, gamma=-1)(terms, weight), torch.stack(own).mean())


@pytest.mark.parametrize("settings", [{}, {"alpha": -1, "beta": 2, "gamma": 0.5}])
def test_durand_settings(settings):
    terms, weight = table()
    assert Durand(**settings)(terms, weight).item() == pytest.approx(durand(pairs(terms, weight), **settings))


@pytest.mark.parametrize("name", ["mean_all", "mean_observed", "durand"])
def test_all_known_is_the_plain_mean(name):
    terms = table()[0]
    torch.testing.assert_close(reducer_for(name)(terms, torch.ones_like(terms)), terms.mean())


def test_mean_all_is_additive_over_micro_batches_and_mean_observed_is_not():
    terms, weight = table(images=8)
    weight[:4] = 1  # the halves differ in what is known
    halves = list(zip(terms.split(4), weight.split(4), strict=True))
    for reducer, additive in [(MeanAll(), True), (MeanObserved(), False)]:
        mean_of_halves = sum(reducer(*half) for half in halves) / 2
        assert torch.allclose(mean_of_halves, reducer(terms, weight)) == additive


@pytest.mark.parametrize(
    ("reducer", "settings", "message"),
    [
        (PerTask, {"n_min": 0}, "n_min is 0"),
        (PerTask, {"n_min": torch.nan}, "n_min is nan"),
        (Durand, {"alpha": -6.0}, "zero or negative"),
        (Durand, {"alpha": 6.0, "beta": -1.0}, "zero or negative"),
        (Durand, {"alpha": -1.0, "beta": 3.0, "gamma": -1.0}, "zero or negative"),
        (Durand, {"gamma": torch.inf}, "finite"),
    ],
)
def test_nonsense_settings_are_refused(reducer, settings, message):
    with pytest.raises(ConfigError, match=message):
        reducer(**settings)


def test_a_reducer_with_its_own_settings_can_be_given_for_a_name():
    logits, targets = torch.zeros(4, 2), torch.tensor([[1.0, torch.nan]] * 4)
    assert (
        MaskedBCELoss(reduction=PerTask(n_min=8))(logits, targets)
        == MaskedBCELoss(reduction="per_task")(logits, targets) / 2
    )


def test_ddp_gradients_equal_those_of_one_process(tmp_path):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(12, 5, generator=generator, dtype=torch.float64)
    targets = torch.randint(0, 2, (12, 3), generator=generator).double()
    targets[1:6] = torch.nan  # rank 0 knows far less than rank 1
    targets[6:, 2] = torch.nan
    losses = {name: MaskedBCELoss(reduction=name) for name in REDUCERS}
    losses["per_task with floor"] = MaskedBCELoss(reduction=PerTask(n_min=3))
    per_rank = run_on_ranks(ddp_gradients, tmp_path, losses, list(images.split(6)), list(targets.split(6)))

    naive = torch.zeros(3, 5, dtype=torch.float64)
    for name, loss in losses.items():
        model = linear_model(5, 3)
        loss(model(images), targets).backward()
        expected = model.weight.grad / 2 if name == "sum" else model.weight.grad
        for gradients in per_rank:
            torch.testing.assert_close(gradients[name], expected, rtol=1e-12, atol=1e-14)
        if name == "mean_observed":
            whole = expected
    for share in zip(images.split(6), targets.split(6), strict=True):
        model = linear_model(5, 3)
        losses["mean_observed"](model(share[0]), share[1]).backward()
        naive += model.weight.grad / 2
    assert not torch.allclose(naive, whole, rtol=0.05)  # control: counts of each rank alone would give another gradient


@pytest.mark.parametrize("reduction", ["mean_observed", "per_task"])
def test_a_loss_without_gradient_does_not_wait_for_other_ranks(reduction, tmp_path):
    loss = AssumeNegativeLoss(reduction=reduction)
    assert run_on_ranks(loss_on_one_rank_alone, tmp_path, loss)[0] == pytest.approx(
        loss(torch.zeros(2, 3), torch.ones(2, 3)).item()
    )
