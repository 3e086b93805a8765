"""Who is drawn to whom, who is pushed apart, and by how much."""
# ruff: noqa: N803  G, L, u as in the formulas

import pytest
import torch

from lucency.errors import ConfigError
from lucency.losses import LabelContrast
from lucency.losses.label_contrast import guidance
from references import label_contrast as reference
from references.label_correlations import batch, rows

NAN = torch.nan
MODES = ("guided", "soft_pos", "plain")


def value_and_gradient(loss, u, targets, G=None):
    u = u.detach().clone().requires_grad_()
    value = loss(u, targets, G)
    return value.detach(), torch.autograd.grad(value, u)[0]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("settings", [{}, {"temperature": 0.05, "rho": 1.0}, {"temperature": 1.0, "rho": 0.1}])
def test_value_equals_the_reference_and_gradient_the_value(mode, seed, settings):
    (_, G, _, u), targets = batch(seed=seed)
    loss = LabelContrast(mode=mode, **settings)
    expected = reference.contrast(u.tolist(), rows(targets), G.tolist(), mode=mode, **settings)
    assert expected > 0
    assert loss(u, targets, G).item() == pytest.approx(expected)
    assert torch.autograd.gradcheck(lambda u: loss(u, targets, G), (u,), fast_mode=True)


@pytest.mark.parametrize("loss", [LabelContrast(rho=0), LabelContrast(mode="soft_pos", rho=0)], ids=str)
def test_without_guidance_it_is_the_loss_of_mulcon(loss):
    (_, G, _, u), targets = batch()
    image, finding = torch.nonzero(targets == 1, as_tuple=True)
    expected = reference.mulcon(u[image, finding].tolist(), finding.tolist(), image.tolist(), temperature=0.2)
    assert loss(u, targets, G).item() == pytest.approx(expected)
    assert LabelContrast(mode="plain")(u, targets).item() == pytest.approx(expected)
    assert not torch.isclose(LabelContrast()(u, targets, G), loss(u, targets, G))


def test_only_positive_labels_have_influence_and_a_gradient():
    (_, G, _, u), targets = batch()
    positive = targets == 1
    for mode in MODES:
        value, grad = value_and_gradient(LabelContrast(mode=mode), u, targets, G)
        assert (grad[~positive] == 0).all()
        assert (grad[positive] != 0).any(dim=-1).all()
        noisy = torch.where(positive[..., None], u, -u)
        other_value, other_grad = value_and_gradient(LabelContrast(mode=mode), noisy, targets, G)
        assert torch.equal(other_value, value)
        assert torch.equal(other_grad, grad)


def test_g_gets_no_gradient():
    (_, G, _, u), targets = batch()
    for mode in MODES:
        assert torch.autograd.grad(LabelContrast(mode=mode)(u, targets, G), G, allow_unused=True)[0] is None


@pytest.mark.parametrize("positives", [[], [(0, 0)]])
def test_fewer_than_two_anchors_give_exactly_zero(positives):
    (_, G, _, u), targets = batch()
    targets = torch.zeros_like(targets)
    for image, finding in positives:
        targets[image, finding] = 1
    for mode in MODES:
        value, grad = value_and_gradient(LabelContrast(mode=mode), u, targets, G)
        assert value == 0
        assert (grad == 0).all()


def test_an_anchor_without_a_partner_adds_nothing_but_counts():
    (_, _, _, u), targets = batch(images=3, findings=3)
    targets[:] = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    lonely = LabelContrast(mode="plain")(u, targets)
    assert lonely.item() == pytest.approx(reference.contrast(u.tolist(), rows(targets), mode="plain"))
    grad = value_and_gradient(LabelContrast(mode="plain"), u, targets)[1]
    assert (grad[2, 1] != 0).any()  # pushed away by those that have a partner
    targets[2, 1] = 0
    assert LabelContrast(mode="plain")(u, targets) == 0  # and the two alone are content


