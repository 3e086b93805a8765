import gzip
import logging

import numpy as np
import pandas as pd
import pytest

from lucency.data import finding_columns
from lucency.data.importers import import_vindr, read_vindr_boxes
from lucency.data.importers.vindr import DECLARATION
from lucency.errors import ConfigError, LabelError, TableError
from lucency.labels import TargetPolicy
from references.reader_votes import counted_states, kaggle_votes, rows_of

GLOBAL = ["COPD", "Lung tumor", "Pneumonia", "Tuberculosis", "Other diseases"]
LOCAL = [
    "Aortic enlargement", "Atelectasis", "Calcification", "Cardiomegaly", "Clavicle fracture", "Consolidation", "Edema",
    "Emphysema", "Enlarged PA", "ILD", "Infiltration", "Lung Opacity", "Lung cavity", "Lung cyst", "Mediastinal shift",
    "Nodule/Mass", "Pleural effusion", "Pleural thickening", "Pneumothorax", "Pulmonary fibrosis", "Rib fracture",
    "Other lesion",
]  # fmt: skip
KINDS = {  # by findings.yaml, as far as Kaggle's classes go
    "Lung Opacity": [
        "Atelectasis", "Calcification", "Consolidation", "ILD", "Infiltration", "Nodule/Mass", "Pulmonary fibrosis",
    ],
}  # fmt: skip
COLUMNS = [*LOCAL, *GLOBAL, "No finding"]
KAGGLE = """\
image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max
a,No finding,14,R1,,,,
a,No finding,14,R2,,,,
b,Edge,0,R1,10,20,110,70.5
b,Edge,0,R1,12,22,112,72
b,Nodule/Mass,8,R1,1,2,3,4
b,Edge,0,R2,11,21,111,71
b,Edge,0,R3,11,21,111,71
b,Nodule/Mass,8,R3,1,2,3,4
""".replace("Edge", "Aortic enlargement")


def physionet(path, readings, other="Other diseases"):
    """`readings`: (image, reader or None for the consensus, named labels)."""
    columns = [other if column == "Other diseases" else column for column in COLUMNS]
    consensus = readings[0][1] is None
    lines = [["image_id", *([] if consensus else ["rad_id"]), *columns]]
    for image, reader, named in readings:
        cells = ["1" if column in named else "0" for column in columns]
        lines.append([image, *([] if consensus else [reader]), *cells])
    path.write_text("\n".join(",".join(line) for line in lines) + "\n")
    return path


@pytest.fixture
def train(tmp_path):
    readings = [
        ("a", "R1", {"Pneumonia", "Lung Opacity"}),
        ("b", "R1", {"No finding"}),
        ("a", "R2", {"Pneumonia"}),
        ("b", "R2", {"No finding"}),
        ("a", "R3", {"Other diseases"}),
        ("b", "R3", {"Calcification"}),
    ]
    return physionet(tmp_path / "image_labels_train.csv", readings)


@pytest.fixture
def test(tmp_path):
    return physionet(tmp_path / "image_labels_test.csv", [("c", None, {"Other disease"})], other="Other disease")


@pytest.fixture
def kaggle(tmp_path):
    path = tmp_path / "train.csv"
    path.write_text(KAGGLE)
    return path


def _not_negative(frame):
    return [
        {finding: row[finding] for finding in finding_columns(frame) if row[finding] != "negative"}
        for row in frame.to_dict("records")
    ]


@pytest.mark.parametrize(
    ("readers", "expected"),
    [
        (
            "majority",  # two of three; nobody denies the broader findings of pneumonia
            [
                {"pneumonia": "positive"} | dict.fromkeys(["consolidation", "lung_opacity"], "unmentioned"),
                {"no_finding": "positive"},
            ],
        ),
        (
            "any",  # no_finding needs every reader
            [
                dict.fromkeys(["lung_opacity", "pneumonia", "other_disease"], "positive")
                | {"consolidation": "unmentioned"},
                {"calcification": "positive", "lung_opacity": "unmentioned"},
            ],
        ),
        ("all", [{}, {}]),
        (
            "soft",
            [
                dict.fromkeys(["lung_opacity", "pneumonia", "other_disease"], "uncertain")
                | {"consolidation": "unmentioned"},
                dict.fromkeys(["calcification", "no_finding"], "uncertain") | {"lung_opacity": "unmentioned"},
            ],
        ),
    ],
)
def test_three_readers_become_one_state(train, readers, expected):
    frame = import_vindr(train, readers=readers)
    assert set(finding_columns(frame)) == set(DECLARATION.findings)
    assert len(finding_columns(frame)) == 28
    assert _not_negative(frame) == expected


