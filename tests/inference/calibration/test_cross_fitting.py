"""Folds keep patients together and classes apart; cross-fitting does not leak; the choice is by more than noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lucency.inference.calibration.cross_fitting import choose, cross_fit, patient_folds
from lucency.inference.calibration.fits import FITS, fit_isotonic, fit_platt
from lucency.metrics import log_loss


@given(
    images=st.lists(st.tuples(st.integers(0, 12), st.sampled_from([0.0, 1.0])), min_size=1, max_size=60),
    folds=st.integers(2, 5),
    seed=st.integers(0, 3),
)
def test_folds_keep_patients_whole_and_spread_both_classes(images, folds, seed):
    patients, y = np.array(images).T
    fold = patient_folds(patients, y, folds=folds, seed=seed)
    for patient in set(patients):
        assert len(set(fold[patients == patient])) == 1
    for label in (0, 1):
        holders = len(set(patients[y == label]))
        assert len(set(fold[y == label])) == min(holders, folds)


def test_folds_follow_the_seed_and_not_the_order():
    rng = np.random.default_rng(0)
    patients, y = rng.integers(50, size=200), (rng.random(200) < 0.2).astype(float)
    order = rng.permutation(200)
    fold = patient_folds(patients, y, folds=5, seed=1)
    np.testing.assert_array_equal(patient_folds(patients[order], y[order], folds=5, seed=1), fold[order])
    assert not np.array_equal(patient_folds(patients, y, folds=5, seed=2), fold)
    assert np.ptp(np.bincount(fold[np.unique(patients, return_index=True)[1]])) <= 1


@pytest.mark.parametrize("method", list(FITS))
def test_a_patients_labels_have_no_part_in_its_own_probabilities(method):
    rng = np.random.default_rng(0)
    p, patients = rng.random(120), rng.integers(30, size=120)
    y = (rng.random(120) < p).astype(float)
    fold = patient_folds(patients, y, folds=4)
    before = cross_fit(FITS[method], p, y, fold)
    same = fold == fold[0]
    after = cross_fit(FITS[method], p, np.where(same, 1 - y, y), fold)
    np.testing.assert_array_equal(after[same], before[same])
    assert not np.allclose(after[~same], before[~same])
    for number in range(4):  # a loop over folds, written out
        expected = FITS[method](p[fold != number], y[fold != number])(p[fold == number])
        np.testing.assert_array_equal(before[fold == number], expected)


def test_noise_has_nothing_to_gain_out_of_sample():
    rng = np.random.default_rng(0)
    p = rng.random(300)
    y = (rng.random(300) < 0.3).astype(float)
    fold = patient_folds(np.arange(300), y, folds=5)
    inside = log_loss(fit_isotonic(p, y)(p)[:, None], y[:, None]).macro
    outside = log_loss(cross_fit(fit_isotonic, p, y, fold)[:, None], y[:, None]).macro
    entropy = log_loss(np.full((300, 1), y.mean()), y[:, None]).macro
    assert inside < entropy < outside


def test_the_choice_is_the_least_loss_unless_noise_explains_its_gain():
    rng = np.random.default_rng(0)
    truth = rng.random(4000)
    y = (rng.random(4000) < truth).astype(float)
    worse, little_worse = truth**2, np.clip(truth + rng.normal(0, 0.01, 4000), 0.001, 0.999)
    patients = np.arange(4000)
    assert choose({"none": worse, "platt": little_worse, "beta": truth}, y, patients).name == "beta"
    assert choose({"none": little_worse, "platt": truth}, y, patients).name == "none"
    assert choose({"none": worse, "platt": truth, "beta": truth}, y, patients).name == "platt"  # the simpler of equals
    kept = choose({"none": truth, "platt": worse}, y, patients)
    assert (kept.name, kept.best, kept.gain) == ("none", "none", 0)


def test_the_standard_error_is_that_of_patients():
    rng = np.random.default_rng(0)
    y = (rng.random(50) < 0.5).astype(float)
    p, q = rng.random(50), fit_platt(rng.random(50), y)(rng.random(50))
    first, best = sorted([p, q], key=lambda one: -log_loss(one[:, None], y[:, None]).macro)
    once = choose({"none": first, "platt": best}, y, np.arange(50))
    loss = -np.log(np.where(y == 1, first, 1 - first)) + np.log(np.where(y == 1, best, 1 - best))
    assert once.gain == pytest.approx(loss.mean())
    assert once.standard_error == pytest.approx(loss.std(ddof=1) / np.sqrt(50))
    repeated = choose({"none": np.tile(first, 4), "platt": np.tile(best, 4)}, np.tile(y, 4), np.tile(np.arange(50), 4))
    assert repeated.standard_error == pytest.approx(once.standard_error)
