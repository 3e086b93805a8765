"""What every exported loss must keep; a loss joins by its export and its reference in references/losses."""

import copy
import io

import pytest
import torch
import yaml
from monai.bundle import ConfigParser
from monai.data import MetaTensor

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.losses import CellLoss, EpochAware, SampleIndexed
from references.losses.contract import EPOCH, EXPORTED, MAX_EPOCHS, REDUCTIONS, reference_of, value_of

NAN = torch.nan
IMAGES, FINDINGS = 7, 3
LOSSES = [(name, dict(settings)) for name in EXPORTED for settings in reference_of(name).settings]
IDS = [f"{name}-{i}" for i, (name, _) in enumerate(LOSSES)]
REDUCED = [
    pytest.param(name, settings, reduction, id=f"{identity}-{reduction}")
    for identity, (name, settings) in zip(IDS, LOSSES, strict=True)
    for reduction in (sorted(REDUCTIONS) if issubclass(EXPORTED[name], CellLoss) else [None])
]
every_loss = pytest.mark.parametrize(("name", "settings"), LOSSES, ids=IDS)
every_reduction = pytest.mark.parametrize(("name", "settings", "reduction"), REDUCED)


def losses_where(condition):
    """Every loss that fulfils a condition on its class and reference, once a setting."""
    chosen = [
        (case, i) for case, i in zip(LOSSES, IDS, strict=True) if condition(EXPORTED[case[0]], reference_of(case[0]))
    ]
    return pytest.mark.parametrize(("name", "settings"), [case for case, _ in chosen], ids=[i for _, i in chosen])


def reductions_where(condition):
    """Every loss and reduction that fulfils a condition on the loss's reference."""
    chosen = [case for case in REDUCED if condition(reference_of(case.values[0]))]
    return pytest.mark.parametrize(("name", "settings", "reduction"), chosen)


def build(name, settings, reduction=None, images=None, **more):
    """A loss that was told all that it wants to know."""
    arguments = settings | more | ({} if reduction is None else {"reduction": reduction})
    nested = any(isinstance(part, dict) for value in arguments.values() if isinstance(value, list) for part in value)
    loss = from_yaml(name, arguments) if nested else EXPORTED[name](**arguments)
    for part in loss.modules():
        if isinstance(part, EpochAware):
            part.set_epoch(EPOCH, MAX_EPOCHS)
        if isinstance(part, SampleIndexed):
            part.set_index(torch.arange(IMAGES) if images is None else images)
    return loss


def from_yaml(name, arguments):
    """A loss as a bundle makes it."""
    text = yaml.safe_dump({"loss": {"_target_": f"lucency.losses.{name}", **arguments}})
    return ConfigParser(yaml.safe_load(io.StringIO(text))).get_parsed_content("loss")


def batch(dtype=torch.float64, seed=0):
    """Moderate logits; targets positive, negative, soft and unknown, the last row all unknown."""
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(IMAGES, FINDINGS, generator=generator, dtype=torch.float64)
    codes = torch.randint(0, 4, (IMAGES, FINDINGS), generator=generator)
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


def test_every_reference_belongs_to_an_exported_loss(request):
    folder = request.path.parents[1] / "references" / "losses"
    modules = {loss.__module__.rsplit(".", 1)[-1] for loss in EXPORTED.values()}
    assert {path.stem for path in folder.glob("*.py")} == modules | {"contract"}


@losses_where(lambda loss, _: issubclass(loss, CellLoss))
def test_terms_equal_the_reference_cell_by_cell(name, settings):
    for dtype, tolerance in ((torch.float64, 1e-11), (torch.float32, 1e-5)):
        logits, targets = batch(dtype=dtype)
        terms, weight = build(name, settings).terms(logits, targets)
        table = reference_of(name).table(logits.tolist(), as_rows(targets), **settings)
        expected = torch.tensor(table, dtype=torch.float64)
        assert terms.shape == weight.shape == expected.shape[:2]
        assert terms.dtype == weight.dtype == dtype
        torch.testing.assert_close((terms * weight).double(), expected.prod(dim=-1), rtol=tolerance, atol=tolerance)
        assert torch.equal(weight > 0, expected[..., 1] > 0)


@every_reduction
def test_value_equals_the_reference(name, settings, reduction):
    logits, targets = batch()
    value = build(name, settings, reduction)(logits, targets)
    assert value.shape == ()
    assert value.item() == pytest.approx(value_of(name, logits.tolist(), as_rows(targets), reduction, **settings))


