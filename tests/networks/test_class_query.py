"""The class-query head: its formula, its kinship with nn.Linear, how it begins, and its refusals."""

import io

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lucency.errors import ConfigError
from lucency.networks import ClassQueryHead
from references.class_query import conditioned_logit, linear_logit, mlp_logit, parameters

KINDS = {
    "one-hot": {},
    "fixed": {"learnable": False},
    "few": {"init": "normal", "query_dim": 3},
    "mlp": {"controller": "mlp", "hidden": 7},
    "image": {"controller": "mlp", "hidden": 7, "image_conditioned": True, "reduced_features": 5},
}
each_kind = pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)


def head(features=6, findings=4, seed=0, **settings):
    torch.manual_seed(seed)
    return ClassQueryHead(features, findings, **settings)


def features(count=5, width=6, seed=1, dtype=torch.float32):
    return torch.rand(count, width, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def vectors(findings=4, width=3, seed=2):
    return torch.randn(findings, width, generator=torch.Generator().manual_seed(seed))


def layer(module):
    return module.weight.tolist(), module.bias.tolist()


@each_kind
def test_it_is_the_formula(settings):
    network = head(**settings).double()
    for parameter in network.parameters():
        nn.init.normal_(parameter)  # biases that begin at zero would hide
    controller, images = network.controller, features(dtype=torch.float64)

    def logit(image, query):
        if "image_conditioned" in settings:
            reduce, seen = controller.reduce.weight.tolist(), controller.hidden_image.weight.tolist()
            return conditioned_logit(image, query, reduce, seen, layer(controller.hidden_query), layer(controller.out))
        if "controller" in settings:
            return mlp_logit(image, query, layer(controller.hidden), layer(controller.out))
        return linear_logit(image, query, controller.weight.tolist())

    expected = [[logit(image, query) for query in network.groups[0].queries.tolist()] for image in images.tolist()]
    torch.testing.assert_close(network(images), torch.tensor(expected, dtype=torch.float64))


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("linear", {}),
        ("mlp", {"controller": "mlp", "hidden": 7}),
        ("image", {"controller": "mlp", "hidden": 7, "image_conditioned": True, "reduced_features": 5}),
    ],
)
def test_number_of_parameters(kind, settings):
    count = sum(parameter.numel() for parameter in head(query_dim=9, **settings).parameters())
    assert count == parameters(6, 4, 9, kind, hidden=7, reduced=5)


def pair(learnable=False):
    """A linear layer and the one-hot head that begins as it does, by the seed alone."""
    torch.manual_seed(0)
    linear = nn.Linear(6, 4)
    nn.init.zeros_(linear.bias)  # as in MONAI's DenseNet
    return linear.double(), head(learnable=learnable).double()


