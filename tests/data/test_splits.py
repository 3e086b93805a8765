import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from lucency.data import check_study_table, patient_folds, split_hash, split_patients
from lucency.errors import TableError
from lucency.labels import NIH14
from references.study_tables import plain_table, study_tables

FRACTIONS = {"train": 0.7, "val": 0.1, "test": 0.2}
RATES = {"effusion": 0.3, "edema": 0.1, "fibrosis": 0.04, "hernia": 0.015}


def _cohort(patients: int = 600, seed: int = 0) -> pd.DataFrame:
    """One to six images a patient; findings that repeat within the patient, from common to rare."""
    random = np.random.default_rng(seed)
    images = random.integers(1, 7, patients)
    patient = np.repeat([f"{n:05d}" for n in range(patients)], images)
    frame = pd.DataFrame({"image": [f"{n}.png" for n in range(len(patient))], "patient": patient, "source": "a"})
    for finding, rate in RATES.items():
        ill = np.repeat(random.random(patients) < rate, images) & (random.random(len(patient)) < 0.8)
        frame[finding] = np.where(ill, "positive", "unmentioned")
    return frame


def _positive_patients(frame: pd.DataFrame, finding: str) -> pd.Series:
    """Patients with the finding in each split, collected row by row."""
    patients: dict[str, set[str]] = {name: set() for name in FRACTIONS}
    for split, patient, state in zip(frame["split"], frame["patient"], frame[finding], strict=True):
        if state == "positive":
            patients[split].add(patient)
    return pd.Series({name: len(members) for name, members in patients.items()})


def _error(frame: pd.DataFrame, finding: str) -> float:
    """Largest difference, in patients, between what a split got of a finding and what it should get."""
    counts = _positive_patients(frame, finding)
    return float((counts - counts.sum() * pd.Series(FRACTIONS)).abs().max())


def _random_split(frame: pd.DataFrame, seed: int) -> pd.DataFrame:
    patients = frame["patient"].unique()
    drawn = np.random.default_rng(seed).choice(list(FRACTIONS), len(patients), p=list(FRACTIONS.values()))
    return frame.assign(split=frame["patient"].map(dict(zip(patients, drawn, strict=True))))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(frame=study_tables(), seed=st.integers(0, 2**32 - 1), share=st.floats(0.05, 0.95))
def test_no_patient_is_ever_divided(frame, seed, share):
    try:
        split = split_patients(frame, {"train": share, "test": 1 - share}, seed)
    except TableError:  # too few patients, see below
        reject()
    assert split.groupby("patient")["split"].nunique().eq(1).all()
    assert set(split["split"]) == {"train", "test"}
    pd.testing.assert_frame_equal(split.drop(columns="split"), frame.drop(columns="split"))
    check_study_table(split, "table.csv")


@settings(max_examples=60, deadline=None)
@given(frame=study_tables(), folds=st.integers(2, 4), seed=st.integers(0, 2**32 - 1))
def test_no_patient_is_in_two_folds(frame, folds, seed):
    if frame["patient"].nunique() < folds:
        with pytest.raises(TableError, match="folds"):
            patient_folds(frame, folds, seed)
        return
    fold = patient_folds(frame, folds, seed)
    assert fold.shape == (len(frame),)
    assert set(fold) <= set(range(folds))
    assert pd.Series(fold).groupby(frame["patient"].to_numpy()).nunique().eq(1).all()


@pytest.mark.parametrize("seed", range(3))
def test_every_split_gets_its_share_of_every_finding(seed):
    frame = _cohort(seed=seed)
    stratified = split_patients(frame, FRACTIONS, seed)
    errors = {finding: _error(stratified, finding) for finding in RATES}
    assert max(errors.values()) < 1  # patients: nothing but rounding
    at_random = [sum(_error(_random_split(frame, s), finding) for finding in RATES) for s in range(10)]
    assert sum(errors.values()) < min(at_random) / 2


def test_patients_and_images_come_in_the_asked_shares():
    split = split_patients(_cohort(2000), FRACTIONS, seed=0)
    patients = split.drop_duplicates("patient")["split"].value_counts(normalize=True)
    images = split["split"].value_counts(normalize=True)
    for name, share in FRACTIONS.items():
        assert patients[name] == pytest.approx(share, abs=0.005)
        assert images[name] == pytest.approx(share, abs=0.03)


