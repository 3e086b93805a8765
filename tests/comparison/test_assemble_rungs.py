"""Each rung trains what it says: whose images, which head, which views."""

from dataclasses import dataclass, replace
from importlib import import_module

import numpy as np
import pytest
import torch
from torch import nn

from lucency.comparison import Rung, rungs, strong_view
from lucency.comparison.each_source import train_each_source
from lucency.comparison.pool import finish
from lucency.comparison.run import Job
from lucency.comparison.training import train
from lucency.errors import ConfigError
from lucency.networks import ClassQueryHead

SINGLE, LONGER, NAIVE, QUERIES = rungs(["single_source", "single_source_longer", "naive_union", "queries"])


class SpyLoss(nn.Module):
    """Keeps the logits it is given."""

    takes_views = True

    def __init__(self, consistency_weight):
        super().__init__()
        self.consistency_weight, self.given = consistency_weight, []

    def forward(self, logits, targets):
        self.given.append(logits)
        return (logits if isinstance(logits, torch.Tensor) else sum(logits)).square().mean()


@dataclass(frozen=True)
class Given(Rung):
    """A rung whose loss is there already."""

    loss: object = None

    def build(self, study, *, seed, max_epochs):
        return self.loss


def test_a_head_takes_the_last_layer_and_leaves_the_encoder_as_it_was(assembled, two_layers):
    plain = NAIVE.build_network(assembled, two_layers, seed=3).state_dict()
    network = QUERIES.build_network(assembled, two_layers, seed=3)
    heads = [layer for layer in network.modules() if isinstance(layer, ClassQueryHead)]
    assert [(head.in_features, head.out_features) for head in heads] == [(8, len(assembled.findings))]
    shared = {name: tensor for name, tensor in network.state_dict().items() if name in plain}
    assert len(shared) == len(plain) - 2
    for name, tensor in shared.items():
        torch.testing.assert_close(tensor, plain[name])
    assert network(torch.zeros(2, 6)).shape == (2, len(assembled.findings))


def test_what_a_rung_cannot_have_is_told(assembled, study, recipe, two_layers):
    with pytest.raises(ConfigError, match="no linear layer whose place"):
        QUERIES.build_network(assembled, recipe, seed=0)
    with pytest.raises(ConfigError, match="study synthetic has no sources"):
        SINGLE.build_network(study, two_layers, seed=0)
    with pytest.raises(ConfigError, match="rung 'odd': ClassQueryHead: controller is odd"):
        replace(QUERIES, name="odd", head={**QUERIES.head, "controller": "odd"}).build_network(assembled, two_layers, 0)
    with pytest.raises(ConfigError, match="no rung 'naive'; did you mean 'naive_union'"):
        rungs(["naive"])


def test_a_source_never_sees_another_sources_images(assembled, two_layers):
    before = train_each_source(assembled, two_layers, Job(SINGLE, 0.03, 0))
    others = assembled.rows("train")[assembled.sources[assembled.rows("train")] == "b"]
    inputs = assembled.inputs.copy()
    inputs[others] += 1
    changed = replace(assembled, inputs=inputs)
    after = train_each_source(changed, two_layers, Job(SINGLE, 0.03, 0))
    for selection in ("clean", "observed"):
        same = (before.logits[selection] == after.logits[selection]).all(axis=0)
        # the second finding is of both; `b` has more labels of it or as many, and then `a` comes first
        assert same[0]
        assert not same[2]
        assert not same[3]
    joint = [train(one, two_layers, Job(NAIVE, 0.03, 0)).logits["clean"] for one in (assembled, changed)]
    assert (joint[0][:, 0] != joint[1][:, 0]).any()