def test_soft_labels_are_the_share_of_readers_and_become_targets(train, test):
    frame = import_vindr(train, test, readers="soft")
    assert frame["share_pneumonia"].tolist() == ["0.666667", "0", ""]
    assert frame["share_no_finding"].tolist() == ["0", "0.666667", ""]
    targets = TargetPolicy(uncertain="share").targets(frame, ["pneumonia", "other_disease", "edema"])
    np.testing.assert_allclose(targets, [[2 / 3, 1 / 3, 0], [0, 0, 0], [0, 1, 0]], atol=1e-6)


def test_two_readers_who_differ_leave_it_uncertain(tmp_path):
    path = physionet(tmp_path / "labels.csv", [("a", "R1", {"Edema"}), ("a", "R2", {"No finding"})])
    uncertain = dict.fromkeys(["edema", "no_finding"], "uncertain")
    assert _not_negative(import_vindr(path)) == [uncertain | {"lung_opacity": "unmentioned"}]


def test_both_files_of_physionet_keep_their_split_and_ids(train, test):
    frame = import_vindr(test, train)
    assert frame["image"].tolist() == frame["patient"].tolist() == frame["study"].tolist() == ["c", "a", "b"]
    assert frame["split"].tolist() == ["test", "train", "train"]
    assert set(frame["source"] + frame["view"]) == {"vindrPA"}
    assert _not_negative(frame)[0] == {"other_disease": "positive"}


def test_the_rows_of_kaggle_are_boxes_and_count_once_a_reader(kaggle):
    frame = import_vindr(kaggle, readers="soft")
    assert len(finding_columns(frame)) == 15
    assert "split" not in frame
    assert _not_negative(frame) == [
        {"no_finding": "positive"},
        {"aortic_enlargement": "positive", "nodule_mass": "uncertain", "lung_opacity": "unmentioned"},
    ]
    assert frame["share_nodule_mass"].tolist() == ["0", "0.666667"]


def test_images_are_found_by_their_id(train, tmp_path):
    (tmp_path / "images" / "train").mkdir(parents=True)
    (tmp_path / "images" / "train" / "b.dicom").touch()
    with pytest.raises(TableError, match=r"1 of 2 images are not in .*: row 1 \(a\)"):
        import_vindr(train, images=tmp_path / "images")
    frame = import_vindr(train, images=tmp_path / "images", missing_images="drop")
    assert frame[["image", "patient"]].to_numpy().tolist() == [["train/b.dicom", "b"]]


def test_a_reader_who_contradicts_himself_is_reported_and_counted(tmp_path, caplog):
    path = physionet(tmp_path / "labels.csv", [("a", "R1", {"Edema", "No finding"})])
    with caplog.at_level(logging.WARNING):
        frame = import_vindr(path)
    assert "1 of 1 readings name No finding beside a finding" in caplog.text
    assert _not_negative(frame) == [{"edema": "positive", "lung_opacity": "unmentioned", "no_finding": "positive"}]


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("Calcification", "Calcificaton", TableError, "rename 'Calcificaton' to 'Calcification'"),
        ("Lung Opacity", "Lung opacity", TableError, "rename 'Lung opacity' to 'Lung Opacity'"),
        ("a,R2,0", "a,R2,-1", LabelError, "Aortic enlargement: no declared meaning for '-1' (1 time)"),
        ("a,R2,0", "a,R2,", LabelError, "Aortic enlargement: no declared meaning for '' (1 time)"),
        ("a,R2", "a,R1", TableError, "the same reader reads a twice"),
        ("image_id", "study_id", TableError, "column image_id is missing"),
    ],
)
def test_another_physionet_file_is_refused(train, old, new, error, message):
    train.write_text(train.read_text().replace(old, new))
    with pytest.raises(error) as caught:
        import_vindr(train)
    assert message in str(caught.value)