def as_linear(network):
    """Weights (L, F) and biases (L,)."""
    return network.controller.weight[:-1].T, network.controller.weight[-1]


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.AdamW])
def test_fixed_one_hot_queries_with_a_linear_controller_are_a_linear_layer(optimizer):
    linear, network = pair()
    images, targets = features(16, dtype=torch.float64), features(16, 4, seed=3, dtype=torch.float64).round()
    assert all(map(torch.equal, as_linear(network), (linear.weight, linear.bias)))
    steps = [optimizer(part.parameters(), lr=0.1, weight_decay=0.1) for part in (linear, network)]
    for _ in range(20):
        seen = []
        for part, step in zip((linear, network), steps, strict=True):
            step.zero_grad()
            image = images.clone().requires_grad_()
            logits = part(image)
            F.binary_cross_entropy_with_logits(logits, targets).backward()
            step.step()
            seen.append((logits, image.grad))
        torch.testing.assert_close(seen[0], seen[1], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(as_linear(network), (linear.weight, linear.bias), rtol=1e-12, atol=1e-12)
    assert not torch.allclose(seen[1][0], pair()[1](images))  # they did learn


def test_learnable_queries_begin_as_a_linear_layer_and_leave_it():
    linear, network = pair(learnable=True)
    images, targets = features(16, dtype=torch.float64), features(16, 4, seed=3, dtype=torch.float64).round()
    torch.testing.assert_close(network(images), linear(images))
    for part in (linear, network):
        step = torch.optim.SGD(part.parameters(), lr=0.5)
        for _ in range(20):
            step.zero_grad()
            F.binary_cross_entropy_with_logits(part(images), targets).backward()
            step.step()
    assert (network(images) - linear(images)).abs().max() > 1e-3


STARTS = KINDS | {
    "short": {"init": "normal", "query_dim": 16},
    "long vectors": {"init": 50 * vectors(64, 300)},
    "long vectors, mlp": {"init": 50 * vectors(64, 300), "controller": "mlp"},
    "mlp": {"controller": "mlp"},
    "image": {"controller": "mlp", "image_conditioned": True},
    "image, vectors": {"controller": "mlp", "image_conditioned": True, "init": 50 * vectors(64, 300)},
}


@pytest.mark.parametrize("settings", STARTS.values(), ids=STARTS)
def test_logits_begin_with_the_spread_of_a_linear_layer(settings):
    images = torch.randn(64, 1024, generator=torch.Generator().manual_seed(99))

    def spread(kind):
        return torch.stack([kind(seed)(images).square().mean() for seed in range(8)]).mean().sqrt()

    def linear(seed):
        torch.manual_seed(seed)
        layer = nn.Linear(1024, 64)
        nn.init.zeros_(layer.bias)
        return layer

    found = spread(lambda seed: head(1024, 64, seed, **settings))
    assert 0.8 < found / spread(linear) < 1.25


@pytest.mark.parametrize(
    "settings", [{}, {"controller": "mlp"}, {"controller": "mlp", "image_conditioned": True}], ids=str
)
def test_permuted_findings_give_permuted_logits(settings):
    order = torch.tensor([2, 0, 3, 1])
    found = head(init=vectors()[order], **settings)(features())
    torch.testing.assert_close(found, head(init=vectors(), **settings)(features())[:, order])


@pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)
def test_it_learns_eight_images_by_heart(settings):
    network, images = head(32, **settings), features(8, 32)
    label = torch.randint(0, 2, (8, 4), generator=torch.Generator().manual_seed(1)).float()
    assert not ((network(images) > 0) == (label > 0.5)).all()
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.05)
    for _ in range(150):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(network(images), label).backward()
        optimizer.step()
    assert ((network(images) > 0) == (label > 0.5)).all()


@each_kind
def test_an_image_does_not_depend_on_its_batch(settings):
    network = head(**settings)
    torch.testing.assert_close(network(features())[1:2], network(features()[1:2]))


def test_image_conditioning_is_another_weighting_for_every_image():
    first, second = features(2).split(1)

    def bends(settings):
        network = head(**settings)
        with torch.no_grad():
            return (network((first + second) / 2) - (network(first) + network(second)) / 2).abs().max()

    assert bends(KINDS["mlp"]) < 1e-6  # weights that ignore the image are affine in the features
    assert bends(KINDS["image"]) > 1e-3


@each_kind
@pytest.mark.parametrize("findings", [1, 500])
def test_one_finding_and_five_hundred(settings, findings):
    network = head(findings=findings, **settings)
    assert network(features()).shape == (5, findings)
    assert network.out_features == findings


@each_kind
def test_every_parameter_has_a_gradient_that_is_not_zero(settings):
    network = head(64, **settings)  # DistributedDataParallel stops at one without
    network(features(32, 64)).square().sum().backward()
    grads = {name: parameter.grad for name, parameter in network.named_parameters()}
    silent = [name for name, grad in grads.items() if grad is None or not grad.any()]
    assert silent == ([] if settings.get("learnable", True) else ["groups.0.queries"])


@each_kind
def test_state_dict_round_trip_without_pickle(settings):
    network, file = head(appended=[2, 1], **settings), io.BytesIO()
    torch.save(network.state_dict(), file)
    file.seek(0)
    other = head(seed=7, appended=[2, 1], **settings)
    assert not torch.equal(other(features()), network(features()))
    other.load_state_dict(torch.load(file, weights_only=True))
    assert torch.equal(other(features()), network(features()))


