"""Appended findings: the former ones stay bit for bit, the appended ones learn."""

import copy

import pytest
import torch
from monai.engines import SupervisedTrainer
from torch.nn import functional as F

from lucency.errors import ConfigError
from lucency.networks import ClassQueryDenseNet, ClassQueryHead, append_findings

KINDS = {
    "one-hot": {},
    "fixed": {"learnable": False},
    "few": {"init": "normal", "query_dim": 5},
    "mlp": {"controller": "mlp", "hidden": 32},
    "image": {"controller": "mlp", "hidden": 32, "image_conditioned": True, "reduced_features": 8},
}
each_kind = pytest.mark.parametrize("settings", KINDS.values(), ids=KINDS)
TINY = {"spatial_dims": 2, "in_channels": 1, "init_features": 8, "growth_rate": 4, "block_config": (1, 1)}


def trained(findings=3, **settings):
    """A network whose running statistics and queries are its own."""
    torch.manual_seed(0)
    network = ClassQueryDenseNet(**TINY, out_channels=findings, dropout_prob=0.2, **settings)
    data = batch(findings=findings)
    learn(network, data["image"], data["label"], steps=2)
    return network.eval()


def batch(count=8, findings=3, seed=1):
    """Dark and bright images; every second finding is present in the bright ones, the others in the dark."""
    generator = torch.Generator().manual_seed(seed)
    bright = torch.arange(count) % 2
    image = torch.rand(count, 1, 24, 24, generator=generator) * (0.1 + bright)[:, None, None, None]
    return {"image": image, "label": (bright[:, None] == torch.arange(findings) % 2).float()}


def learn(network, image, label, steps=20, first=0):
    """Fit the logits from `first` on; every parameter is given to an optimiser that decays weights."""
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.05, weight_decay=0.1)
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(network.train()(image)[:, first:], label)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def logits(network, count=8):
    with torch.no_grad():
        return network.eval()(batch(count, seed=5)["image"])


@each_kind
def test_former_logits_are_bit_equal_before_and_after_training(settings):
    former = trained(**settings)
    larger = append_findings(former, 2)
    expected, begun = logits(former), logits(larger)
    assert torch.equal(begun[:, :3], expected)
    data = batch(findings=2, seed=3)
    losses = learn(larger, data["image"], data["label"], first=3)
    after = logits(larger)
    assert torch.equal(after[:, :3], expected)
    assert losses[-1] < 0.9 * losses[0]
    assert not torch.allclose(after[:, 3:], begun[:, 3:])
    assert torch.equal(logits(former), expected)  # the given model is left as it was
    state = larger.state_dict()
    assert [name for name, tensor in former.state_dict().items() if not torch.equal(state[name], tensor)] == []


def test_without_the_freezing_they_do_change():
    larger = append_findings(former := trained(), 2).requires_grad_(True)
    larger.features_frozen = False
    data = batch(findings=2, seed=3)
    learn(larger, data["image"], data["label"], steps=1, first=3)
    assert not torch.allclose(logits(larger)[:, :3], logits(former), atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "trains"),
    [
        (KINDS["one-hot"], {"queries", "columns"}),
        (KINDS["fixed"], {"columns"}),
        (KINDS["few"], {"queries"}),
        (KINDS["mlp"], {"queries"}),
        (KINDS["image"], {"queries"}),
    ],
    ids=KINDS,
)
def test_what_is_left_to_train_has_a_gradient(settings, trains):
    larger = append_findings(trained(**settings), 2)
    larger.train()(batch()["image"]).square().sum().backward()
    ours = "class_layers.out.groups.1."
    assert {n.removeprefix(ours) for n, p in larger.named_parameters() if p.requires_grad} == trains
    assert {n.removeprefix(ours) for n, p in larger.named_parameters() if p.grad is not None and p.grad.any()} == trains


def test_monais_trainer_keeps_the_features_in_evaluation_mode():
    larger = append_findings(former := trained(), 2)
    expected = logits(former)
    data = {"image": batch()["image"], "label": batch(findings=5)["label"]}
    SupervisedTrainer(
        device=torch.device("cpu"),
        max_epochs=3,
        train_data_loader=[data],
        network=larger,
        optimizer=torch.optim.SGD(larger.parameters(), lr=0.1, momentum=0.9),
        loss_function=torch.nn.BCEWithLogitsLoss(),
        decollate=False,
    ).run()
    assert larger.training
    assert torch.equal(logits(larger)[:, :3], expected)


def test_appending_to_a_network_in_training_mode_freezes_at_once():
    larger = append_findings(trained().train(), 1)
    assert larger.training
    assert not any(module.training for module in larger.features.modules())