def pair(correlated):
    """Two images with two findings each, of three; the guidance between the first two findings is `correlated`."""
    u = batch(images=2, findings=3)[0].u.detach()
    targets = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0]])
    G = torch.tensor([[0.0, correlated, 1.0], [correlated, 0.0, 0.0], [1.0, 0.0, 0.0]])
    assert guidance(G)[0, 1] == correlated
    return u, targets, G


def test_the_more_two_findings_correlate_the_less_their_features_are_pushed_apart():
    values = [LabelContrast()(*pair(share)).item() for share in (0.0, 0.3, 0.6, 1.0)]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) == 4
    assert values[0] == pytest.approx(LabelContrast(mode="plain")(*pair(0.0)).item())


def test_soft_positives_draw_correlated_findings_of_other_images_together():
    u, targets, G = pair(1.0)
    targets = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    grad = value_and_gradient(LabelContrast(mode="soft_pos"), u, targets, G)[1]
    step = torch.nn.functional.normalize(u - 0.01 * grad, dim=-1)
    assert (step[0, 0] * step[1, 2]).sum() > (u[0, 0] * u[1, 2]).sum()
    assert LabelContrast(mode="guided")(u, targets, G) == 0  # control: nobody shares a finding


def test_duplicates_of_one_image_are_as_similar_as_can_be():
    (_, G, _, u), targets = batch(images=2)
    targets = torch.ones_like(targets)
    twins = u[:1].expand_as(u)
    for mode in MODES:
        assert LabelContrast(mode=mode)(twins, targets, G) < LabelContrast(mode=mode)(u, targets, G)
    single = torch.tensor([[1.0, 0.0, 0.0, 0.0]] * 2)
    others = torch.eye(4)[[1, 2]]
    apart = torch.cat([u, u]).clone()
    assert LabelContrast(mode="plain")(torch.cat([twins, u]), torch.cat([single, others])) < LabelContrast(
        mode="plain"
    )(apart, torch.cat([single, others]))


def test_images_and_findings_may_come_in_any_order():
    (_, G, _, u), targets = batch()
    images, findings = [4, 2, 0, 1, 3], [2, 0, 3, 1]
    for mode in MODES:
        value, grad = value_and_gradient(LabelContrast(mode=mode), u, targets, G)
        other = value_and_gradient(
            LabelContrast(mode=mode), u[images][:, findings], targets[images][:, findings], G[findings][:, findings]
        )
        torch.testing.assert_close(other, (value, grad[images][:, findings]))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_identical_features_and_a_small_temperature_are_finite(mode, dtype):
    loss = LabelContrast(mode=mode, temperature=1e-3, rho=1.0)
    G = torch.full((3, 3), 1 / 3, dtype=dtype)
    for u in (torch.ones(4, 3, 2), torch.randn(4, 3, 2, generator=torch.Generator().manual_seed(0))):
        u = torch.nn.functional.normalize(u, dim=-1).to(dtype)
        value, grad = value_and_gradient(loss, u, torch.ones(4, 3), G)
        assert value.dtype == torch.float32
        assert torch.isfinite(value)
        assert torch.isfinite(grad).all()
        assert grad.dtype == dtype


def test_without_global_correlations_only_plain_contrast_is_possible():
    (_, _, _, u), targets = batch()
    for mode in ("guided", "soft_pos"):
        with pytest.raises(ConfigError, match=f"mode is {mode} .* network_def#global_correlation to true, or mode to"):
            LabelContrast(mode=mode)(u, targets)
    assert LabelContrast(mode="plain")(u, targets) > 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mode": "hard"}, "mode is 'hard'; give one of guided, soft_pos, plain"),
        ({"temperature": 0}, "temperature is 0"),
        ({"rho": 1.5}, "rho is 1.5"),
        ({"queue_size": 2048}, "queue_size is 2048 and findings is not given"),
        ({"queue_size": 10, "findings": 14}, "queue_size 10 is less than one place for each of 14 findings"),
        ({"queue_size": -1, "findings": 14}, "queue_size is -1; give a whole number"),
    ],
)
def test_wrong_arguments_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        LabelContrast(**wrong)