def test_negatives_and_sources_are_shared_out_too():
    frame = _cohort()
    rare = frame["patient"].isin(frame["patient"].unique()[:20])
    frame.loc[rare & frame["edema"].eq("unmentioned"), "edema"] = "negative"
    frame["source"] = np.where(frame["patient"].isin(frame["patient"].unique()[20:60]), "small", "large")
    split = split_patients(frame, FRACTIONS, seed=0).drop_duplicates("patient")
    for part in (split[split["edema"].eq("negative")], split[split["source"].eq("small")]):
        assert part["split"].value_counts(normalize=True)["test"] == pytest.approx(0.2, abs=0.06)


def test_the_result_depends_on_the_seed_alone():
    frame = _cohort(200)
    first = split_patients(frame, FRACTIONS, seed=3)
    shuffled = frame.sample(frac=1, random_state=1)[[*frame.columns[::-1]]]
    again = split_patients(shuffled, dict(reversed(FRACTIONS.items())), seed=3)
    assert again["split"].sort_index().tolist() == first["split"].tolist()
    assert split_hash(again) == split_hash(first)
    assert split_hash(split_patients(frame, FRACTIONS, seed=4)) != split_hash(first)


def test_folds_depend_on_the_seed_alone():
    frame = _cohort(200)
    order = np.random.default_rng(0).permutation(len(frame))
    assert (patient_folds(frame, 5, seed=1)[order] == patient_folds(frame.iloc[order], 5, seed=1)).all()
    assert (patient_folds(frame, 5, seed=1) != patient_folds(frame, 5, seed=2)).any()


def test_folds_share_out_every_finding():
    frame = _cohort()
    fold = patient_folds(frame, 4, seed=0)
    for finding in RATES:
        ill = frame[frame[finding].eq("positive")].groupby("patient").head(1)
        counts = np.bincount(fold[ill.index], minlength=4)
        assert counts.max() - counts.min() <= 2


def test_within_divides_one_split_and_leaves_the_others():
    frame = split_patients(_cohort(), {"train": 0.8, "test": 0.2}, seed=0)
    divided = split_patients(frame, {"train": 0.9, "val": 0.1}, seed=0, within="train")
    assert divided["split"].eq("test").equals(frame["split"].eq("test"))
    patients = divided.drop_duplicates("patient")["split"].value_counts()
    assert patients["val"] / (patients["val"] + patients["train"]) == pytest.approx(0.1, abs=0.01)


def test_any_index_is_welcome():
    frame = plain_table()
    frame.index = [4, 4, 4, 4, 4, 4]
    assert split_patients(frame, {"train": 0.5, "test": 0.5})["split"].isin(["train", "test"]).all()


@pytest.mark.parametrize(
    ("fractions", "message"),
    [
        ({"train": 0.7, "valid": 0.3}, "unknown split valid"),
        ({"train": 0.7, "val": 0.2}, "add up to 1"),
        ({"train": 1.2, "val": -0.2}, "must be positive"),
        ({}, "add up to 1"),
        ({"train": float("nan"), "val": 0.5}, "must be positive"),
    ],
)
def test_shares_that_make_no_sense_are_refused(fractions, message):
    with pytest.raises(TableError, match=message):
        split_patients(plain_table(), fractions)


def test_too_few_patients_are_refused():
    with pytest.raises(TableError, match="1 patients cannot fill 2 splits"):
        split_patients(plain_table().head(2), {"train": 0.5, "test": 0.5})
    with pytest.raises(TableError, match="split val gets none of 4 patients"):
        split_patients(plain_table(), {"train": 0.95, "val": 0.05})


def test_labels_of_one_patient_do_not_draw_everyone_to_the_largest_split():
    patients = [f"{n}" for n in range(14)]
    frame = pd.DataFrame({"patient": patients})
    for patient, finding in zip(patients, NIH14, strict=True):
        frame[finding] = np.where(frame["patient"].eq(patient), "positive", "unmentioned")
    counts = split_patients(frame, {"train": 0.6, "val": 0.2, "test": 0.2}, seed=0)["split"].value_counts()
    assert counts["train"] in (8, 9)
    assert counts.min() >= 2


def test_dividing_an_absent_split_is_refused():
    with pytest.raises(TableError, match="no row is in split 'train'"):
        split_patients(plain_table().drop(columns="split"), {"train": 0.5, "val": 0.5}, within="train")


@pytest.mark.parametrize("folds", [1, 5])
def test_impossible_folds_are_refused(folds):
    with pytest.raises(TableError, match="choose 2 to 4"):
        patient_folds(plain_table(), folds)


def test_the_hash_changes_when_a_patient_moves():
    frame = plain_table()
    moved = frame.assign(split=frame["split"].mask(frame["patient"].eq("7"), "test"))
    assert split_hash(moved) != split_hash(frame)
    assert split_hash(frame.drop(index=0)) == split_hash(frame)  # the same patients are in the same splits
