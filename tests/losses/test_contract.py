"""What every exported loss must keep; a loss joins by its export and its entry in references/losses.py."""

import io

import pytest
import torch
import yaml
from monai.bundle import ConfigParser
from monai.data import MetaTensor

import lucency.losses
from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.losses import Loss
from references.losses import LOSSES, REDUCTIONS, cells

NAN = torch.nan
EXPORTED = sorted(
    name
    for name in lucency.losses.__all__
    if isinstance(export := getattr(lucency.losses, name), type) and issubclass(export, Loss) and export is not Loss
)
CASES = [
    pytest.param(name, dict(settings), id=f"{name}-{i}")
    for name in EXPORTED
    for i, settings in enumerate(LOSSES[name].settings if name in LOSSES else ())
]
every_loss = pytest.mark.parametrize(("name", "settings"), CASES)
every_reduction = pytest.mark.parametrize("reduction", sorted(REDUCTIONS))


def build(name, settings, **more):
    return getattr(lucency.losses, name)(**settings, **more)


def batch(images=7, findings=3, seed=0, dtype=torch.float64):
    """Moderate logits; targets positive, negative, soft and unknown, the last row all unknown."""
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(images, findings, generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 4, (images, findings), generator=generator)
    codes[:4, 0] = torch.arange(4)  # every state occurs
    targets = torch.tensor([1.0, 0.0, 0.3, NAN], dtype=torch.float64)[codes]
    targets[-1] = NAN
    return logits.to(dtype), targets.to(dtype)


def gradient(loss, logits, targets):
    logits = logits.clone().requires_grad_()
    value = loss(logits, targets)
    value.backward()
    return value.detach(), logits.grad


def as_rows(tensor):
    return [[None if y != y else y for y in row] for row in tensor.tolist()]


def test_every_exported_loss_has_a_reference():
    assert sorted(LOSSES) == EXPORTED


