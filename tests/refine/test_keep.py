"""Keep masks against sorting, their sizes, and the rare positives that strata save."""

import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lucency.errors import ConfigError, LabelError, LucencyError
from lucency.refine.keep import dropped_count, keep_masks
from references import selection as reference

NAN = np.nan
UNHURRIED = settings(max_examples=50, deadline=None)


@st.composite
def cases(draw):
    shape = draw(st.tuples(st.integers(1, 25), st.integers(1, 3)))
    targets = draw(hnp.arrays(float, shape, elements=st.sampled_from([0.0, 1.0, NAN])))
    losses, vog = (draw(hnp.arrays(float, shape, elements=st.sampled_from([0.0, 0.1, 0.5, 2.0]))) for _ in range(2))
    rates = draw(hnp.arrays(float, (2, shape[1]), elements=st.sampled_from([0.0, 0.1, 0.29, 0.3, 0.7])))
    return np.where(np.isnan(targets), NAN, losses), targets, rates, np.where(np.isnan(targets), NAN, vog)


@UNHURRIED
@given(cases(), st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.booleans())
def test_equal_to_sorting_every_stratum(case, mix, with_vog):
    losses, targets, rates, vog = case
    vog = vog if with_vog else None
    expected = reference.kept(losses, targets, rates, vog, mix)
    np.testing.assert_array_equal(keep_masks(losses, targets, rates, vog=vog, mix=mix), expected)


@UNHURRIED
@given(cases(), st.booleans(), st.booleans())
def test_sizes_are_those_of_the_rates_and_unknown_labels_are_neither_kept_nor_counted(case, with_vog, stratified):
    losses, targets, rates, vog = case
    keep = keep_masks(losses, targets, rates, vog=vog if with_vog else None, stratified=stratified)
    assert not keep[np.isnan(targets)].any()
    sizes = [
        [np.ceil(round((1 - rates[label, c]) * (targets[:, c] == label).sum(), 9)) for c in range(targets.shape[1])]
        for label in (0, 1)
    ]
    np.testing.assert_array_equal(keep.sum(axis=0), np.sum(sizes, axis=0))
    if stratified:
        for label in (0, 1):
            np.testing.assert_array_equal((keep & (targets == label)).sum(axis=0), sizes[label])


@UNHURRIED
@given(cases())
def test_a_rate_of_zero_keeps_every_known_label(case):
    losses, targets, rates, vog = case
    np.testing.assert_array_equal(keep_masks(losses, targets, 0 * rates, vog=vog), ~np.isnan(targets))


@UNHURRIED
@given(cases())
def test_a_mix_of_zero_is_small_loss_alone(case):
    losses, targets, rates, vog = case
    np.testing.assert_array_equal(
        keep_masks(losses, targets, rates, vog=vog, mix=0.0), keep_masks(losses, targets, rates)
    )


@UNHURRIED
@given(st.integers(0, 999))
def test_images_and_findings_may_come_in_any_order(seed):
    rng = np.random.default_rng(seed)
    losses, vog, rates = rng.random((40, 3)), rng.random((40, 3)), rng.random((2, 3)) / 2
    targets = rng.choice([0.0, 1.0, NAN], size=(40, 3))
    rows, columns = rng.permutation(40), rng.permutation(3)
    moved = keep_masks(
        losses[rows][:, columns], targets[rows][:, columns], rates[:, columns], vog=vog[rows][:, columns]
    )
    np.testing.assert_array_equal(moved, keep_masks(losses, targets, rates, vog=vog)[rows][:, columns])


def rare_finding(seed, images=20_000, prevalence=0.03, false=0.2):
    """Losses of a calibrated model that separates a finding moderately; a fifth of its observed positives is wrong."""
    rng = np.random.default_rng(seed)
    truth = rng.random(images) < prevalence
    evidence = rng.normal(1.5 * truth)
    logits = np.log(prevalence / (1 - prevalence)) + 1.5 * evidence - 1.5**2 / 2
    observed = truth.copy()
    wrong = rng.choice(np.flatnonzero(~truth), int(truth.sum() * false / (1 - false)), replace=False)
    observed[wrong] = True
    losses = np.where(observed, np.logaddexp(0, -logits), np.logaddexp(0, logits))
    return losses[:, None], observed[:, None].astype(float), (truth & observed)[:, None]


