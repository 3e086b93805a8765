"""Correction for prevalence: EM written out, planted prevalences, refusals."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lucency.errors import ConfigError, LucencyError
from lucency.inference.calibration import correct_prior, estimate_prevalence, fit_calibration
from lucency.metrics import expected_calibration_error
from references.calibration_fits import em_prevalence, sigmoid


def population(images, prevalence, seed):
    """Scores of positives and negatives that look alike at every prevalence; logit = log likelihood ratio."""
    rng = np.random.default_rng(seed)
    y = (rng.random(images) < prevalence).astype(float)
    return rng.normal(np.where(y == 1, 1, -1), np.sqrt(2)), y  # log ratio of N(1, 2) to N(-1, 2) is the score itself


@given(calibrated=st.lists(st.floats(0.02, 0.98), min_size=3, max_size=30), fitted=st.floats(0.05, 0.95))
def test_the_estimate_is_where_em_ends(calibrated, fitted):
    assume(np.ptp(calibrated) > 0.1)
    bound = 1 / (len(calibrated) + 2)
    ours = estimate_prevalence(calibrated, fitted)
    assert bound <= ours <= 1 - bound
    further = em_prevalence(calibrated, fitted, 1, start=ours)
    if ours in (bound, 1 - bound):  # EM would go on to 0 or 1
        assert (further <= ours) if ours == bound else (further >= ours)
    else:
        assert further == pytest.approx(ours, abs=1e-9)


def test_em_from_the_fitted_prevalence_ends_at_the_estimate():
    scores, _ = population(300, 0.1, seed=2)
    calibrated = [sigmoid(score) for score in scores]
    assert estimate_prevalence(calibrated, 0.5) == pytest.approx(em_prevalence(calibrated, 0.5, 500), abs=1e-9)
    assert estimate_prevalence([0.25] * 5, 0.25) == 0.25


@pytest.mark.parametrize("planted", [0.02, 0.1, 0.4, 0.8])
def test_a_planted_prevalence_is_found(planted):
    fitted = 0.3
    scores, _ = population(100_000, planted, seed=1)
    calibrated = [sigmoid(score + np.log(fitted / (1 - fitted))) for score in scores]
    assert estimate_prevalence(calibrated, fitted) == pytest.approx(planted, abs=0.01)


def test_a_corrected_map_is_calibrated_at_the_site():
    scores, y = population(20_000, 0.3, seed=0)
    fit = fit_calibration(1 / (1 + np.exp(-2 * scores[:, None])), y[:, None], np.arange(20_000), ["edema"])
    elsewhere, truth = population(20_000, 0.05, seed=1)
    raw = 1 / (1 + np.exp(-2 * elsewhere))
    here = fit.calibrations["edema"](raw)
    estimate = estimate_prevalence(here, y.mean())
    assert estimate == pytest.approx(0.05, abs=0.01)
    corrected = correct_prior(fit, {"edema": estimate}).calibrations["edema"]
    assert corrected.name.endswith("with prior shift")
    before, after = (expected_calibration_error(q[:, None], truth[:, None]).macro for q in (here, corrected(raw)))
    assert after < 0.01 < before


def test_without_a_positive_or_a_negative_the_estimate_is_laplaces_bound():
    assert estimate_prevalence([0.0] * 98, 0.3) == 0.01
    assert estimate_prevalence([1.0] * 98 + [np.nan], 0.3) == 0.99


def small():
    rng = np.random.default_rng(0)
    p = rng.random((200, 2))
    y = (rng.random(p.shape) < p).astype(float)
    y[10:, 1] = np.nan
    return fit_calibration(p, y, np.arange(200), ["edema", "mass"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"oedema": 0.1}, r"'oedema': no such finding; did you mean 'edema'\?"),
        ({"edema": 0.0}, "'edema' is 0; give a share between 0 and 1"),
        ({"edema": 1.0}, "'edema' is 1;"),
        ({"edema": float("nan")}, "'edema' is nan;"),
        ({"mass": 0.1}, r"'mass': the one that it was calibrated at is not known .* positives .* leave it out"),
    ],
)
def test_what_cannot_be_corrected_is_named(given, said):
    with pytest.raises(ConfigError, match=said):
        correct_prior(small(), given)


def test_nothing_to_estimate_from_is_an_error():
    with pytest.raises(LucencyError, match="no probability"):
        estimate_prevalence([np.nan], 0.1)
    with pytest.raises(ConfigError, match="fitted prevalence is 0"):
        estimate_prevalence([0.5], 0)