@each_kind
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_autocast_has_no_influence(settings, dtype):
    network, low = head(**settings), features().to(dtype)
    with torch.autocast("cpu", dtype=dtype):
        answer, product = network(low), low @ low.T
    assert product.dtype == dtype  # autocast was on
    assert answer.dtype == torch.float32
    assert torch.equal(answer, network(low.float()))


@each_kind
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_a_converted_head_answers_in_its_own_precision(settings, dtype):
    answer = head(**settings).to(dtype)(features().to(dtype))
    assert answer.dtype == dtype
    torch.testing.assert_close(answer.float(), head(**settings)(features()), atol=0.03, rtol=0)


def test_features_without_any_evidence_are_finite():
    image = torch.zeros(2, 6, requires_grad=True)
    head(**KINDS["image"])(image).sum().backward()
    assert torch.isfinite(image.grad).all()


@pytest.mark.parametrize("settings", [{}, {"query_dim": 3}])
def test_vectors_come_as_lists_arrays_or_a_file(tmp_path, settings):
    given = vectors()
    np.save(tmp_path / "text.npy", given.numpy().astype(np.float64))
    expected = head(init=given, **settings)
    torch.testing.assert_close(expected.groups[0].queries, F.normalize(given))
    torch.testing.assert_close(head(init=10 * given, **settings)(features()), expected(features()))
    for init in (given.tolist(), given.numpy(), tmp_path / "text.npy", str(tmp_path / "text.npy")):
        assert torch.equal(head(init=init, **settings)(features()), expected(features()))
    given.zero_()
    assert expected.groups[0].queries.all()  # a copy


def test_code_in_a_file_of_vectors_is_not_executed(tmp_path):
    np.save(tmp_path / "text.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ConfigError, match=r"text\.npy: holds no readable queries"):
        head(init=tmp_path / "text.npy")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"in_features": 0}, "in_features is 0; give a whole number"),
        ({"out_features": 2.0}, "out_features is 2.0; give a whole number"),
        ({"query_dim": 0}, "query_dim is 0; give a whole number"),
        ({"hidden": 0}, "hidden is 0; give a whole number"),
        ({"reduced_features": -1}, "reduced_features is -1; give a whole number"),
        ({"controller": "cnn"}, "controller is cnn; give one of linear, mlp"),
        ({"image_conditioned": True}, "controller is linear; image_conditioned needs mlp"),
        ({"appended": [0]}, "appended is 0; give a whole number"),
        ({"appended": 4}, "appended is 4; of 4 findings one must be the first"),
        ({"query_dim": 3}, "query_dim is 3, but 4 one-hot queries need 4; leave query_dim out, or give init: normal"),
        ({"init": "ones"}, "ones is no .npy file; give onehot, normal, vectors"),
        ({"init": "absent.npy"}, "absent.npy: holds no readable queries"),
        ({"init": [[1.0], [2.0]]}, r"have the shape \(2, 1\) instead of \(4, D\); give one vector"),
        ({"init": vectors(), "query_dim": 5}, r"have the shape \(4, 3\) instead of \(4, 5\)"),
        ({"init": [1.0, 2.0]}, r"have the shape \(2,\) instead of \(4, D\)"),
        ({"init": [[]] * 4}, r"have the shape \(4, 0\) instead of \(4, D\)"),
        ({"init": [[1.0], [2.0, 3.0]]}, "are no numbers"),
        ({"init": [["a"]] * 4}, "are no numbers"),
        ({"init": [[1.0], [2.0], [3.0], [float("nan")]]}, "hold one that is zero or not finite"),
        ({"init": [[1.0], [2.0], [3.0], [0.0]]}, "hold one that is zero or not finite"),
    ],
)
def test_wrong_arguments_are_refused_by_name(settings, message):
    with pytest.raises(ConfigError, match=message) as caught:
        ClassQueryHead(**{"in_features": 6, "out_features": 4} | settings)
    assert "\n" not in str(caught.value)
