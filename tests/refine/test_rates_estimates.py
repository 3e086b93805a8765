"""Estimates of one finding or stratum: the confident joint by its definition, the mixture on two bumps."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.refine.rates import confident_joint, confident_joint_rates, gmm_rate
from references import selection as reference

UNHURRIED = settings(max_examples=50, deadline=None)


@UNHURRIED
@given(st.integers(0, 9999), st.integers(2, 40))
def test_confident_joint_equals_its_definition(seed, images):
    rng = np.random.default_rng(seed)
    p, labels = rng.integers(0, 11, images) / 10, rng.integers(0, 2, images).astype(float)
    labels[:2] = [0, 1]
    assert confident_joint(p, labels).tolist() == reference.confident_joint(p, labels)


def test_confident_joint_equals_cleanlabs_before_calibration():
    count = pytest.importorskip("cleanlab.count")
    p, labels, _, _ = reference.noisy_finding(0, 0.1)
    theirs = count.compute_confident_joint(labels[:, 0].astype(int), np.c_[1 - p[:, 0], p[:, 0]], calibrate=False)
    assert np.abs(confident_joint(p[:, 0], labels[:, 0]) - theirs).max() <= 1  # they count at least 1 on the diagonal


def test_rates_of_the_confident_joint_are_shares_of_its_rows():
    p, labels, _, _ = reference.noisy_finding(0, 0.2)
    joint = np.array(reference.confident_joint(p[:, 0], labels[:, 0]))
    negative, positive = confident_joint_rates(p[:, 0], labels[:, 0])
    assert (negative, positive) == (joint[0, 1] / joint[0].sum(), joint[1, 0] / joint[1].sum())


def test_a_label_whose_images_all_look_alike_is_counted_though_their_mean_is_rounded():
    p, labels = np.array([0.2, 0.2, 0.2, 0.9]), np.array([0.0, 0.0, 0.0, 1.0])
    assert (1 - p[:3]).mean() > (1 - p[:3]).max()  # in floating point
    assert confident_joint(p, labels).tolist() == [[3, 0], [0, 1]]


def test_the_mixture_finds_the_upper_bump_whatever_the_unit_and_is_quiet():
    rng = np.random.default_rng(0)
    losses = np.r_[rng.normal(0.2, 0.02, 900), rng.normal(1.0, 0.05, 100)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rate = gmm_rate(losses)
        assert gmm_rate(losses * 50 + 3) == pytest.approx(rate)
    assert rate == pytest.approx(0.1, abs=0.005)
