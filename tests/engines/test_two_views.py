"""Two views in one forward pass."""

import pytest
import torch
from monai.data import DataLoader, Dataset
from torch import nn

from lucency.engines import AutocastInferer, EmaTeacher, TwoViewInferer, prepare_two_views
from lucency.errors import ConfigError
from references.two_views import FEATURES, network, records


def views(images=4):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, images, FEATURES, generator=generator).unbind()


def test_a_batch_is_taken_apart_and_cast():
    batch = next(iter(DataLoader(Dataset(records()), batch_size=3)))
    weak, targets, (strong,), named = prepare_two_views(batch, torch.device("cpu"), dtype=torch.float64)
    for tensor, key in ((weak, "image"), (targets, "label"), (strong, "image_strong")):
        assert tensor.dtype == torch.float64
        torch.testing.assert_close(tensor, batch[key].double(), equal_nan=True)
    assert named == {}


@pytest.mark.parametrize("key", ["image", "image_strong", "label"])
def test_what_the_batch_lacks_is_named(key):
    batch = next(iter(DataLoader(Dataset(records()), batch_size=3)))
    del batch[key]
    with pytest.raises(ConfigError, match=f"prepare_two_views: the batch has no '{key}'; .*CopyItemsd") as caught:
        prepare_two_views(batch)
    assert "\n" not in str(caught.value)


def test_the_network_sees_both_views_in_one_call():
    (weak, strong), model = views(), network(batch_norm=True)
    calls = []
    model.register_forward_hook(lambda module, inputs, output: calls.append((inputs[0], output)))
    weak_logits, strong_logits = TwoViewInferer()(weak, model, strong)
    ((seen, answer),) = calls
    assert torch.equal(seen, torch.cat([weak, strong]))
    assert torch.equal(torch.cat([weak_logits, strong_logits]), answer)
    features = model[0](seen)
    torch.testing.assert_close(model[1].running_mean, 0.1 * features.mean(dim=0))  # of both views


def test_without_a_strong_view_it_is_the_inferer_of_evaluation():
    (weak, _), model = views(), network().eval()
    teacher = EmaTeacher(network=model)
    for enabled in (False, True):
        answer = TwoViewInferer(enabled=enabled, teacher=teacher)(weak, model)
        assert torch.equal(answer, AutocastInferer(enabled=enabled)(weak, model))


def test_a_teacher_that_would_go_unheard_in_training_is_refused():
    (weak, _), model = views(), network().train()
    with pytest.raises(ConfigError, match="has a teacher and no strong view; use prepare_two_views"):
        TwoViewInferer(teacher=EmaTeacher(network=model))(weak, model)
    assert torch.equal(TwoViewInferer()(weak, model), model(weak))


def test_bfloat16_is_for_all_three_and_the_answers_are_float32():
    (weak, strong), model = views(), network()
    teacher = EmaTeacher(network=model)
    ran_in = []
    for part in (model[0], teacher.network[0]):
        part.register_forward_hook(lambda module, inputs, output: ran_in.append(output.dtype))
    answers = TwoViewInferer(enabled=True, teacher=teacher)(weak, model, strong)
    assert ran_in == [torch.bfloat16] * 2
    assert [answer.dtype for answer in answers] == [torch.float32] * 3
    for answer, exact in zip(answers, TwoViewInferer(teacher=teacher)(weak, model, strong), strict=True):
        assert torch.allclose(answer, exact, atol=0.02)
        assert not torch.equal(answer, exact)


def test_the_teacher_answers_to_the_weak_view_in_evaluation_and_without_gradient():
    (weak, strong), model = views(), network(batch_norm=True)
    teacher = EmaTeacher(network=model)
    with torch.no_grad():
        teacher.network[2].weight.mul_(2)
        before = {name: tensor.clone() for name, tensor in teacher.network.state_dict().items()}
        expected = teacher.network(weak)
    answers = TwoViewInferer(teacher=teacher)(weak, model, strong)
    assert torch.equal(answers[2], expected)
    assert [answer.grad_fn is not None for answer in answers] == [True, True, False]
    assert all(torch.equal(tensor, before[name]) for name, tensor in teacher.network.state_dict().items())


def test_channels_last_images_stay_so_and_give_the_same():
    weak, strong = torch.rand(2, 2, 3, 6, 6).to(torch.float64).unbind()
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(64, 2)).double().eval()
    expected = TwoViewInferer()(weak, model, strong)
    inputs = []
    model.register_forward_pre_hook(lambda module, given: inputs.append(given[0]))
    layout = {"memory_format": torch.channels_last}
    answers = TwoViewInferer()(weak.to(**layout), model.to(**layout), strong.to(**layout))
    assert inputs[0].is_contiguous(**layout)
    for answer, exact in zip(answers, expected, strict=True):
        torch.testing.assert_close(answer, exact)


def test_with_a_teacher_both_views_reach_the_weights():
    (weak, strong), model = views(), network()
    inferer = TwoViewInferer(teacher=EmaTeacher(network=model))
    for place, view in enumerate((weak, strong)):
        ours, theirs = (
            torch.autograd.grad(logits.square().sum(), model[0].weight)[0]
            for logits in (inferer(weak, model, strong)[place], model(view))
        )
        torch.testing.assert_close(ours, theirs)
        assert (ours != 0).all()
