"""EM + APL: which labels get a pseudo-label, when, and that it stays."""

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import AsymmetricPseudoLabelsLoss, EntropyMaximizationLoss, MaskedBCELoss, end_epoch
from references.losses.asymmetric_pseudo_labels import learn, table

NAN = torch.nan
IMAGES, FINDINGS = 40, 4


def training_targets(seed=0):
    generator = torch.Generator().manual_seed(seed)
    codes = torch.randint(0, 4, (IMAGES, FINDINGS), generator=generator)
    return torch.tensor([1.0, 0.0, NAN, NAN])[codes]


def predictions(seed):
    return 3 * torch.randn(IMAGES, FINDINGS, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def make(epoch=1, max_epochs=10, **settings):
    loss = AsymmetricPseudoLabelsLoss(training_targets=training_targets(), **settings).double()
    loss.set_epoch(epoch, max_epochs)
    return loss


def as_rows(tensor):
    return [[None if y != y else y for y in row] for row in tensor.tolist()]


@pytest.mark.parametrize(("theta", "warm_up", "max_epochs"), [(0.9, 5, 10), (1.0, 2, 5), (0.3, 1, 4), (0.0, 1, 3)])
def test_pseudo_labels_of_all_rounds_equal_the_reference(theta, warm_up, max_epochs):
    loss = make(theta=theta, warm_up=warm_up)
    expected = [[None] * FINDINGS] * IMAGES
    for epoch in range(1, max_epochs + 1):
        loss.set_epoch(epoch, max_epochs)
        end_epoch(loss, lambda epoch=epoch: predictions(epoch))
        if warm_up <= epoch < max_epochs:
            expected = learn(
                expected, training_targets().tolist(), predictions(epoch).tolist(), theta, max_epochs - warm_up
            )
        given = torch.tensor([[NAN if s is None else s for s in row] for row in expected], dtype=torch.float64)
        torch.testing.assert_close(loss.pseudo, given, rtol=1e-6, atol=1e-7, equal_nan=True)
    unknown = training_targets().isnan().sum(dim=0)
    share = (~loss.pseudo.isnan()).sum(dim=0) / unknown
    assert (share <= theta).all()
    assert (share > theta - (max_epochs - warm_up) / unknown).all()  # rounded down in each round


def test_the_least_probable_unknown_labels_of_each_finding_get_their_probability():
    loss = make(epoch=5, max_epochs=7, theta=0.5)
    logits, unknown = predictions(0), training_targets().isnan()
    loss.learn(logits)
    given = ~loss.pseudo.isnan()
    assert not (given & ~unknown).any()
    for finding in range(FINDINGS):
        column, p = given[:, finding], torch.sigmoid(logits[:, finding])
        assert column.sum() == int(0.5 * unknown[:, finding].sum() / 2)
        assert p[column].max() < p[unknown[:, finding] & ~column].min()
        torch.testing.assert_close(loss.pseudo[column, finding], p[column], rtol=1e-6, atol=0)


def test_a_pseudo_label_stays_what_it_is():
    loss = make(epoch=5)
    loss.learn(predictions(0))
    before = loss.pseudo.clone()
    loss.set_epoch(6, 10)
    loss.learn(-predictions(0))
    kept = ~before.isnan()
    assert torch.equal(loss.pseudo[kept], before[kept])
    assert (~loss.pseudo.isnan()).sum() > kept.sum()


def test_terms_with_pseudo_labels_equal_the_reference():
    loss = make(epoch=5, alpha=0.2, beta=0.3)
    loss.learn(predictions(0))
    index = torch.tensor([7, 0, 33, 12, 39])
    loss.set_index(index)
    logits, targets = predictions(1)[index], training_targets().double()[index]
    terms, weight = loss.terms(logits, targets)
    pseudo = as_rows(loss.pseudo[index])
    assert any(s is not None for row in pseudo for s in row)
    expected = table(logits.tolist(), as_rows(targets), alpha=0.2, beta=0.3, pseudo=pseudo)
    torch.testing.assert_close(torch.stack([terms, weight], dim=-1), torch.tensor(expected, dtype=torch.float64))


def test_without_pseudo_labels_it_is_entropy_maximization():
    loss = make(alpha=0.2)
    loss.set_index(torch.arange(IMAGES))
    logits, targets = predictions(0), training_targets()
    assert torch.equal(loss(logits, targets), EntropyMaximizationLoss(alpha=0.2)(logits, targets))


def test_without_alpha_unknown_labels_have_no_gradient():
    loss = make(alpha=0)
    loss.set_index(torch.arange(IMAGES))
    logits, targets = predictions(0).requires_grad_(), training_targets().double()
    value = loss(logits, targets)
    value.backward()
    assert (logits.grad[targets.isnan()] == 0).all()
    torch.testing.assert_close(value, MaskedBCELoss(reduction="mean_all")(logits, targets))


def test_a_pseudo_label_of_zero_is_one():
    loss = AsymmetricPseudoLabelsLoss(training_targets=[[NAN]], theta=1, warm_up=1, alpha=1, beta=0.5)
    loss.set_epoch(1, 2)
    loss.learn(torch.tensor([[-1000.0]]))
    assert loss.pseudo.item() == 0
    loss.set_index(torch.tensor([0]))
    torch.testing.assert_close(
        loss(torch.zeros(1, 1), torch.tensor([[NAN]])), 0.5 * MaskedBCELoss()(torch.zeros(1, 1), torch.zeros(1, 1))
    )


@pytest.mark.parametrize(("warm_up", "epochs", "wanted"), [(2, 4, [2, 3]), (1, 3, [1, 2]), (3, 3, []), (5, 3, [])])
def test_predictions_are_asked_for_from_the_warm_up_on_but_not_in_vain(warm_up, epochs, wanted, recwarn):
    loss = make(warm_up=warm_up)
    asked = []
    for epoch in range(1, epochs + 1):
        loss.set_epoch(epoch, epochs)
        end_epoch(loss, lambda epoch=epoch: asked.append(epoch) or predictions(epoch))
    assert asked == wanted
    assert bool(recwarn) == (not wanted)


def test_too_few_epochs_for_a_pseudo_label_are_said():
    with pytest.warns(UserWarning, match="5 epochs end before warm_up=5 has passed; there will be no pseudo-labels"):
        make(epoch=1, max_epochs=5)


def test_it_is_additive_over_micro_batches():
    loss = make(epoch=5)
    loss.learn(predictions(0))
    logits, targets, index = predictions(1), training_targets().double(), torch.arange(IMAGES)
    values = []
    for part in (slice(0, 20), slice(20, 40), slice(0, 40)):
        loss.set_index(index[part])
        values.append(loss(logits[part], targets[part]))
    torch.testing.assert_close((values[0] + values[1]) / 2, values[2])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"theta": 1.1}, r"theta is 1\.1"),
        ({"beta": -1}, "beta is -1"),
        ({"alpha": NAN}, "alpha is nan"),
        ({"warm_up": 0}, "warm_up is 0"),
        ({"warm_up": 1.5}, r"warm_up is 1\.5"),
    ],
)
def test_nonsense_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=f"AsymmetricPseudoLabelsLoss: {message}"):
        make(**settings)


def test_predictions_and_batches_must_fit_the_table():
    loss = make()
    with pytest.raises(ConfigError, match=r"predictions are \(3, 4\), the training targets \(40, 4\)"):
        loss.learn(torch.zeros(3, FINDINGS))
    loss.set_index(torch.tensor([0]))
    with pytest.raises(ConfigError, match="made for 4 findings, the batch has 2"):
        loss(torch.zeros(1, 2), torch.ones(1, 2))
