"""What a study refuses, what it shows to whom, and how it is made from a study table."""

import numpy as np
import pandas as pd
import pytest

from lucency.comparison import single_positive_study
from lucency.data.phantom import write_phantom
from lucency.errors import ConfigError, LucencyError, TableError


def test_training_sees_observed_labels_and_validation_both(study, make_study):
    train, val = study.rows("train"), study.rows("val")
    np.testing.assert_array_equal(study.targets("observed"), study.observed[train])
    np.testing.assert_array_equal(study.targets("truth"), study.truth[train])
    np.testing.assert_array_equal(study.validation_labels("clean"), study.truth[val])
    observed = study.validation_labels("observed")
    np.testing.assert_array_equal(observed == 1, study.observed[val] == 1)
    assert set(np.unique(observed)) == {0, 1}
    assert study.positives_per_image == pytest.approx((study.truth[train] == 1).sum() / len(train))


def test_the_fingerprint_is_of_the_content(study, make_study):
    assert make_study().fingerprint == study.fingerprint == make_study(name="other").fingerprint
    for name in ("inputs", "truth", "observed"):
        changed = getattr(study, name).copy()
        changed[3, 1] = 0.25
        assert make_study(**{name: changed}).fingerprint != study.fingerprint
    assert make_study(patients=np.array([f"q{i // 2}" for i in range(240)])).fingerprint != study.fingerprint


def test_what_is_no_study_is_refused(study, make_study):
    splits = study.splits.copy()
    splits[0] = "test"
    with pytest.raises(TableError, match="patient p0 is in two splits"):
        make_study(splits=splits)
    with pytest.raises(TableError, match="no image is in split test"):
        make_study(splits=np.where(study.splits == "test", "val", study.splits))
    with pytest.raises(TableError, match="by its observed labels no finding"):
        make_study(observed=np.full_like(study.observed, np.nan))
    with pytest.raises(TableError, match="a patient and a split"):
        make_study(patients=study.patients[1:])
    with pytest.raises(TableError, match="labels are"):
        make_study(truth=study.truth[:, :2])


def test_a_study_table_becomes_a_study_of_one_positive_an_image(tmp_path):
    write_phantom(tmp_path, images=80, size=32, workers=1, format="png")
    table = tmp_path / "truth.csv"
    inputs = np.zeros((80, 3), dtype=np.float32)
    study = single_positive_study(table, inputs)
    frame = pd.read_csv(table)
    np.testing.assert_array_equal(study.truth, (frame[list(study.findings)] == "positive").to_numpy())
    assert "no_finding" not in study.findings
    assert ((study.observed == 1).sum(axis=1) == (study.truth == 1).any(axis=1)).all()
    assert (study.truth[study.observed == 1] == 1).all()
    assert not (study.observed == 0).any()
    again, other = (single_positive_study(table, inputs, seed=seed) for seed in (0, 1))
    assert study.fingerprint == again.fingerprint != other.fingerprint
    with pytest.raises(ConfigError, match="80 rows for 79 inputs"):
        single_positive_study(table, inputs[1:])
    with pytest.raises(LucencyError, match="unmentioned"):
        single_positive_study(table, inputs, unmentioned="negativ")
