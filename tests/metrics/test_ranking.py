"""AUROC and average precision against loops and scikit-learn, with ties and unknown labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score, roc_auc_score

from lucency.errors import LabelError, LucencyError
from lucency.metrics import auroc, average_precision, ranking_metrics
from references import ranking as reference

NAN = np.nan
SHAPES = st.tuples(st.integers(1, 30), st.integers(1, 4))
FEW_SCORES = st.sampled_from([-1e300, -2.5, -0.0, 0.0, 5e-324, 0.1, 0.1 + 2**-55, 3.0, 1e300])  # many ties, some near
LABELS = st.sampled_from([0.0, 1.0, NAN])


@st.composite
def cases(draw):
    shape = draw(SHAPES)
    elements = draw(st.sampled_from([FEW_SCORES, st.floats(-1e6, 1e6)]))
    return draw(hnp.arrays(float, shape, elements=elements)), draw(hnp.arrays(float, shape, elements=LABELS))


@given(cases())
def test_equal_to_loops_and_scikit_learn_on_the_known_labels(case):
    scores, targets = case
    area, precision = ranking_metrics(scores, targets)
    for column in range(scores.shape[1]):
        s, y = scores[:, column], targets[:, column]
        known = ~np.isnan(y)
        assert (area.n_positive[column], area.n_negative[column]) == ((y == 1).sum(), (y == 0).sum())
        assert area.values[column] == pytest.approx(reference.auroc(s, y), abs=1e-12, nan_ok=True)
        assert precision.values[column] == pytest.approx(reference.average_precision(s, y), abs=1e-12, nan_ok=True)
        assert area.defined[column] == (len(np.unique(y[known])) == 2)
        if area.defined[column]:
            assert area.values[column] == pytest.approx(roc_auc_score(y[known], s[known]), abs=1e-12)
            assert precision.values[column] == pytest.approx(average_precision_score(y[known], s[known]), abs=1e-12)


@given(cases())
def test_float32_is_sorted_as_it_is(case):
    scores, targets = case[0].clip(-1e30, 1e30).astype(np.float32), case[1].astype(np.float32)
    wide = ranking_metrics(scores.astype(float), targets.astype(float))
    for narrow, other in zip(ranking_metrics(scores, targets), wide, strict=True):
        np.testing.assert_array_equal(narrow.values, other.values)


@given(cases())
def test_only_the_order_counts_and_images_may_come_in_any_order(case):
    scores, targets = case
    ranks = np.stack([np.unique(column, return_inverse=True)[1] for column in scores.T], axis=1)
    order = np.random.default_rng(0).permutation(len(scores))
    for result, other in zip(
        ranking_metrics(scores, targets), ranking_metrics(ranks[order], targets[order]), strict=True
    ):
        np.testing.assert_allclose(result.values, other.values, atol=1e-12)


@given(cases())
def test_an_image_with_no_known_label_changes_nothing(case):
    scores, targets = case
    more = np.vstack([scores, scores[:1]]), np.vstack([targets, np.full_like(targets[:1], NAN)])
    for result, other in zip(ranking_metrics(scores, targets), ranking_metrics(*more), strict=True):
        np.testing.assert_array_equal(result.values, other.values)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_many_images_equal_scikit_learn(dtype):
    rng = np.random.default_rng(0)
    targets = (rng.random(400_000) < 0.3).astype(dtype)
    scores = (targets + rng.normal(size=len(targets))).round(4).astype(dtype)
    area, precision = ranking_metrics(scores[:, None], targets[:, None])
    assert area.values[0] == pytest.approx(roc_auc_score(targets, scores), abs=1e-12)
    assert precision.values[0] == pytest.approx(average_precision_score(targets, scores), abs=1e-12)


def test_macro_is_the_mean_of_defined_findings_alone():
    scores = np.array([[0.1, 0.2, 0.3], [0.9, 0.1, 0.4], [0.2, 0.6, 0.5], [0.1, 0.5, 0.6]])
    targets = np.array([[0, 1, 1], [1, 0, NAN], [0, 1, 1], [NAN, 0, 1]])
    result = auroc(scores, targets)
    assert result.defined.tolist() == [True, True, False]
    assert result.macro == pytest.approx((result.values[0] + result.values[1]) / 2)
    assert average_precision(scores, targets).defined.tolist() == [True, True, False]


def test_macro_without_any_defined_finding_is_an_error_that_names_the_counts():
    result = auroc(np.zeros((3, 2)), [[1, 0], [1, NAN], [NAN, 0]], ["edema", "mass"])
    assert np.isnan(result.values).all()
    with pytest.raises(LucencyError, match=r"no finding has both .* \(finding 'edema' 2\+ 0-, finding 'mass' 0\+ 2-\)"):
        _ = result.macro


@pytest.mark.parametrize("bad", [NAN, np.inf, -np.inf])
@pytest.mark.parametrize("metric", [auroc, average_precision, ranking_metrics])
def test_a_score_that_is_not_finite_is_an_error_even_where_the_label_is_unknown(metric, bad):
    scores, targets = np.zeros((4, 2)), np.full((4, 2), NAN)
    scores[2, 1] = bad
    with pytest.raises(LucencyError, match=f"score of finding 'mass' in row 2 is {bad}"):
        metric(scores, targets, ["edema", "mass"])
    with pytest.raises(LucencyError, match="score of finding 1 in row 2"):
        metric(scores, targets)


@pytest.mark.parametrize("bad", [-1, 2, 0.5, np.inf])
def test_a_target_other_than_0_1_and_unknown_is_an_error(bad):
    targets = np.zeros((4, 2))
    targets[3, 0] = bad
    with pytest.raises(
        LabelError, match=f"target of finding 'edema' in row 3 is {bad:g}; .*soft targets are for train"
    ):
        auroc(np.zeros((4, 2)), targets, ["edema", "mass"])


@pytest.mark.parametrize(
    ("scores", "targets", "findings", "message"),
    [
        (np.zeros((3, 2)), np.zeros((2, 3)), None, r"scores are \(3, 2\) and targets \(2, 3\)"),
        (np.zeros(3), np.zeros(3), None, "must be .images, findings."),
        (np.zeros((0, 2)), np.zeros((0, 2)), None, "at least one of each"),
        (np.zeros((3, 2)), np.zeros((3, 2)), ["edema"], "1 finding names for 2 columns"),
    ],
)
def test_wrong_shapes_are_an_error(scores, targets, findings, message):
    with pytest.raises(LucencyError, match=message):
        auroc(scores, targets, findings)


def test_published_network_on_real_images(real_data):
    """The mean of 14 that the scores' own publication gives."""
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(real_data / "nih_scores_densenet121" / "nih_test_preds_and_nlp_labels.csv.gz")
    names = [column.removeprefix("prob_") for column in table if column.startswith("prob_")]
    scores = table[[f"prob_{name}" for name in names]].to_numpy()
    targets = table[[f"y_{name}" for name in names]].to_numpy(float)
    area, precision = ranking_metrics(scores, targets, names)
    assert round(area.macro, 4) == 0.8383
    np.testing.assert_allclose(area.values, roc_auc_score(targets, scores, average=None), atol=1e-12)
    np.testing.assert_allclose(precision.values, average_precision_score(targets, scores, average=None), atol=1e-12)