def test_a_further_label_is_not_passed_over(train):
    table = pd.read_csv(train, dtype=str).assign(**{"Situs inversus": "0"})
    table.to_csv(train, index=False)
    with pytest.raises(LabelError, match=r"columns: no declared meaning for 'Situs inversus' \(1 time\)"):
        import_vindr(train)


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("Nodule/Mass", "Nodule", LabelError, "'Nodule' (2 times); did you mean 'Nodule/Mass'"),
        ("Nodule/Mass", "Edema", LabelError, "no declared meaning for 'Edema' (2 times)"),  # a label of PhysioNet only
        ("rad_id", "radiologist", TableError, "column rad_id is missing"),
        ("class_name,class_id", "class_name,id", TableError, "looks like the boxes of VinDr-CXR, which read_vindr"),
    ],
)
def test_another_kaggle_file_is_refused(kaggle, old, new, error, message):
    kaggle.write_text(KAGGLE.replace(old, new))
    with pytest.raises(error) as caught:
        import_vindr(kaggle)
    assert message in str(caught.value)


def test_files_that_do_not_go_together_are_refused(train, kaggle):
    with pytest.raises(TableError, match="are files of PhysioNet and of Kaggle"):
        import_vindr(train, kaggle)
    with pytest.raises(TableError, match="the same reader reads a, b, a and 3 more twice"):
        import_vindr(train, train)
    with pytest.raises(TableError, match="no label file given"):
        import_vindr()
    with pytest.raises(ConfigError, match="readers must be"):
        import_vindr(train, readers="mean")


def test_boxes_have_corner_and_size_of_what_a_reader_drew(kaggle):
    boxes = read_vindr_boxes(kaggle)
    assert len(boxes) == 6
    assert boxes.iloc[0].to_dict() == {
        "image": "b", "finding": "aortic_enlargement", "x": 10.0, "y": 20.0, "width": 100.0, "height": 50.5,
        "reader": "R1",
    }  # fmt: skip


def test_boxes_of_the_consensus_have_no_reader(tmp_path):
    path = tmp_path / "annotations_test.csv"
    path.write_text("image_id,class_name,x_min,y_min,x_max,y_max\na,Edema,1,2,3,4\na,COPD,,,,\n")
    assert read_vindr_boxes(path).to_dict("list") == {
        "image": ["a"], "finding": ["edema"], "x": [1.0], "y": [2.0], "width": [2.0], "height": [2.0], "reader": [""],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("Nodule/Mass", "Nodul/Mass", LabelError, "did you mean 'Nodule/Mass'"),
        ("10,20,110,70.5", "10,20,10,70.5", TableError, "width is 0.0 in row 1"),
        ("10,20,110,70.5", "10,20,wide,70.5", TableError, "width is nan in row 1"),
        ("10,20,110,70.5", "10,20,,70.5", TableError, "width is nan in row 1"),
        ("x_min", "left", TableError, "column x_min is missing"),
    ],
)
def test_what_is_no_box_is_refused(kaggle, old, new, error, message):
    kaggle.write_text(KAGGLE.replace(old, new))
    with pytest.raises(error) as caught:
        read_vindr_boxes(kaggle)
    assert message in str(caught.value)


@pytest.fixture(scope="module")
def published(label_files):
    return label_files / "vinbigdata-train.csv.gz"


@pytest.fixture(scope="module")
def published_votes(published):
    return kaggle_votes(published)


@pytest.mark.parametrize("readers", ["majority", "any", "all", "soft"])
def test_the_published_kaggle_file_keeps_its_counts(published, published_votes, readers):
    counts = counted_states(published_votes, readers, in_agreement="No finding", kinds=KINDS)
    expected = {DECLARATION.words[name]: count for name, count in counts.items()}
    frame = import_vindr(published, readers=readers)
    assert len(frame) == 15_000
    assert {finding: frame[finding].value_counts().to_dict() for finding in finding_columns(frame)} == expected


def test_the_published_kaggle_file_keeps_its_boxes(published):
    drawn = [row for row in rows_of(published) if row["x_min"]]
    boxes = read_vindr_boxes(published)
    assert boxes["finding"].tolist() == [DECLARATION.words[row["class_name"]] for row in drawn]
    assert (boxes["x"] + boxes["width"]).tolist() == [float(row["x_max"]) for row in drawn]
    assert boxes["reader"].tolist() == [row["rad_id"] for row in drawn]


def test_a_compressed_file_is_read_too(kaggle, tmp_path):
    packed = tmp_path / "train.csv.gz"
    packed.write_bytes(gzip.compress(KAGGLE.encode()))
    pd.testing.assert_frame_equal(import_vindr(packed), import_vindr(kaggle))
