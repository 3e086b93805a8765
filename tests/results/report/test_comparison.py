"""Two models: DeLong and Holm against their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from lucency.errors import TableError
from lucency.results.report.comparison import compare_models, holm
from lucency.results.report.scored_images import ScoredImages
from references import ranking, resampling
from references.delong import obuchowski_covariance

REPLICATES, SEED = 30, 2


@pytest.fixture(scope="module")
def comparison(images, other):
    return compare_models(images, other, name="other", replicates=REPLICATES, seed=SEED)


@pytest.mark.parametrize(("column", "finding"), [(0, "edema"), (1, "mass")])
def test_delong_is_that_of_the_definition(comparison, images, other, column, finding):
    row = comparison.rows[column]
    a, b, y = images.raw[:, column], other.raw[:, column], images.targets[:, column]
    variance = obuchowski_covariance([a, b], y, images.patients)
    error = np.sqrt(variance[0, 0] + variance[1, 1] - 2 * variance[0, 1])
    areas = [resampling.auroc(scores, y) for scores in (a, b)]
    difference = areas[0] - areas[1]
    assert row.finding == finding
    assert (row.auroc, row.other) == pytest.approx(tuple(areas))
    assert (row.difference.value, row.difference.low, row.difference.high) == pytest.approx(
        (difference, *norm.interval(0.95, difference, error))
    )
    assert row.p_value == pytest.approx(2 * norm.sf(abs(difference) / error))


def test_average_precision_is_resampled_in_pairs(comparison, images, other):
    def difference(rows):
        mine, theirs = (ranking.average_precision(m.raw[rows, 1], images.targets[rows, 1]) for m in (images, other))
        return mine - theirs

    found = comparison.rows[1].average_precision
    assert found.value == pytest.approx(difference(list(range(len(images.targets)))))
    expected = resampling.interval(difference, images.patients, REPLICATES, SEED)
    assert (found.low, found.high) == pytest.approx(expected)


def test_a_finding_without_a_class_has_no_difference_and_no_part_in_the_average(comparison):
    *findings, average = comparison.rows
    assert (findings[2].auroc, findings[2].difference.value, findings[2].p_value) == (None, None, None)
    assert average.difference.value == pytest.approx(np.mean([row.difference.value for row in findings[:2]]))
    assert (average.finding, average.p_adjusted) == ("average", None)


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), max_size=8))
def test_holm_rejects_what_the_stepwise_rule_rejects(p_values):
    adjusted = holm(np.array(p_values))
    tests = sorted(p for p in p_values if p == p)
    for alpha in (0.01, 0.05, 0.2):
        rejected = 0
        while rejected < len(tests) and tests[rejected] <= alpha / (len(tests) - rejected):
            rejected += 1
        limit = tests[rejected - 1] if rejected else -1.0
        for p, q in zip(p_values, adjusted, strict=True):
            if p != p:
                assert q != q
            elif abs(q - alpha) > 1e-9:
                assert (q <= alpha) == (p <= limit)


def test_images_are_matched_by_file_in_any_order_and_the_rest_is_counted(images, other, comparison):
    shuffled = ScoredImages.of(other.table.sample(frac=1, random_state=0))
    again = compare_models(images, shuffled, name="other", replicates=REPLICATES, seed=SEED)
    assert again == comparison
    part = compare_models(images, ScoredImages.of(other.table.iloc[10:]), name="other", replicates=5, seed=SEED)
    assert (part.images, part.left_out) == (len(images.table) - 10, 10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.assign(file="elsewhere.png").iloc[:1], "has scored none of the same images"),
        (lambda table: table.assign(file="twice.png"), "twice.png, twice.png, twice.png and .* more is listed twice"),
        (lambda table: table.drop(columns="file"), "column file is missing"),
        (lambda table: table.assign(target_edema=1 - table.target_edema), "labels differ"),
        (lambda table: table.assign(patient="p0"), "patients differ"),
        (
            lambda table: table[["file", "patient"]].assign(target_nodule=1.0, probability_nodule=0.5),
            "has none of the findings edema, mass, hernia",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(images, other, change, message):
    with pytest.raises(TableError, match=message):
        compare_models(images, ScoredImages.of(change(other.table)), name="other", replicates=5, seed=0)
