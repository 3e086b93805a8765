"""A published network on NIH ChestX-ray14: one half of the patients calibrates the other."""

from types import SimpleNamespace

import numpy as np
import pytest

from lucency.inference.calibration.measures import compare
from lucency.labels import NIH14
from lucency.metrics import expected_calibration_error
from support import script


@pytest.mark.slow
def test_halves_calibrate_each_other(real_data):
    """Log-loss and calibration error fall, but for findings that the network calibrates as well as chance allows."""
    benchmark = SimpleNamespace(**script("scripts/benchmarks/calibration.py"))
    frame = benchmark.read_table(real_data / "nih_scores_densenet121" / "nih_test_preds_and_nlp_labels.csv.gz")
    raw, targets = benchmark.arrays(frame)
    calibrated, maps = benchmark.apply_halves(frame)
    result = compare(raw, calibrated, targets, frame["patient"], replicates=1, seed=0)
    assert (targets == 1).sum(axis=0).min() < 100 < np.sort((targets == 1).sum(axis=0))[1]  # hernia alone is rarer
    left = []
    for column, finding in enumerate(NIH14):
        if (targets[:, column] == 1).sum() < 100:
            continue
        if {one[finding] for one in maps} == {"none"}:
            left.append(column)
            continue
        assert result.loc[column, "log_loss_calibrated"] < result.loc[column, "log_loss_raw"], finding
        assert result.loc[column, "ece_calibrated"] < result.loc[column, "ece_raw"], finding
    assert len(left) <= 2
    rng = np.random.default_rng(0)
    for column in left:
        p = raw[:, [column]]
        chance = [expected_calibration_error(p, rng.random(p.shape) < p).macro for _ in range(100)]
        assert result.loc[column, "ece_raw"] < np.quantile(chance, 0.95), NIH14[column]