@each_kind
def test_the_constructor_makes_the_same_network(settings):
    larger = append_findings(append_findings(trained(**settings), 2), 1)
    fresh = ClassQueryDenseNet(**TINY, out_channels=6, dropout_prob=0.2, appended=[2, 1], **settings)
    assert larger.class_layers.out.out_features == fresh.class_layers.out.out_features == 6
    fresh.load_state_dict(larger.state_dict())
    assert torch.equal(logits(fresh), logits(larger))
    assert fresh.train().features.training  # it is no longer about to append


@each_kind
def test_appending_twice_keeps_what_was_appended_first(settings):
    once = append_findings(trained(**settings), 2)
    data = batch(findings=2, seed=3)
    learn(once, data["image"], data["label"], first=3, steps=2)
    twice = append_findings(once, 1)
    learn(twice, data["image"], data["label"][:, :1], first=5, steps=2)
    assert torch.equal(logits(twice)[:, :5], logits(once))
    assert logits(twice).shape == (8, 6)


def test_a_one_hot_finding_is_as_free_as_an_output_of_a_linear_layer():
    """An appended finding fits what no combination of the former findings' weights could."""
    torch.manual_seed(0)
    former = ClassQueryHead(6, 1)
    target = torch.randn(6, dtype=torch.float64)
    images = torch.randn(64, 6, dtype=torch.float64)

    def left(model):
        model = append_findings(model, 1).double()
        optimizer = torch.optim.LBFGS([p for p in model.parameters() if p.requires_grad], line_search_fn="strong_wolfe")

        def error():
            optimizer.zero_grad()
            value = (model(images)[:, 1] - images @ target).square().mean()
            value.backward()
            return value

        for _ in range(20):
            optimizer.step(error)
        return error().item()

    assert left(former) < 1e-6
    assert left(ClassQueryHead(6, 1, init="normal")) > 0.1  # one number, on the weights of the former finding


def test_random_queries_are_as_long_as_the_former():
    torch.manual_seed(0)
    head = ClassQueryHead(6, 50, query_dim=30, init="normal", controller="mlp")
    with torch.no_grad():
        head.groups[0].queries *= 40  # as training may leave them
    former, appended = (group.queries.norm(dim=1).mean().item() for group in append_findings(head, 200).groups)
    assert appended == pytest.approx(former, rel=0.05)


@pytest.mark.parametrize("learnable", [True, False])
def test_given_vectors_train_on_if_the_former_do(learnable):
    known, added = torch.randn(3, 4), torch.randn(2, 4)
    head = ClassQueryHead(6, 3, init=known, controller="mlp", learnable=learnable)
    larger = append_findings(head, 2, queries=added)
    assert torch.allclose(larger.groups[1].queries, F.normalize(added))
    assert larger.groups[1].queries.requires_grad == learnable
    all_at_once = ClassQueryHead(6, 5, init=torch.cat([known, added]), controller="mlp")
    all_at_once.controller.load_state_dict(head.controller.state_dict())
    torch.testing.assert_close(larger(torch.ones(1, 6)), all_at_once(torch.ones(1, 6)))


def test_precision_is_that_of_the_model():
    larger = append_findings(ClassQueryHead(6, 3).double(), 2)
    assert {parameter.dtype for parameter in larger.parameters()} == {torch.float64}


def test_a_larger_model_can_be_copied():
    larger = append_findings(trained(), 2)
    assert torch.equal(logits(copy.deepcopy(larger)), logits(larger))
    assert copy.deepcopy(larger).features_frozen


FIXED = {"init": "normal", "learnable": False}


@pytest.mark.parametrize(
    ("settings", "count", "queries", "message"),
    [
        ({}, 0, None, "count is 0; give a whole number from 1"),
        ({}, [1], None, r"count is \[1\]; give a whole number from 1"),
        ({}, 1, [[1.0]], "queries is given; one-hot ones are made, not given; leave them out"),
        (FIXED, 1, None, "its queries are fixed, so an appended finding could learn nothing; give its vector"),
        (FIXED, 2, [[1.0, 2.0, 3.0]], r"have the shape \(1, 3\) instead of \(2, 3\)"),
        ({"init": "normal"}, 1, [[1.0, 2.0]], r"have the shape \(1, 2\) instead of \(1, 3\)"),
        ({"init": "normal"}, 1, "onehot", "onehot is no .npy file"),
    ],
)
def test_refusals(settings, count, queries, message):
    with pytest.raises(ConfigError, match=message):
        append_findings(ClassQueryHead(6, 3, **settings), count, queries=queries)


def test_a_model_without_queries_is_refused():
    with pytest.raises(ConfigError, match="Linear has no class queries; give a ClassQueryDenseNet or ClassQueryHead"):
        append_findings(torch.nn.Linear(6, 3), 1)