@pytest.mark.parametrize("rung", [SINGLE, LONGER], ids=lambda rung: rung.name)
def test_models_of_each_source_are_those_trained_alone_and_put_side_by_side(assembled, two_layers, tmp_path, rung):
    job = Job(rung, 0.03, 1)
    run = finish(job, assembled, two_layers, tmp_path)
    alone = {
        source: train(assembled.of_source(source, repeated=rung is LONGER), two_layers, job) for source in ("a", "b")
    }
    train_rows = assembled.rows("train")
    counts = {source: (assembled.sources[train_rows] == source).sum() for source in ("a", "b")}
    shared = max("ab", key=counts.get)
    for selection in ("clean", "observed"):
        for column, source, place in ((0, "a", 0), (1, shared, "ab".index(shared) == 0), (2, "b", 1), (3, "b", 2)):
            expected = alone[source].logits[selection][:, int(place)]
            np.testing.assert_array_equal(run.logits[selection][:, column], expected)
        share = {"a": 1 + (shared == "a"), "b": 2 + (shared == "b")}
        mean = sum(share[source] * alone[source].score(selection) for source in ("a", "b")) / 4
        assert run.score(selection) == pytest.approx(mean)


def test_two_views_go_through_the_network_at_once_and_one_view_is_as_ever(assembled, two_layers):
    one, two = SpyLoss(0), SpyLoss(1)
    short = replace(two_layers, max_epochs=1, bias_rate=0)  # with the rate below, nothing moves
    train(assembled, short, Job(Given("one", {}, loss=one), 1e-9, 0))
    train(assembled, short, Job(Given("two", {}, loss=two), 1e-9, 0))
    assert len(one.given) == len(two.given) == len(assembled.rows("train")) // short.batch_size
    for logits, (weak, strong) in zip(one.given, two.given, strict=True):
        torch.testing.assert_close(weak, logits, rtol=1e-4, atol=1e-4)
        assert weak.shape == strong.shape
        assert (weak - strong).abs().max() > 0.01


def test_every_rung_trains(assembled, two_layers, tmp_path):
    names = [
        "single_source",
        "single_source_longer",
        "naive_union",
        "queries",
        "pseudo_labels",
        "label_assemble",
        "without_queries",
    ]
    names += ["without_pseudo_labels", "ramped", "full_labels"]
    logits = {}
    for rung in rungs(names):
        run = finish(Job(rung, 0.03, 0), assembled, two_layers, tmp_path)
        assert not run.broken
        assert run.score("clean") > 0.6
        logits[rung.name] = run.logits["clean"]
    pairs = [(first, second) for first in names for second in names if first < second]
    assert all((logits[first] != logits[second]).any() for first, second in pairs)


def test_a_strong_view_is_an_affine_map_with_noise_and_one_rectangle_gone(monkeypatch):
    monkeypatch.setattr(import_module("lucency.comparison.strong_view"), "NOISE", 0)
    torch.manual_seed(0)
    images = torch.rand(200, 1, 20, 30) + 0.1
    changed = strong_view(images)
    slopes = []
    for image, other in zip(images[:, 0].numpy(), changed[:, 0].numpy(), strict=True):
        rows, columns = np.flatnonzero((other == 0).any(axis=1)), np.flatnonzero((other == 0).any(axis=0))
        erased = np.zeros_like(other, dtype=bool)
        erased[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
        np.testing.assert_array_equal(other == 0, erased)
        assert 3 <= len(rows) <= 8
        assert 4 <= len(columns) <= 12
        slope, offset = np.polyfit(image[~erased], other[~erased], 1)
        np.testing.assert_allclose(other[~erased], slope * image[~erased] + offset, atol=1e-5)
        assert 0.5 <= slope <= 1.5
        assert abs(offset) <= 0.5 + 1e-5
        slopes.append(slope)
    assert np.std(slopes) == pytest.approx(12**-0.5, rel=0.15)  # uniform over a range of 1


def test_the_noise_of_a_strong_view_has_the_strength_it_says():
    torch.manual_seed(0)
    spread = torch.stack([strong_view(torch.zeros(400, 1, 16, 16))[:, 0, row].std(dim=1) for row in (0, 15)])
    kept = spread[(spread > 0.01)]
    assert 0.4 < float(kept.max()) < 0.5 * 1.8
    assert float(strong_view(torch.zeros(4000, 50)).std(dim=1).max()) == pytest.approx(0.5, rel=0.4)
