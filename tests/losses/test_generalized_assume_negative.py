"""Every reading of the generalized assume negative loss is the loss it is said to be."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from lucency.errors import ConfigError
from lucency.losses import AssumeNegativeLoss, GeneralizedAssumeNegativeLoss, MaskedBCELoss, WeakAssumeNegativeLoss
from references.losses.generalized_assume_negative import cell, optimum

NAN = torch.nan
UNKNOWN = torch.full((1, 201), NAN, dtype=torch.float64)
LOGITS = torch.linspace(-20, 20, 201, dtype=torch.float64).unsqueeze(0)
unit = st.floats(0, 1)


def batch(findings=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    logits = 4 * torch.randn(10, findings, generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 4, (10, findings), generator=generator)
    return logits, torch.tensor([1.0, 0.0, 0.3, NAN], dtype=torch.float64)[codes]


def slopes(loss, logits=LOGITS, targets=UNKNOWN):
    """Gradient by every logit of the sum of terms."""
    logits = logits.clone().requires_grad_()
    terms, weight = loss.terms(logits, targets)
    return torch.autograd.grad((terms * weight).sum(), logits)[0]


def assert_same(loss, other, logits, targets):
    torch.testing.assert_close(loss(logits, targets), other(logits, targets))
    torch.testing.assert_close(slopes(loss, logits, targets), slopes(other, logits, targets), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("settings", "other"),
    [
        ({"q_neg": 0}, AssumeNegativeLoss()),
        ({"q_neg": 0, "unobserved_weight": 0}, MaskedBCELoss(reduction="mean_all")),
        ({"q_neg": 0, "unobserved_weight": "wan"}, WeakAssumeNegativeLoss()),
        ({"q_neg": 0, "unobserved_weight": 0.3}, WeakAssumeNegativeLoss(gamma=0.3)),
    ],
)
def test_members_of_the_family(settings, other):
    assert_same(GeneralizedAssumeNegativeLoss(**settings), other, *batch())


def test_label_smoothing_is_the_cross_entropy_of_softened_labels():
    logits, targets = batch()
    softened = 0.1 + 0.8 * torch.nan_to_num(targets, nan=0.0)
    torch.testing.assert_close(
        GeneralizedAssumeNegativeLoss(q_neg=0, label_smoothing=0.1)(logits, targets),
        nn.BCEWithLogitsLoss()(logits, softened),
    )


def test_q_1_on_unknown_labels_is_the_mean_absolute_error():
    with pytest.warns(UserWarning, match="q_neg"):
        loss = GeneralizedAssumeNegativeLoss(q_neg=1)
    logits, targets = batch()
    unknown = torch.isnan(targets)
    terms, _ = loss.terms(logits, targets)
    expected = nn.functional.binary_cross_entropy_with_logits(logits, targets.nan_to_num(0), reduction="none")
    torch.testing.assert_close(terms[unknown], torch.sigmoid(logits[unknown]))
    torch.testing.assert_close(terms[~unknown], expected[~unknown])


def test_q_on_both_sides_is_the_generalized_cross_entropy():
    q_pos, q_neg = 0.4, 0.6
    targets = torch.where(torch.rand(LOGITS.shape, generator=torch.Generator().manual_seed(0)) < 0.5, 1.0, NAN)
    p = torch.sigmoid(LOGITS)
    expected = torch.where(targets == 1, (1 - p**q_pos) / q_pos, (1 - (1 - p) ** q_neg) / q_neg)
    terms, _ = GeneralizedAssumeNegativeLoss(q_neg=q_neg, q_pos=q_pos).terms(LOGITS, targets)
    torch.testing.assert_close(terms, expected, rtol=1e-7, atol=1e-9)


@settings(deadline=None)
@given(st.floats(-15, 15), st.sampled_from([1.0, 0.0, 0.3, None]), unit, unit, unit, st.floats(0, 0.5))
def test_every_mixture_is_the_reference_and_its_derivative(z, y, q_neg, q_pos, gamma, label_smoothing):
    mixture = {"q_neg": q_neg, "q_pos": q_pos, "gamma": gamma, "label_smoothing": label_smoothing}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        loss = GeneralizedAssumeNegativeLoss(**mixture, detach_weight=False)
    logits = torch.tensor([[z]], dtype=torch.float64, requires_grad=True)
    targets = torch.tensor([[NAN if y is None else y]], dtype=torch.float64)
    value = loss(logits, targets)
    if all(q == 0 or q > 1e-6 for q in (q_neg, q_pos)):  # between, the reference itself rounds
        assert value.item() == pytest.approx(cell(z, y, 0, 1, **mixture)[0], rel=1e-6, abs=1e-9)
    assert torch.autograd.gradcheck(lambda tensor: loss(tensor, targets), logits, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("q", [0.0, 0.3, 0.7, 0.99])
def test_implicit_weighting_has_the_gradient_of_the_generalized_cross_entropy(q):
    weighted = slopes(GeneralizedAssumeNegativeLoss(q_neg=0, gamma=q))
    torch.testing.assert_close(weighted, slopes(GeneralizedAssumeNegativeLoss(q_neg=q)), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("q", [0.0, 0.3, 0.7])
def test_gradient_on_unknown_labels_is_p_times_a_power_of_its_opposite(q):
    p = torch.sigmoid(LOGITS)
    grad = slopes(GeneralizedAssumeNegativeLoss(q_neg=q))
    torch.testing.assert_close(grad, p * torch.sigmoid(-LOGITS) ** q, rtol=1e-6, atol=1e-12)
    assert (grad >= 0).all()


@pytest.mark.parametrize(("q", "gamma"), [(0.5, 0.0), (0.7, 0.0), (0.0, 0.7), (0.2, 0.3)])
def test_the_hardest_push_is_where_it_is_said_to_be(q, gamma):
    logits = torch.linspace(-5, 5, 10001, dtype=torch.float64).unsqueeze(0)
    grad = slopes(GeneralizedAssumeNegativeLoss(q_neg=q, gamma=gamma), logits, torch.full_like(logits, NAN))
    assert torch.sigmoid(logits[0, grad.argmax()]).item() == pytest.approx(1 / (1 + q + gamma), abs=1e-3)


def test_the_limit_of_small_q_is_assume_negative_and_linear():
    logits, targets = batch()
    expected = AssumeNegativeLoss().terms(logits, targets)[0]
    distances = [
        (GeneralizedAssumeNegativeLoss(q_neg=q).terms(logits, targets)[0] - expected).abs().max() for q in (1e-3, 1e-6)
    ]
    assert (distances[0] / distances[1]).item() == pytest.approx(1e3, rel=0.01)


@pytest.mark.parametrize("start", [0.0, 2.0])
def test_a_weight_that_is_not_detached_warns_and_runs_away(start):
    def descend(loss):
        logits = torch.full((100, 1), start, dtype=torch.float64)
        targets = torch.full((100, 1), NAN, dtype=torch.float64)
        targets[:41] = 1
        for _ in range(300):
            logits = logits - 4 * slopes(loss, logits, targets).mean()
        return torch.sigmoid(logits[0]).item()

    with pytest.warns(UserWarning, match="GeneralizedAssumeNegativeLoss: detach_weight=False makes p = 1"):
        degenerate = GeneralizedAssumeNegativeLoss(q_neg=0, gamma=0.7, detach_weight=False)
    assert descend(degenerate) > 0.99
    assert descend(GeneralizedAssumeNegativeLoss(q_neg=0, gamma=0.7)) == pytest.approx(
        optimum(0.41, q_neg=0.7), abs=1e-3
    )


@pytest.mark.parametrize("settings", [{"q_neg": 1}, {"q_neg": 0, "gamma": 1}, {"q_neg": 0.5, "gamma": 0.5}])
def test_settings_without_an_optimum_warn(settings):
    with pytest.warns(UserWarning, match=r"q_neg \+ gamma = 1 leaves .* without a finite optimum"):
        loss = GeneralizedAssumeNegativeLoss(**settings)
    targets = torch.where(torch.arange(201) < 101, 1.0, NAN).expand(1, -1)  # recorded in more than half
    for z in (0.0, 5.0, 15.0):
        assert slopes(loss, torch.full((1, 201), z, dtype=torch.float64), targets).sum() < 0


def test_the_defaults_do_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        GeneralizedAssumeNegativeLoss()


@pytest.mark.parametrize("argument", ["q_neg", "q_pos", "gamma", "label_smoothing", "unobserved_weight"])
@pytest.mark.parametrize("wrong", [-0.1, 1.1, NAN, True, None])
def test_numbers_outside_their_range_are_refused(argument, wrong):
    with pytest.raises(ConfigError, match=rf"GeneralizedAssumeNegativeLoss: {argument} is .* from 0 to"):
        GeneralizedAssumeNegativeLoss(**{argument: wrong})


def test_a_misspelt_weight_and_wan_for_one_finding_are_refused():
    with pytest.raises(ConfigError, match="unobserved_weight is 'weak'"):
        GeneralizedAssumeNegativeLoss(unobserved_weight="weak")
    with pytest.raises(ConfigError, match="has no value for one finding"):
        GeneralizedAssumeNegativeLoss(unobserved_weight="wan")(torch.zeros(2, 1), torch.ones(2, 1))
