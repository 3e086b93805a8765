import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from lucency.errors import ConfigError, LucencyError
from lucency.refine import vog
from lucency.refine.vog import FORMS, variance_of_gradients
from references.vog import cell_gradients, vog_of_gradients

SNAPSHOTS, IMAGES, FINDINGS, FEATURES = 5, 7, 3, 4


def snapshots(seed=0, images=IMAGES, drift=1.0, features=FEATURES):
    """Residuals of fixed labels, features and the last layers of a network that changes from snapshot to snapshot."""
    rng = np.random.default_rng(seed)
    h = rng.normal(size=(images, features)) + drift * rng.normal(size=(SNAPSHOTS, images, features))
    weight = rng.normal(size=(FINDINGS, features)) + drift * rng.normal(size=(SNAPSHOTS, FINDINGS, features))
    bias = rng.normal(size=FINDINGS) + drift * rng.normal(size=(SNAPSHOTS, FINDINGS))
    labels = rng.integers(0, 2, size=(images, FINDINGS)).astype(float)
    weight /= np.sqrt(features)
    logits = np.einsum("tnf,tcf->tnc", h, weight) + bias[:, None]
    return 1 / (1 + np.exp(-logits)) - labels, h, weight, bias, labels


def both_in_float16_and_float32(**options):
    """Residuals and features as the store keeps them."""
    residuals, features, *_ = snapshots(**options)
    return residuals.astype(np.float32), features.astype(np.float16)


@pytest.mark.parametrize("form", ["exact", "trace"])
def test_it_is_the_spread_of_the_gradients_that_autograd_gives(form):
    residuals, features, weight, bias, labels = snapshots()
    gradients = [
        cell_gradients(*map(torch.from_numpy, (w, b, h, labels)))
        for w, b, h in zip(weight, bias, features, strict=True)
    ]
    expected = vog_of_gradients(torch.stack(gradients), form)
    np.testing.assert_allclose(variance_of_gradients(residuals, features, form=form), expected, rtol=1e-10)


def test_residual_is_the_standard_deviation_of_the_gradient_of_the_bias():
    residuals, features, *_ = snapshots()
    expected = vog_of_gradients(torch.from_numpy(residuals)[..., None], "exact")
    np.testing.assert_allclose(variance_of_gradients(residuals, form="residual"), expected, rtol=1e-12)
    assert np.array_equal(
        variance_of_gradients(residuals, form="residual"), variance_of_gradients(residuals, features, form="residual")
    )


def gram_formula(residuals, features):
    """The closed form as it is written, a difference of two sums."""
    gram = 1 + np.einsum("snf,tnf->nst", features, features)
    squares = np.einsum("tnc,ntt->nc", residuals**2, gram) / SNAPSHOTS
    products = np.einsum("snc,tnc,nst->nc", residuals, residuals, gram) / SNAPSHOTS**2
    return (squares - products) / (features.shape[2] + 1)


def test_trace_is_the_closed_form_with_the_gram_matrix():
    residuals, features, *_ = snapshots()
    expected = gram_formula(residuals, features)
    np.testing.assert_allclose(variance_of_gradients(residuals, features), expected, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("form", FORMS)
def test_a_network_that_does_not_change_has_none(form, dtype):
    residuals, features, *_ = (np.repeat(part[:1], SNAPSHOTS, axis=0).astype(dtype) for part in snapshots(images=50))
    got = variance_of_gradients(residuals, features, form=form)
    rounding = np.finfo(got.dtype).eps * np.abs(residuals).max() * np.abs(features).max()
    assert got.max() <= (rounding**2 if form == "trace" else rounding)


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), at_once=st.integers(1, 200))
def test_size_and_order_of_batches_do_not_matter(form, seed, at_once):
    residuals, features, *_ = snapshots(seed, images=9)
    whole = variance_of_gradients(residuals, features, form=form)
    order = np.random.default_rng(seed).permutation(9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vog, "NUMBERS_AT_ONCE", at_once)
        shuffled = variance_of_gradients(residuals[:, order], features[:, order], form=form)
    np.testing.assert_allclose(shuffled, whole[order], rtol=1e-12)
    at_times = np.random.default_rng(seed).permutation(SNAPSHOTS)
    np.testing.assert_allclose(
        variance_of_gradients(residuals[at_times], features[at_times], form=form), whole, rtol=1e-9
    )


@pytest.mark.parametrize("drift", [1e-1, 1e-2, 1e-3])
def test_float32_loses_nothing_when_a_network_changes_little(drift):
    residuals, features = both_in_float16_and_float32(images=50, drift=drift, features=1024)
    exactly = variance_of_gradients(residuals.astype(float), features.astype(float))
    got = variance_of_gradients(residuals, features)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, exactly, rtol=1e-5)
    difference_of_sums = gram_formula(residuals, features.astype(np.float32))
    assert np.abs(difference_of_sums / exactly - 1).max() > 10 * np.abs(got / exactly - 1).max()


def test_unknown_labels_have_none_and_leave_the_others_alone():
    residuals, features, *_ = snapshots()
    with_unknown = residuals.copy()
    with_unknown[:, 2, 1] = np.nan
    with_unknown[3, 4, 0] = np.nan  # known at times only
    for form in FORMS:
        got = variance_of_gradients(with_unknown, features, form=form)
        assert np.argwhere(np.isnan(got)).tolist() == [[2, 1], [4, 0]]
        known = ~np.isnan(got)
        np.testing.assert_allclose(got[known], variance_of_gradients(residuals, features, form=form)[known], rtol=1e-12)


def test_trace_ranks_like_exact_and_residual_less_so():
    residuals, features, *_ = snapshots(images=400, drift=0.3, features=32)
    exact, trace, residual = (
        variance_of_gradients(residuals, features, form=form).ravel() for form in ("exact", "trace", "residual")
    )
    assert spearmanr(exact, trace).statistic > 0.99
    assert spearmanr(exact, residual).statistic < 0.9  # the drift of features is left out


@pytest.mark.parametrize(
    ("residuals", "features", "options", "message"),
    [
        ((5, 2, 3), (5, 2, 4), {"form": "gram"}, r"unknown form of VoG 'gram'; use trace, exact, residual"),
        ((5, 2, 3), None, {}, r"form 'trace' needs features .* 'residual'"),
        ((5, 2, 3), (5, 3, 4), {}, r"features are \(5, 3, 4\); residuals \(5, 2, 3\) need \(5, 2, features\)"),
        ((5, 2), (5, 2, 4), {}, r"residuals are \(5, 2\); give \(snapshots, images, findings\)"),
        ((1, 2, 3), (1, 2, 4), {}, r"with two snapshots or more"),
    ],
)
def test_errors_say_what_is_wrong(residuals, features, options, message):
    expected = ConfigError if "form" in options else LucencyError
    with pytest.raises(expected, match=message):
        variance_of_gradients(np.zeros(residuals), None if features is None else np.zeros(features), **options)
