"""Scores of entries against their definitions, what they need, and who is never asked."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.refine.select import METHODS, ce_minus_entropy, choose, cross_entropy, entry_scores, uncertainty
from lucency.refine.select.clipping import CLIP
from references import selection as reference

UNHURRIED = settings(max_examples=50, deadline=None)
NAN = np.nan
OURS = [name for name in METHODS if name != "cleanlab"]  # cleanlab's own tests: test_cleanlab_check.py
PROBABILITIES = st.floats(0, 1)
LABELS = st.sampled_from([0.0, 1.0, NAN])


@st.composite
def cases(draw):
    shape = draw(st.tuples(st.integers(1, 8), st.integers(1, 3)))
    p, second = (draw(hnp.arrays(float, shape, elements=PROBABILITIES)) for _ in range(2))
    vog = draw(hnp.arrays(float, shape, elements=st.floats(0, 10)))
    return p, draw(hnp.arrays(float, shape, elements=LABELS)), {"second": second, "vog": vog}


@pytest.mark.parametrize("method", OURS)
@UNHURRIED
@given(case=cases())
def test_every_known_label_has_a_finite_score_and_no_other_entry_has_any(method, case):
    p, targets, more = case
    scores = entry_scores(method, p, targets, **more)
    assert scores.dtype == np.float64
    np.testing.assert_array_equal(np.isfinite(scores), ~np.isnan(targets))
    np.testing.assert_array_equal(np.isnan(scores), np.isnan(targets))


@pytest.mark.parametrize("method", [name for name in OURS if not name.startswith("random")])
@UNHURRIED
@given(case=cases(), seed=st.integers(0, 9))
def test_an_entry_is_scored_by_itself_alone(method, case, seed):
    p, targets, more = case
    rows = np.random.default_rng(seed).permutation(len(p))
    moved = entry_scores(method, p[rows], targets[rows], **{name: array[rows] for name, array in more.items()})
    np.testing.assert_array_equal(moved, entry_scores(method, p, targets, **more)[rows])


@UNHURRIED
@given(st.floats(1e-9, 1 - 1e-9), st.sampled_from([0.0, 1.0]))
def test_values_are_those_of_the_formulas(p, label):
    entropy, surprise = reference.entropy(p), reference.cross_entropy(p, label)
    assert entry_scores("uncertainty", [[p]], [[label]]).item() == pytest.approx(entropy, rel=1e-6, abs=1e-9)
    assert entry_scores("cross_entropy", [[p]], [[label]]).item() == pytest.approx(surprise, rel=1e-6, abs=1e-9)
    difference = entry_scores("ce_minus_entropy", [[p]], [[label]]).item()
    assert difference == pytest.approx(surprise - entropy, rel=1e-6, abs=1e-7)


def test_entropy_least_confidence_and_margin_rank_alike():
    p = np.random.default_rng(0).random(1000)
    by_entropy = np.argsort(-uncertainty(p), kind="stable")
    for other in (1 - np.maximum(p, 1 - p), -np.abs(p - (1 - p))):
        np.testing.assert_array_equal(by_entropy, np.argsort(-other, kind="stable"))


def test_less_its_entropy_a_surprise_ranks_as_before_until_the_label_has_0_782():
    p = np.linspace(0.001, 0.999, 999)
    labels = np.ones_like(p)
    falling = np.diff(ce_minus_entropy(p, labels)) < 0
    assert p[np.argmin(falling)] == pytest.approx(0.782, abs=1e-3)  # where it first rises
    assert falling[: np.argmin(falling)].all()
    assert not falling[np.argmin(falling) :].any()
    contradicted = p < 0.5
    np.testing.assert_array_equal(ce_minus_entropy(p, labels) > 0, contradicted)


@pytest.mark.parametrize(("p", "label"), [(0.0, 1.0), (1.0, 0.0)])
def test_the_surest_contradiction_costs_no_more_than_the_clip_allows(p, label):
    score = cross_entropy(np.array([p]), np.array([label])).item()
    assert score == pytest.approx(-np.log(CLIP), rel=1e-4)
    assert score > cross_entropy(np.array([0.5]), np.array([label])).item()


def test_high_variance_and_disagreement_come_first():
    vog, second = np.array([[0.3, 0.1]]), np.array([[0.5, 0.9]])
    np.testing.assert_array_equal(entry_scores("vog", [[0.5, 0.5]], [[1, 0]], vog=vog), vog)
    scores = entry_scores("disagreement", [[0.75, 0.25]], [[1, 0]], second=second)
    np.testing.assert_allclose(scores, [[0.25, 0.65]])


def test_an_entry_without_variance_has_no_score():
    scores = entry_scores("vog", [[0.5, 0.5]], [[1, 0]], vog=[[0.3, NAN]])
    np.testing.assert_array_equal(scores, [[0.3, NAN]])


@pytest.mark.parametrize("method", ["random", "random_image"])
def test_chance_is_the_seed_s_alone(method):
    p, targets = np.full((20, 3), 0.5), np.ones((20, 3))
    first, again, other = (entry_scores(method, p, targets, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()
    assert (first == first[:, :1]).all() == (method == "random_image")


def test_chance_prefers_no_image_for_its_many_known_labels():
    targets = np.ones((2000, 14))
    targets[::2, 1:] = NAN
    p = np.full(targets.shape, 0.5)
    many = {
        method: (choose(entry_scores(method, p, targets), budget=400) % 2).mean()
        for method in ("random", "random_image")
    }
    assert many["random_image"] == pytest.approx(0.5, abs=0.1)
    assert many["random"] > 0.7  # why there are two


@pytest.mark.parametrize("method", [name for name, entry in METHODS.items() if not entry.needs_label])
def test_unknown_labels_are_scored_when_asked_for(method):
    p, targets = np.array([[0.2, 0.6]]), np.array([[1.0, NAN]])
    scores = entry_scores(method, p, targets, second=p[:, ::-1], query_unknown=True)
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(scores[0, :1], entry_scores(method, p, targets, second=p[:, ::-1])[0, :1])


@pytest.mark.parametrize("method", [name for name, entry in METHODS.items() if entry.needs_label])
def test_a_method_of_labels_refuses_unknown_ones(method):
    with pytest.raises(ConfigError, match=r"query_unknown.*choose one of uncertainty"):
        entry_scores(method, [[0.5]], [[NAN]], vog=[[0.1]], query_unknown=True)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        ("crossentropy", "did you mean 'cross_entropy'"),
        ("zzz", "choose one of cross_entropy, "),
        ("disagreement", "second: disagreement needs it"),
        ("vog", "vog: vog needs it"),
    ],
)
def test_what_is_missing_is_named(method, message):
    with pytest.raises(ConfigError, match=message):
        entry_scores(method, [[0.5]], [[1]])


@pytest.mark.parametrize(
    ("p", "targets", "more", "error", "message"),
    [
        ([[0.5]], [[0.5]], {}, LabelError, "finding 0 in row 0 is 0.5"),
        ([[0.5]], [[-1]], {}, LabelError, "finding 0 in row 0 is -1"),
        ([[0.5, -3.2]], [[1, 0]], {}, LucencyError, "probabilities of finding 1 in row 0 is -3.2; .* not logits"),
        ([[NAN]], [[1]], {}, LucencyError, "probabilities of finding 0 in row 0 is nan"),
        ([[0.5]], [[1, 0]], {}, LucencyError, r"probabilities is \(1, 1\) and targets are \(1, 2\)"),
        ([[0.5]], [[1]], {"second": [[1.5]]}, LucencyError, "second of finding 0 in row 0 is 1.5"),
        ([[0.5]], [[1]], {"vog": [[1, 2]]}, LucencyError, r"vog is \(1, 2\)"),
        ([0.5], [1], {}, LucencyError, r"targets are \(1,\)"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(p, targets, more, error, message):
    with pytest.raises(error, match=message):
        entry_scores("cross_entropy", p, targets, **more)
