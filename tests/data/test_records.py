import numpy as np
import pytest
from monai.data.utils import list_data_collate

from lucency.data import load_records, read_study_table, write_split_record, write_study_table
from lucency.errors import ConfigError, LucencyError, TableError
from lucency.labels import TargetPolicy
from references.study_tables import plain_table

FINDINGS = ["edema", "effusion"]


@pytest.fixture
def table(tmp_path):
    return write_study_table(plain_table(), tmp_path / "table.csv")


def _load(table, split=None, findings=FINDINGS, **kwargs):
    return load_records(table, findings, split, check_files=False, **kwargs)


def test_a_record_holds_what_the_table_says(table, tmp_path):
    first, last = _load(table)[0], _load(table)[-1]
    assert first.pop("label").tolist() == pytest.approx([float("nan"), 1.0], nan_ok=True)
    assert first == {
        "index": 0,
        "image": str(tmp_path / "images" / "0.png"),
        "file": str(tmp_path / "images" / "0.png"),
        "patient": "00012",
        "study": "1",
        "source": "nih",
        "view": "PA",
        "age": 61.0,
        "sex": "F",
    }
    assert last["label"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("split", ["train", "val", "test", None])
def test_records_are_the_rows_of_the_split_in_order(table, split):
    frame = plain_table()
    rows = frame if split is None else frame[frame["split"] == split]
    records = _load(table, split, allow_unlabelled=True)
    assert [record["patient"] for record in records] == rows["patient"].tolist()


def test_the_index_of_an_image_does_not_depend_on_the_order_of_the_table(table):
    index = {record["image"]: record["index"] for record in _load(table)}
    assert sorted(index, key=index.get) == sorted(index)
    frame = read_study_table(table, check_files=False)
    write_study_table(frame.sample(frac=1, random_state=1), table)
    assert {record["image"]: record["index"] for record in _load(table)} == index


@pytest.mark.parametrize("policy", [{}, {"uncertain": "smooth_ones", "seed": 5}, {"unmentioned": "negative"}])
def test_labels_are_the_targets_of_the_policy(table, policy):
    labels = np.stack([record["label"] for record in _load(table, **policy)])
    expected = TargetPolicy(**policy).targets(plain_table(), FINDINGS)
    assert labels.dtype == np.float32
    np.testing.assert_array_equal(labels, expected)


def test_a_split_gets_the_same_drawn_targets_as_the_whole_table(table):
    whole = {record["image"]: record["label"] for record in _load(table, uncertain="smooth_ones")}
    for record in _load(table, "val", uncertain="smooth_ones"):
        np.testing.assert_array_equal(record["label"], whole[record["image"]])


def test_findings_keep_the_order_asked_for(table):
    forward = np.stack([record["label"] for record in _load(table)])
    backward = np.stack([record["label"] for record in _load(table, findings=FINDINGS[::-1])])
    np.testing.assert_array_equal(forward, backward[:, ::-1])


def test_no_finding_may_rule_out_without_being_asked_for(tmp_path):
    table = write_study_table(plain_table().assign(no_finding="positive"), tmp_path / "table.csv")
    records = _load(table, unmentioned="negative_if_no_finding")
    assert records[0]["label"].tolist() == [0.0, 1.0]


def test_records_make_a_batch(table):
    batch = list_data_collate(_load(table))
    assert tuple(batch["label"].shape) == (6, 2)
    assert batch["index"].tolist() == [0, 1, 2, 3, 4, 5]
    assert batch["age"].isnan().tolist() == [False, False, True, False, False, False]


def test_image_root_replaces_the_folder_of_the_table(table):
    assert _load(table, image_root="/archive")[0]["image"] == "/archive/images/0.png"


def test_absent_files_are_an_error_unless_switched_off(table):
    with pytest.raises(TableError, match="image files are absent"):
        load_records(table, FINDINGS)


def test_a_finding_the_table_lacks_is_suggested(table):
    with pytest.raises(TableError, match="has no finding 'efusion'; did you mean 'effusion'"):
        _load(table, findings=["edema", "efusion"])
    with pytest.raises(TableError, match="has no finding 'mass'; it has effusion, edema"):
        _load(table, findings=["mass"])


@pytest.mark.parametrize("findings", [[], "edema", ["edema", "edema"]])
def test_findings_must_be_a_list_of_different_ids(table, findings):
    with pytest.raises(ConfigError, match="list of different finding ids"):
        _load(table, findings=findings)


def test_a_finding_never_labelled_cannot_be_trained(tmp_path):
    frame = plain_table().assign(edema="unmentioned", effusion="positive")
    table = write_study_table(frame, tmp_path / "table.csv")
    with pytest.raises(TableError, match="edema has no known label in split 'train'"):
        _load(table, "train")
    assert len(_load(table, "train", allow_unlabelled=True)) == 3
    assert len(_load(table, "train", unmentioned="negative")) == 3
    assert len(_load(table, "val")) == 1  # a metric reports it as undefined


def test_splits_that_are_not_there_are_errors(table, tmp_path):
    with pytest.raises(ConfigError, match="unknown split 'valid'; use train, val, test"):
        _load(table, "valid")
    write_study_table(plain_table()[lambda frame: frame["split"] != "val"], table)
    with pytest.raises(TableError, match="no row is in split 'val'; it has test, train"):
        _load(table, "val")
    write_study_table(plain_table().drop(columns="split"), table)
    with pytest.raises(TableError, match="has no column split"):
        _load(table, "val")


def test_misspelt_arguments_are_suggested(table):
    with pytest.raises(ConfigError, match="no argument 'uncertian'; did you mean 'uncertain'"):
        _load(table, uncertian="ones")
    with pytest.raises(ConfigError, match="no argument 'image_rot'; did you mean 'image_root'"):
        _load(table, image_rot="/archive")
    with pytest.raises(ConfigError, match="no argument 'policy'; the label policy takes uncertain, unmentioned"):
        _load(table, policy={"uncertain": "ones"})
    with pytest.raises(LucencyError, match="one"):
        _load(table, uncertain="one")


def test_a_split_that_was_changed_by_hand_is_noticed(table):
    frame = plain_table()
    write_split_record(frame, table, {"train": 1.0}, seed=0)
    assert len(_load(table, "val")) == 1
    write_study_table(frame.assign(split=frame["split"].replace("val", "test")), table)
    with pytest.raises(TableError, match="differ from"):
        _load(table, "test")
