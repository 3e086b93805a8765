"""Metrics of resamples of one finding against loops, compiled and in NumPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from lucency.metrics import sorted_finding
from lucency.metrics.sorted_finding import SortedFinding
from references import ranking as reference

IMPLEMENTATIONS = {"compiled": sorted_finding.running_areas, "NumPy": sorted_finding.running_areas.instead}


@st.composite
def cases(draw):
    """Scores with ties, labels partly unknown, patients with several images, weights of patients."""
    images, resamples = draw(st.integers(1, 25)), draw(st.integers(1, 5))
    patients = draw(hnp.arrays(np.int64, images, elements=st.integers(0, 9)))
    scores = draw(hnp.arrays(draw(st.sampled_from([np.float32, np.float64])), images, elements=st.integers(-3, 3)))
    targets = draw(hnp.arrays(float, images, elements=st.sampled_from([0.0, 1.0, np.nan])))
    weights = draw(hnp.arrays(np.int32, (10, resamples), elements=st.integers(0, 3)))
    return scores, targets, patients, weights


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@given(case=cases())
def test_weights_count_the_images_of_patients(implementation, case):
    scores, targets, patients, weights = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sorted_finding, "running_areas", IMPLEMENTATIONS[implementation])
        areas = SortedFinding.of(scores, targets, patients).areas(weights)
    assert areas.shape == (2, weights.shape[1])
    for resample in range(weights.shape[1]):
        times = weights[patients, resample]
        for area, metric in zip(areas[:, resample], (reference.auroc, reference.average_precision), strict=True):
            assert area == pytest.approx(metric(scores, targets, times), abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("cells_at_once", [1, 100 * 7, 2**16])
def test_numpy_gives_the_same_in_blocks_of_any_size(cells_at_once, monkeypatch):
    rng = np.random.default_rng(0)
    scores, targets = rng.normal(size=100).round(1), rng.integers(0, 2, 100).astype(float)
    weights = rng.integers(0, 3, (40, 30), dtype=np.int32)
    column = SortedFinding.of(scores, targets, rng.integers(40, size=100))
    expected = column.areas(weights)
    monkeypatch.setattr(sorted_finding, "running_areas", IMPLEMENTATIONS["NumPy"])
    monkeypatch.setattr(sorted_finding, "CELLS_AT_ONCE", cells_at_once)
    np.testing.assert_allclose(column.areas(weights), expected, rtol=1e-13)