@every_loss
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("size", [1e2, 1e3, 1e4])
def test_value_and_gradient_are_finite_at_extreme_logits(name, settings, dtype, size):
    targets = torch.tensor([[1.0, 0.0, NAN]] * 2 + [[0.5, NAN, 1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])
    signs = torch.tensor([[1.0] * 3, [-1.0] * 3, [1.0, -1.0, 1.0], [-1.0, 1.0, -1.0], [1.0, -1.0, 1.0]])
    value, grad = gradient(build(name, settings, images=torch.arange(5)), (size * signs).to(dtype), targets)
    assert value.dtype == torch.float32
    assert torch.isfinite(value)
    assert torch.isfinite(grad).all()
    assert grad.dtype == dtype


@losses_where(lambda _, reference: reference.keeps_gradient)
def test_a_badly_wrong_logit_still_gets_a_gradient(name, settings):
    loss = build(name, settings, "sum", images=torch.arange(1))
    _, grad = gradient(loss, torch.tensor([[-1e4, 1e4, 0.0]]), torch.tensor([[1.0, 0.0, NAN]]))
    pos_weight = min(settings.get("pos_weight", [1.0])[0], 20)
    assert grad[0, 0].item() == pytest.approx(-pos_weight)
    assert grad[0, 1].item() == pytest.approx(1)


@every_loss
def test_gradient_is_zero_where_nothing_is_used(name, settings):
    logits, targets = batch()
    loss = build(name, settings)
    _, grad = gradient(loss, logits, targets)
    assert (grad[torch.isnan(targets)] == 0).all() == reference_of(name).ignores_unknown
    if isinstance(loss, CellLoss) and reference_of(name).batch_term is None:
        weight = build(name, settings).terms(logits, targets)[1].expand_as(logits)
        assert (grad[weight == 0] == 0).all()


@every_loss
def test_unknown_labels_have_influence_only_where_the_reference_says_so(name, settings):
    logits, targets = batch()
    unknown = torch.isnan(targets)
    noisy = torch.where(unknown, 1e4 * torch.sign(logits), logits)
    value, grad = gradient(build(name, settings), logits, targets)
    other_value, other_grad = gradient(build(name, settings), noisy, targets)
    reference = reference_of(name)
    assert (value == other_value).item() == reference.ignores_unknown
    if reference.independent or reference.ignores_unknown:
        assert torch.equal(grad[~unknown], other_grad[~unknown])


@every_reduction
def test_a_batch_without_any_known_label_is_finite(name, settings, reduction):
    logits = batch()[0]
    value, grad = gradient(build(name, settings, reduction), logits, torch.full_like(logits, NAN))
    assert torch.isfinite(value)
    assert torch.isfinite(grad).all()
    if reference_of(name).ignores_unknown:
        assert value == 0
        assert (grad == 0).all()


@every_loss
def test_images_and_findings_may_come_in_any_order(name, settings):
    logits, targets = batch()
    images = torch.randperm(IMAGES, generator=torch.Generator().manual_seed(1))
    findings = [2, 0, 1] if reference_of(name).permutable_findings else [0, 1, 2]
    permuted = {
        key: [v[i] for i in findings] if isinstance(v, list) and len(v) == FINDINGS else v
        for key, v in settings.items()
    }
    value, grad = gradient(build(name, settings), logits, targets)
    loss = build(name, permuted, images=images)
    other_value, other_grad = gradient(loss, logits[images][:, findings], targets[images][:, findings])
    torch.testing.assert_close(other_value, value)
    torch.testing.assert_close(other_grad, grad[images][:, findings])


@reductions_where(lambda reference: reference.duplicated_mean)
def test_a_batch_given_twice_has_the_same_mean(name, settings, reduction):
    logits, targets = batch()
    once = build(name, settings, reduction)(logits, targets)
    loss = build(name, settings, reduction, images=torch.arange(IMAGES).repeat(2))
    twice = loss(logits.repeat(2, 1), targets.repeat(2, 1))
    if reduction == "sum":
        extra = reference_of(name).batch_term
        added = extra(logits.tolist(), as_rows(targets), **settings) if extra else 0.0
        twice, once = twice - added, 2 * (once - added)
    torch.testing.assert_close(twice, once)


@every_loss
def test_inputs_are_not_changed(name, settings):
    logits, targets = batch()
    before = logits.clone(), targets.clone()
    gradient(build(name, settings), logits, targets)
    torch.testing.assert_close((logits, targets), before, rtol=0, atol=0, equal_nan=True)


@reductions_where(lambda reference: reference.smooth)
def test_gradient_is_that_of_the_value(name, settings, reduction):
    logits, targets = batch()
    loss = build(name, settings, reduction)
    assert torch.autograd.gradcheck(lambda z: loss(z, targets), logits.requires_grad_(), fast_mode=True)


@every_loss
def test_precision_of_targets_and_autocast_change_nothing(name, settings):
    logits, targets = batch(dtype=torch.float32)
    value = build(name, settings)(logits, targets)
    assert torch.equal(value, build(name, settings)(logits, targets.double()))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(value, build(name, settings)(logits, targets))


@every_loss
def test_meta_tensors_are_taken_and_plain_tensors_given(name, settings):
    logits, targets = batch()
    expected, expected_grad = gradient(build(name, settings), logits, targets)
    value, grad = gradient(build(name, settings), MetaTensor(logits), MetaTensor(targets))
    assert type(value) is torch.Tensor
    assert torch.equal(value, expected)
    assert torch.equal(torch.as_tensor(grad), expected_grad)


@every_loss
def test_a_copy_computes_the_same(name, settings):
    logits, targets = batch()
    loss = build(name, settings)
    twin = copy.deepcopy(loss)
    twin.load_state_dict(loss.state_dict())
    assert torch.equal(loss(logits, targets), twin(logits, targets))


@every_loss
def test_yaml_makes_the_same_loss(name, settings):
    loss, made = build(name, settings), from_yaml(name, settings)
    assert type(made) is type(loss)
    assert str(made) == str(loss)
    assert made.state_dict().keys() == loss.state_dict().keys()


@every_loss
def test_the_loss_shows_its_settings(name, settings):
    text = str(build(name, settings))
    for argument, value in settings.items():
        if isinstance(value, int | float | str) and argument != "images":
            assert str(value) in text, f"{argument} is not in {text}"


@every_loss
def test_arguments_are_keyword_only_and_known(name, settings):
    with pytest.raises(TypeError):
        EXPORTED[name]("mean_all")
    with pytest.raises(TypeError, match="no_such_argument"):
        EXPORTED[name](**settings, no_such_argument=1)


@losses_where(lambda loss, _: issubclass(loss, CellLoss))
def test_a_misspelt_reduction_is_refused_with_a_suggestion(name, settings):
    with pytest.raises(ConfigError, match=r"reduction: 'mean_al' is not known; did you mean 'mean_all'\?"):
        EXPORTED[name](**settings, reduction="mean_al")


@every_loss
@pytest.mark.parametrize("code", [-1.0, 2.0, 1.01, torch.inf, -torch.inf])
def test_a_raw_code_in_the_targets_is_refused_with_its_place(name, settings, code):
    logits, targets = batch(dtype=torch.float32)
    targets[4, 1] = code
    with pytest.raises(LabelError, match=rf"{name}: target {code:g} in row 4, column 1 .*TargetPolicy"):
        build(name, settings)(logits, targets)


@every_loss
@pytest.mark.parametrize("value", [NAN, torch.inf, -torch.inf])
def test_non_finite_logits_are_refused_with_their_place(name, settings, value):
    logits, targets = batch(dtype=torch.float32)
    logits[5, 2] = value
    with pytest.raises(LucencyError, match=f"{name}: logit {value} in row 5, column 2"):
        build(name, settings)(logits, targets)


def test_logits_of_two_views_are_refused_by_a_loss_of_one():
    logits, targets = batch(dtype=torch.float32)
    with pytest.raises(LucencyError, match=r"MaskedBCELoss: logits are a tuple, no tensor; .* LabelAssembleLoss"):
        build("MaskedBCELoss", {})((logits, logits), targets)


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


@losses_where(lambda loss, _: issubclass(loss, EpochAware | SampleIndexed))
def test_what_a_loss_was_not_told_is_an_error(name, settings):
    loss = EXPORTED[name]
    ignorant = loss(**settings)
    if issubclass(loss, EpochAware) and issubclass(loss, SampleIndexed):
        ignorant.set_epoch(EPOCH, MAX_EPOCHS)
    message = "sample index missing" if issubclass(loss, SampleIndexed) else "was not told which it is; call set_epoch"
    with pytest.raises(ValueError, match=f"{name}: .*{message}"):
        ignorant(*batch())