@pytest.mark.parametrize("seed", range(3))
def test_strata_keep_the_rare_positives_that_one_cut_a_finding_loses(seed):
    losses, targets, right = rare_finding(seed)
    vog = np.random.default_rng(seed + 100).random(losses.shape)  # without any bearing on the labels
    rates = [[0.2], [0.2]]
    shares = {
        "strata": keep_masks(losses, targets, rates)[right].mean(),
        "strata, a fifth by variance": keep_masks(losses, targets, rates, vog=vog)[right].mean(),
        "one cut": keep_masks(losses, targets, rates, stratified=False)[right].mean(),
    }
    print(f"\nright positives kept, seed {seed}:", ", ".join(f"{how} {share:.3f}" for how, share in shares.items()))
    assert shares["strata"] >= 0.8
    assert shares["strata, a fifth by variance"] >= 0.8
    assert shares["one cut"] < 0.05


def test_strata_drop_more_wrong_labels_than_chance_would():
    losses, targets, right = rare_finding(0)
    keep = keep_masks(losses, targets, [[0.02], [0.2]])
    positives = targets == 1
    assert (positives & ~right & ~keep).sum() > 2 * 0.2 * (positives & ~right).sum()


def test_what_is_kept_does_not_depend_on_how_the_processor_orders_equal_losses():
    keep = keep_masks(np.ones((1000, 1)), np.zeros((1000, 1)), [[0.25], [0.0]])
    np.testing.assert_array_equal(keep[:, 0], np.arange(1000) < 750)


def test_tensors_go_in_and_masks_go_back():
    losses = torch.rand(50, 2, generator=torch.Generator().manual_seed(0))
    targets = (losses > 0.5).float()
    rates = [[0.1, 0.1], [0.1, 0.1]]
    mask = torch.from_numpy(keep_masks(losses, targets, rates))
    np.testing.assert_array_equal(mask.numpy(), keep_masks(losses.numpy(), targets.numpy(), rates))
    assert mask.dtype == torch.bool


def test_200_000_images_with_14_findings_take_less_than_a_second():
    rng = np.random.default_rng(0)
    losses, vog = rng.random((200_000, 14)), rng.random((200_000, 14))
    targets = (rng.random((200_000, 14)) < 0.05).astype(float)
    rates = np.stack([np.full(14, 0.02), np.full(14, 0.1)])
    begin = time.process_time()
    keep_masks(losses, targets, rates, vog=vog)
    taken = time.process_time() - begin
    print(f"\nkeep_masks of 200,000 x 14 entries: {taken:.2f} s")
    assert taken < 1


def test_products_that_are_whole_but_for_rounding_are_whole():
    assert 0.29 * 100 < 29  # in floating point
    assert [dropped_count(0.29, 100), dropped_count(0.3, 10), dropped_count(0.1, 19)] == [29, 3, 1]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"rates": [[0.1], [1.0]]}, ConfigError, "positive labels of finding 0 cannot be 1"),
        ({"rates": [[NAN], [0.1]]}, ConfigError, "negative labels of finding 0 cannot be nan"),
        ({"rates": [0.1, 0.1]}, LucencyError, r"rates are \(2,\) for 1 findings"),
        ({"mix": 1.5}, ConfigError, "mix cannot be 1.5"),
        ({"losses": [[NAN], [0.1]]}, LucencyError, "losses of finding 0 in row 0 is nan"),
        ({"losses": [[0.1], [np.inf]]}, LucencyError, "losses of finding 0 in row 1 is inf"),
        ({"vog": [[0.1], [NAN]]}, LucencyError, "vog of finding 0 in row 1 is nan"),
        ({"vog": [[0.1]]}, LucencyError, r"vog is \(1, 1\)"),
        ({"targets": [[1], [2]]}, LabelError, "finding 0 in row 1 is 2"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, error, message):
    good = {"losses": [[0.1], [0.2]], "targets": [[1], [0]], "rates": [[0.1], [0.1]]}
    with pytest.raises(error, match=message):
        keep_masks(**{**good, **arguments})
