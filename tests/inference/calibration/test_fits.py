"""Each map has the least log-loss: slow searches, planted truths, bounds, what must not matter."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from lucency.errors import LucencyError
from lucency.inference.calibration.fits import FITS, fit_beta, fit_isotonic, fit_platt, fit_temperature
from lucency.metrics import auroc, log_loss
from references import calibration_fits as reference

WEIGHTS = {
    "temperature": lambda found: [1 / found.temperature],
    "platt": lambda found: [found.slope, found.intercept],
    "beta": lambda found: [found.a, found.b, found.c],
}


def cohort(images=60, seed=0, slope=1.5, shift=-0.5, decimals=3):
    """Probabilities, and labels whose true log-odds are `slope` times theirs plus `shift`."""
    rng = np.random.default_rng(seed)
    p = np.round(expit(rng.normal(-1, 1.5, images)), decimals)
    return p, (rng.random(images) < expit(slope * logit(np.clip(p, 0.001, 0.999)) + shift)).astype(float)


@pytest.mark.parametrize("method", list(WEIGHTS))
@pytest.mark.parametrize(("seed", "slope"), [(0, 1.5), (1, 0.6), (2, -0.7), (3, 3.0)])  # -0.7: bounds hold
def test_parameters_are_those_of_a_slow_search(method, seed, slope):
    p, y = cohort(seed=seed, slope=slope)
    pairs = list(zip(p.tolist(), y.tolist(), strict=True))
    weights, least = reference.least_log_loss(method, pairs)
    found = FITS[method](p, y)
    ours = WEIGHTS[method](found)
    if method == "temperature" and slope < 0:
        assert found.temperature == 100  # no better than chance: the bound
        return
    assert reference.objective(method, pairs)(ours) <= least + 1e-6
    expected = [expit(reference.log_odds(method, weights, value)) for value in p]
    np.testing.assert_allclose(found(p), expected, atol=2e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 1.0]), st.sampled_from([0.0, 1.0])), min_size=2))
def test_isotonic_steps_are_those_of_the_definition(pairs):
    p, y = np.array(pairs).T
    assume(0 < y.sum() < len(y))
    found = fit_isotonic(p, y)
    expected = reference.isotonic(pairs)
    np.testing.assert_allclose(found(np.array(list(expected))), list(expected.values()), atol=1e-12)
    assert len(found.x) <= 2 * len(set(expected.values()))  # the two ends of each step


@pytest.mark.parametrize("method", list(FITS))
def test_an_unknown_label_has_no_influence(method):
    p, y = cohort()
    more = np.concatenate([p, np.random.default_rng(1).random(30)]), np.concatenate([y, np.full(30, np.nan)])
    assert FITS[method](*more) == FITS[method](p, y)
    assert FITS[method](more[0], np.nan_to_num(more[1])) != FITS[method](p, y)  # a negative one has


@pytest.mark.parametrize("method", list(FITS))
def test_order_of_images_does_not_matter(method):
    p, y = cohort(decimals=2)
    order = np.random.default_rng(1).permutation(len(p))
    grid = np.linspace(0, 1, 50)
    np.testing.assert_allclose(FITS[method](p[order], y[order])(grid), FITS[method](p, y)(grid), atol=1e-7)


def test_planted_maps_are_recovered():
    rng = np.random.default_rng(0)
    z = rng.normal(-2, 2, 100_000)
    p = expit(z)

    def labels(log_odds):
        return (rng.random(len(z)) < expit(log_odds)).astype(float)

    assert fit_temperature(p, labels(z / 2.5)).temperature == pytest.approx(2.5, rel=0.03)
    platt = fit_platt(p, labels(0.7 * z - 1))
    assert (platt.slope, platt.intercept) == pytest.approx((0.7, -1), abs=0.04)
    beta = fit_beta(p, labels(1.5 * np.log(p) - 0.4 * np.log1p(-p) + 0.3))
    assert (beta.a, beta.b, beta.c) == pytest.approx((1.5, 0.4, 0.3), abs=0.15)
    step = fit_isotonic(p, labels(np.where(p < 0.3, -3.0, 0.5)))
    np.testing.assert_allclose(step(np.array([0.1, 0.2, 0.5, 0.8])), expit([-3, -3, 0.5, 0.5]), atol=0.02)


@pytest.mark.parametrize("method", list(FITS))
def test_the_training_log_loss_is_not_worse_and_auroc_is_kept(method):
    p, y = cohort(400)
    q = FITS[method](p, y)(p)
    assert log_loss(q[:, None], y[:, None]).macro < log_loss(p[:, None], y[:, None]).macro
    before, after = auroc(p[:, None], y[:, None]).macro, auroc(q[:, None], y[:, None]).macro
    if method == "isotonic":  # steps tie images, in favour of the positives
        assert after >= before
    else:
        assert after == pytest.approx(before, abs=1e-12)
    assert (np.diff(FITS[method](p, y)(np.sort(p))) >= 0).all()


@pytest.mark.parametrize("method", list(FITS))
def test_separable_labels_and_certain_probabilities_stay_finite(method):
    p, y = np.array([0.0, 0.0, 0.1, 0.9, 1.0, 1.0]), np.array([0.0, 0, 0, 1, 1, 1])
    q = FITS[method](p, y)(np.array([0.0, 0.3, 1.0]))
    assert (np.diff(q) > 0).all()
    wrong = FITS[method](p, y[[5, 1, 2, 3, 4, 0]])(p)
    assert np.isfinite(log_loss(wrong[:, None], y[:, None]).macro)
    assert ((q >= 0) & (q <= 1)).all()


def test_a_step_without_positives_is_laplaces_share():
    p, y = np.arange(100) / 100, (np.arange(100) >= 90).astype(float)
    assert fit_isotonic(p, y).y == (1 / 102, 1 / 102, 101 / 102, 101 / 102)


def test_scores_worse_than_chance_give_the_prevalence():
    p, y = cohort(500, slope=-2)
    for fit in (fit_platt, fit_beta, fit_isotonic):
        np.testing.assert_allclose(fit(p, y)(p), y.mean(), atol=0.02)


@pytest.mark.parametrize("method", list(FITS))
@pytest.mark.parametrize("targets", [[0, 0, np.nan], [1, np.nan, np.nan], [np.nan] * 3])
def test_one_class_is_refused(method, targets):
    with pytest.raises(LucencyError, match=r"positive and .* negative labels; calibration needs both classes"):
        FITS[method]([0.1, 0.2, 0.3], targets)
