import numpy as np
import scipy.special

from lucency.inference.logistic import expit, logit


def test_both_agree_with_scipy_to_the_last_bits_without_a_warning(recwarn):
    rng = np.random.default_rng(0)
    logits = np.concatenate([rng.normal(0, 8, 10_000), [-700, -40, 0, 40, 700]])
    np.testing.assert_allclose(expit(logits), scipy.special.expit(logits), rtol=1e-15)
    probabilities = np.concatenate([rng.random(10_000), 10.0 ** -np.arange(1, 300), [0.5 - 1e-12, 0.5 + 1e-9]])
    np.testing.assert_allclose(logit(probabilities), scipy.special.logit(probabilities), rtol=1e-14)
    assert not recwarn.list


def test_certainty_is_infinite_and_nonsense_is_nan():
    assert logit([0, 1]).tolist() == [-np.inf, np.inf]
    assert expit([-np.inf, np.inf]).tolist() == [0, 1]
    assert np.isnan(logit([-0.1, 1.1, np.nan])).all()
    assert np.isnan(expit(np.nan))
