"""Every figure of every finding and their intervals against naive recomputation."""

import numpy as np
import pytest

from lucency.errors import LucencyError
from lucency.results.report.performance import measure_performance
from lucency.results.report.scored_images import ScoredImages
from references import calibration, ranking, resampling

REPLICATES, SEED = 40, 3
MEASURES = {
    "auroc": resampling.auroc,
    "average_precision": ranking.average_precision,
    "brier": calibration.brier,
    "log_loss": calibration.log_loss,
}


@pytest.mark.parametrize("name", MEASURES)
def test_figures_and_intervals_are_those_of_the_definitions(images, name):
    figures, average = measure_performance(images, replicates=REPLICATES, seed=SEED)
    defined = [0, 1] if name in ("auroc", "average_precision") else [0, 1, 2]

    def measure(column, rows):
        return MEASURES[name](images.raw[rows, column], images.targets[rows, column])

    def mean(rows):
        return float(np.nanmean([measure(column, rows) for column in defined]))

    for column in range(3):
        found = getattr(figures[column], name)
        if column not in defined:
            assert (found.value, found.low, found.high) == (None, None, None)
            continue
        low, high = resampling.interval(lambda rows, c=column: measure(c, rows), images.patients, REPLICATES, SEED)
        assert found.value == pytest.approx(measure(column, list(range(len(images.targets)))))
        assert (found.low, found.high) == pytest.approx((low, high))
    found = getattr(average, name)
    assert found.value == pytest.approx(mean(list(range(len(images.targets)))))
    assert (found.low, found.high) == pytest.approx(resampling.interval(mean, images.patients, REPLICATES, SEED))


def test_calibration_error_is_that_of_the_definition(images):
    figures, _ = measure_performance(images, replicates=REPLICATES, seed=SEED)
    for column, figure in enumerate(figures):
        p, y = images.raw[:, column], images.targets[:, column]
        assert figure.calibration_error.value == pytest.approx(
            calibration.expected_calibration_error(p, y, 15, "equal_mass")
        )


def test_calibrated_probabilities_change_calibration_and_not_ranking(images):
    halved = images.calibrated(lambda finding, p: p / 2)
    before, _ = measure_performance(images, replicates=5, seed=0)
    after, _ = measure_performance(halved, replicates=5, seed=0)
    assert [one.auroc for one in after] == [one.auroc for one in before]
    for column, figure in enumerate(after):
        assert figure.brier.value == pytest.approx(
            calibration.brier(images.raw[:, column] / 2, images.targets[:, column])
        )


def test_scores_without_any_defined_finding_are_refused(scores):
    table = scores.assign(target_edema=0.0, target_mass=0.0)
    with pytest.raises(LucencyError, match="no finding has both a positive and a negative label"):
        measure_performance(ScoredImages.of(table), replicates=5, seed=0)