@every_loss
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_terms_equal_the_reference_cell_by_cell(name, settings, dtype):
    logits, targets = batch(dtype=dtype)
    terms, weight = build(name, settings).terms(logits, targets)
    assert terms.shape == weight.shape == logits.shape
    assert terms.dtype == weight.dtype == dtype
    expected = torch.tensor(cells(name, logits.tolist(), as_rows(targets), **settings), dtype=torch.float64)
    tolerance = 1e-12 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close((terms * weight).double(), expected.prod(dim=-1), rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(weight.double(), expected[..., 1], rtol=tolerance, atol=tolerance)


@every_loss
@every_reduction
def test_value_equals_the_reference(name, settings, reduction):
    logits, targets = batch()
    value = build(name, settings, reduction=reduction)(logits, targets)
    assert value.shape == ()
    expected = REDUCTIONS[reduction](cells(name, logits.tolist(), as_rows(targets), **settings))
    assert value.item() == pytest.approx(expected, rel=1e-12)


@every_loss
@every_reduction
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("size", [1e2, 1e3, 1e4])
def test_value_and_gradient_are_finite_at_extreme_logits(name, settings, reduction, dtype, size):
    targets = torch.tensor([[1.0, 0.0, NAN]] * 2 + [[0.5, NAN, 1.0]], dtype=torch.float32)
    logits = (size * torch.tensor([[1.0, 1.0, 1.0], [-1.0, -1.0, -1.0], [1.0, -1.0, 1.0]])).to(dtype)
    value, grad = gradient(build(name, settings, reduction=reduction), logits, targets)
    assert value.dtype == torch.float32
    assert torch.isfinite(value)
    assert torch.isfinite(grad).all()
    assert grad.dtype == dtype


@every_loss
def test_a_badly_wrong_logit_still_gets_a_gradient(name, settings):
    _, grad = gradient(
        build(name, settings, reduction="sum"), torch.tensor([[-1e4, 1e4, 0.0]]), torch.tensor([[1.0, 0.0, NAN]])
    )
    pos_weight = min(settings.get("pos_weight", [1.0])[0], 20)
    assert grad[0, 0].item() == -pos_weight
    assert grad[0, 1].item() == 1


@every_loss
@every_reduction
def test_gradient_is_zero_where_nothing_is_known_or_used(name, settings, reduction):
    logits, targets = batch()
    loss = build(name, settings, reduction=reduction)
    _, grad = gradient(loss, logits, targets)
    _, weight = loss.terms(logits, targets)
    assert (grad[weight == 0] == 0).all()
    assert (grad[torch.isnan(targets)] == 0).all() == LOSSES[name].ignores_unknown


@every_loss
@every_reduction
def test_unknown_labels_have_influence_only_where_the_reference_says_so(name, settings, reduction):
    logits, targets = batch()
    loss = build(name, settings, reduction=reduction)
    unknown = torch.isnan(targets)
    noisy = torch.where(unknown, 1e4 * torch.sign(logits), logits)
    value, grad = gradient(loss, logits, targets)
    other_value, other_grad = gradient(loss, noisy, targets)
    assert (value == other_value).item() == LOSSES[name].ignores_unknown
    assert torch.equal(grad[~unknown], other_grad[~unknown])  # true of all: cells are independent


@every_loss
@every_reduction
def test_a_batch_without_any_known_label_is_finite(name, settings, reduction):
    logits = batch()[0]
    value, grad = gradient(build(name, settings, reduction=reduction), logits, torch.full_like(logits, NAN))
    assert torch.isfinite(value)
    assert torch.isfinite(grad).all()
    assert (value == 0).item() == LOSSES[name].ignores_unknown


@every_loss
@every_reduction
def test_images_and_findings_may_come_in_any_order(name, settings, reduction):
    logits, targets = batch()
    images, findings = torch.randperm(7, generator=torch.Generator().manual_seed(1)), [2, 0, 1]
    permuted = {key: [v[i] for i in findings] if isinstance(v, list) else v for key, v in settings.items()}
    value, grad = gradient(build(name, settings, reduction=reduction), logits, targets)
    other_value, other_grad = gradient(
        build(name, permuted, reduction=reduction), logits[images][:, findings], targets[images][:, findings]
    )
    torch.testing.assert_close(other_value, value)
    torch.testing.assert_close(other_grad, grad[images][:, findings])


@every_loss
@every_reduction
def test_a_batch_given_twice_has_the_same_mean(name, settings, reduction):
    logits, targets = batch()
    loss = build(name, settings, reduction=reduction)
    once, twice = loss(logits, targets), loss(logits.repeat(2, 1), targets.repeat(2, 1))
    torch.testing.assert_close(twice, 2 * once if reduction == "sum" else once)


@every_loss
def test_inputs_are_not_changed(name, settings):
    logits, targets = batch()
    before = logits.clone(), targets.clone()
    gradient(build(name, settings), logits, targets)
    torch.testing.assert_close((logits, targets), before, rtol=0, atol=0, equal_nan=True)


@every_loss
@every_reduction
def test_gradient_is_that_of_the_value(name, settings, reduction):
    logits, targets = batch(images=4)
    loss = build(name, settings, reduction=reduction)
    assert torch.autograd.gradcheck(lambda z: loss(z, targets), logits.requires_grad_())


@every_loss
def test_precision_of_targets_does_not_matter(name, settings):
    logits, targets = batch(dtype=torch.float32)
    loss = build(name, settings)
    assert torch.equal(loss(logits, targets), loss(logits, targets.double()))


@every_loss
def test_autocast_changes_nothing(name, settings):
    logits, targets = batch(dtype=torch.float32)
    loss = build(name, settings)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(logits, targets)
    assert torch.equal(value, loss(logits, targets))


@every_loss
def test_meta_tensors_are_taken_and_plain_tensors_given(name, settings):
    logits, targets = batch()
    expected, expected_grad = gradient(build(name, settings), logits, targets)
    value, grad = gradient(build(name, settings), MetaTensor(logits), MetaTensor(targets))
    assert type(value) is torch.Tensor
    assert torch.equal(value, expected)
    assert torch.equal(torch.as_tensor(grad), expected_grad)


@every_loss
@every_reduction
def test_config_round_trip(name, settings, reduction):
    text = yaml.safe_dump({"loss": {"_target_": f"lucency.losses.{name}", "reduction": reduction, **settings}})
    loss = ConfigParser(yaml.safe_load(io.StringIO(text))).get_parsed_content("loss")
    logits, targets = batch()
    assert type(loss) is getattr(lucency.losses, name)
    assert torch.equal(loss(logits, targets), build(name, settings, reduction=reduction)(logits, targets))


@every_loss
def test_arguments_are_keyword_only_and_known(name, settings):
    with pytest.raises(TypeError):
        getattr(lucency.losses, name)("mean_all")
    with pytest.raises(ConfigError, match=r"reduction: 'mean_al' is not known; did you mean 'mean_all'\?"):
        build(name, settings, reduction="mean_al")
    with pytest.raises(ConfigError, match="choose one of mean_all, mean_observed, sum, per_task, durand"):
        build(name, settings, reduction="xyz")


@every_loss
@pytest.mark.parametrize("code", [-1.0, 2.0, 1.01, torch.inf, -torch.inf])
def test_a_raw_code_in_the_targets_is_refused_with_its_place(name, settings, code):
    logits, targets = batch(dtype=torch.float32)
    targets[4, 1] = code
    with pytest.raises(LabelError, match=rf"{name}: target {code:g} in row 4, column 1 .*TargetPolicy"):
        build(name, settings)(logits, targets)
    build(name, settings, check_inputs=False)(logits, targets)


@every_loss
@pytest.mark.parametrize("value", [NAN, torch.inf, -torch.inf])
def test_non_finite_logits_are_refused_with_their_place(name, settings, value):
    logits, targets = batch(dtype=torch.float32)
    logits[5, 2] = value
    with pytest.raises(LucencyError, match=f"{name}: logit {value} in row 5, column 2"):
        build(name, settings)(logits, targets)


@every_loss
@pytest.mark.parametrize(
    ("logits", "targets", "message"),
    [
        (torch.zeros(2, 3), torch.zeros(3, 2), r"logits are \(2, 3\) and targets \(3, 2\)"),
        (torch.zeros(2, 3), torch.zeros(2), r"targets \(2,\)"),
        (torch.zeros(6), torch.zeros(6), "must be .images, findings."),
        (torch.zeros(0, 3), torch.zeros(0, 3), "at least one of each"),
        (torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 3), "logits are torch.int64"),
        (torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.int64), "targets are torch.int64.*'unknown'"),
        (torch.zeros(2, 3), torch.zeros(2, 3, dtype=torch.bool), "targets are torch.bool"),
    ],
)
@pytest.mark.parametrize("check_inputs", [True, False])
def test_wrong_shapes_and_dtypes_are_refused(name, settings, logits, targets, message, check_inputs):
    with pytest.raises(ValueError, match=f"{name}: .*{message}"):
        build(name, settings, check_inputs=check_inputs)(logits, targets)


@every_loss
def test_the_value_check_synchronises_once(name, settings, monkeypatch):
    calls = []
    monkeypatch.setattr(torch.Tensor, "__bool__", lambda self: calls.append(self) or self.item())
    build(name, settings)(*batch())
    assert len(calls) == 1
    build(name, settings, check_inputs=False)(*batch())
    assert len(calls) == 1
