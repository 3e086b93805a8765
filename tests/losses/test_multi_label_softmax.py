"""Multi-label softmax: its three forms, weights and policies for images without any finding."""

import math

import pytest
import torch
from torch.nn import functional as F

from lucency.errors import ConfigError, LucencyError
from lucency.losses import MultiLabelSoftmaxLoss, ZeroBoundedPairwiseRankingLoss

NAN = torch.nan


def batch(images=20, findings=5, seed=0, codes=(1.0, 0.0, 0.3, NAN)):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(images, findings, generator=generator, dtype=torch.float64)
    states = torch.randint(0, len(codes), (images, findings), generator=generator)
    return logits, torch.tensor(codes, dtype=torch.float64)[states]


def value_and_gradient(loss, logits, targets):
    logits = logits.clone().requires_grad_()
    value = loss(logits, targets)
    value.backward()
    return value.detach(), logits.grad


def test_present_findings_do_not_compete_with_each_other():
    logits, targets = torch.tensor([[5.0, 5.0, 0.0, 0.0]]), torch.tensor([[1.0, 1.0, 0.0, 0.0]])
    shared = F.cross_entropy(logits, targets / 2)  # the older softmax, in which they do
    assert MultiLabelSoftmaxLoss()(logits, targets).item() == pytest.approx(math.log(1 + 2 * math.exp(-5)))
    assert shared > math.log(2)


def test_generalised_form_is_logarithm_and_probability_at_its_ends():
    pair = batch()
    log, prob = (value_and_gradient(MultiLabelSoftmaxLoss(form=form), *pair) for form in ("log", "prob"))
    at_0, near_0, at_1 = (value_and_gradient(MultiLabelSoftmaxLoss(form="gce", q=q), *pair) for q in (0, 1e-7, 1))
    torch.testing.assert_close(at_0, log)
    torch.testing.assert_close(near_0, log, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(at_1, (prob[0] + 1, prob[1]))


@pytest.mark.parametrize(("form", "keeps"), [("log", True), ("prob", False), ("gce", False)])
def test_only_the_logarithm_repairs_a_finding_that_is_badly_wrong(form, keeps):
    logits, targets = torch.tensor([[-8.0, 0.0, 0.0, 0.0]]), torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    _, grad = value_and_gradient(MultiLabelSoftmaxLoss(form=form), logits, targets)
    softmax = torch.softmax(logits, dim=1)[0, 0].item()
    power = {"log": 0, "prob": 1, "gce": 0.7}[form]
    assert -grad[0, 0].item() == pytest.approx((1 - softmax) * softmax**power)
    assert (-grad[0, 0].item() > 0.99) == keeps


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("form", ["log", "prob", "gce"])
@pytest.mark.parametrize("code", [0.0, 1.0, NAN])
def test_images_with_nothing_to_compare_give_exactly_zero(dtype, form, code):
    logits = torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4]], dtype=dtype)
    value, grad = value_and_gradient(MultiLabelSoftmaxLoss(form=form), logits, torch.full(logits.shape, code))
    assert value == 0
    assert not grad.any()


def test_a_pair_that_is_wrong_by_ten_thousands_pulls_with_one():
    logits, targets = torch.tensor([[-1e4, 1e4, 0.0]]), torch.tensor([[1.0, 0.0, NAN]])
    value, grad = value_and_gradient(MultiLabelSoftmaxLoss(), logits, targets)
    assert value == 2e4
    assert grad.tolist() == [[-1.0, 1.0, 0.0]]


def test_weights_of_one_change_nothing():
    pair = batch()
    assert torch.equal(MultiLabelSoftmaxLoss(weight=[1.0] * 5)(*pair), MultiLabelSoftmaxLoss()(*pair))


@pytest.mark.parametrize("policy", ["skip", "threshold"])
def test_a_weight_of_two_is_the_finding_twice_and_of_zero_no_finding(policy):
    logits, targets = batch()
    weighted = MultiLabelSoftmaxLoss(weight=[2.0, 1.0, 0.0, 1.0, 1.0], no_finding=policy)
    repeated = MultiLabelSoftmaxLoss(no_finding=policy)
    columns = [0, 0, 1, 3, 4]
    torch.testing.assert_close(weighted(logits, targets), repeated(logits[:, columns], targets[:, columns]))


def test_weight_is_a_setting_and_not_state():
    assert MultiLabelSoftmaxLoss(weight=[2.0]).state_dict() == {}


def test_with_a_threshold_healthy_images_are_those_of_zlpr():
    logits, targets = batch(codes=(0.0, NAN))
    torch.testing.assert_close(
        value_and_gradient(MultiLabelSoftmaxLoss(no_finding="threshold"), logits, targets),
        value_and_gradient(ZeroBoundedPairwiseRankingLoss(), logits, targets),
    )


def test_the_threshold_is_one_more_finding_of_logit_0():
    (z_p, z_q, z_n), targets = (1.5, -0.5, 0.7), torch.tensor([[1.0, 1.0, 0.0]])
    rivals = 1 + math.exp(z_n)
    expected = math.log1p(rivals * math.exp(-z_p)) + math.log1p(rivals * math.exp(-z_q)) + math.log1p(math.exp(z_n))
    found = MultiLabelSoftmaxLoss(no_finding="threshold")(torch.tensor([[z_p, z_q, z_n]]), targets)
    assert found.item() == pytest.approx(expected / 3)


def test_a_no_finding_output_is_a_finding_derived_from_the_others():
    logits, targets = batch(images=200, findings=4, codes=(1.0, 0.0, 0.0, 0.0, NAN))
    targets[:, 3] = NAN
    filled = targets.clone()
    for row in filled:
        if (row[:3] == 1).any():
            row[3] = 0
        elif (row[:3] == 0).all():
            row[3] = 1
    assert set(filled[:, 3].nan_to_num(nan=-1).tolist()) == {-1, 0, 1}
    torch.testing.assert_close(
        value_and_gradient(MultiLabelSoftmaxLoss(no_finding=3), logits, targets),
        value_and_gradient(MultiLabelSoftmaxLoss(), logits, filled),
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"form": "softmax"}, "form is 'softmax'; give one of log, prob, gce"),
        ({"q": 1.5}, "q is 1.5; give a number from 0 to 1"),
        ({"q": NAN}, "q is nan"),
        ({"weight": [1.0, -1.0]}, "weight holds -1.0"),
        ({"weight": [NAN]}, "weight holds nan"),
        ({"no_finding": "class"}, "no_finding is 'class'; give skip or threshold, or the column"),
        ({"no_finding": -1}, "no_finding is -1"),
        ({"no_finding": True}, "no_finding is True"),
    ],
)
def test_nonsense_settings_are_refused(settings, message):
    with pytest.raises(ConfigError, match=rf"MultiLabelSoftmaxLoss: {message}"):
        MultiLabelSoftmaxLoss(**settings)


def test_settings_that_do_not_fit_the_findings_are_refused():
    with pytest.raises(LucencyError, match="weight has 2 numbers for 5 findings"):
        MultiLabelSoftmaxLoss(weight=[1.0, 1.0])(*batch())
    with pytest.raises(LucencyError, match="no_finding is 5, but there are 5 findings"):
        MultiLabelSoftmaxLoss(no_finding=5)(*batch())
