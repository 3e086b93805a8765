import csv
import gzip
import logging

import pytest

from lucency.data.importers.padchest import DECLARATION, import_padchest
from lucency.errors import ConfigError, LabelError, TableError
from lucency.labels import TargetPolicy, labelled_cells, vocabulary
from references.padchest_counts import padchest_counts
from references.state_counts import state_counts

COLUMNS = (
    "ImageID", "ImageDir", "StudyDate_DICOM", "StudyID", "PatientID", "PatientBirth", "PatientSex_DICOM", "Projection",
    "MethodLabel", "Labels",
)  # fmt: skip
PLAIN = ("a.png", "0", "20140915", "s1", "p1", "1930.0", "F", "PA", "Physician", "['normal']")
FILE = "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz"


@pytest.fixture
def written(tmp_path):
    """Writes a label file of which each row is `PLAIN` but for what is given, and image a.png, b.png, ..."""

    def write(*rows, columns=COLUMNS):
        path = tmp_path / "labels.csv"
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for number, row in enumerate(rows):
                cells = dict(zip(COLUMNS, PLAIN, strict=True)) | {"ImageID": f"{'abcdefghij'[number]}.png"} | row
                writer.writerow(cells.values())
        return path

    return write


def states_of(row):
    return {finding: row[finding] for finding in DECLARATION.findings if row[finding] != "unmentioned"}


@pytest.mark.parametrize(
    ("labels", "stated"),
    [
        ("['normal']", {"no_finding": "positive"}),
        ("['', ' normal']", {"no_finding": "positive"}),
        ("['cardiomegaly', ' pleural effusion']", {"cardiomegaly": "positive", "effusion": "positive"}),
        ("['rib fracture', 'callus rib fracture']", {"rib_fracture": "positive"}),
        ("['hydropneumothorax']", {"effusion": "positive", "pneumothorax": "positive"}),
        ("['goiter', 'NSG tube']", {"support_devices": "positive"}),
        ("['cardiomegaly', ' normal']", {"cardiomegaly": "positive", "no_finding": "uncertain"}),
        ("['goiter', ' normal']", {"no_finding": "uncertain"}),
        ("['pseudonodule', 'increased density', 'cyst']", {}),
        ("['aortic endoprosthesis']", {"support_devices": "positive"}),
    ],
)
def test_a_word_is_positive_and_everything_else_unmentioned(labels, stated, written):
    frame = import_padchest(written({"Labels": labels}))
    assert states_of(frame.iloc[0]) == stated
    assert "labelled" not in frame


@pytest.mark.parametrize(
    ("labels", "labelled"),
    [
        ("", []),
        ("nan", []),
        ("[]", []),
        ("['']", []),
        ("['unchanged']", []),
        ("['pleural effusion']", [*DECLARATION.findings]),
        ("['pleural effusion', ' unchanged']", ["effusion"]),
        ("['suboptimal study', 'cardiomegaly', 'goiter']", ["cardiomegaly"]),
        ("['exclude']", []),
    ],
)
def test_silence_of_an_incomplete_report_says_nothing(labels, labelled, written):
    frame = import_padchest(written({"Labels": labels}, {"Labels": "['unchanged']"}), excluded="keep")
    cells = labelled_cells(frame, DECLARATION.findings)
    assert [finding for finding, known in zip(DECLARATION.findings, cells[0], strict=True) if known] == labelled
    target = TargetPolicy(unmentioned="negative").targets(frame, ["hernia"])[0, 0]
    assert (target == 0) == ("hernia" in labelled)


def test_what_the_file_says_of_the_image_is_kept(written):
    row = import_padchest(written({"Projection": "AP_horizontal"})).iloc[0]
    assert row[["image", "patient", "study", "view", "age", "sex", "source"]].tolist() == [
        "a.png", "p1", "s1", "AP", 84.0, "F", "padchest",
    ]  # fmt: skip


def test_views_ages_and_sexes(written, caplog):
    frame = import_padchest(
        written(
            {"Projection": "L", "PatientBirth": "", "PatientSex_DICOM": "nan"},
            {"Projection": "COSTAL", "PatientBirth": "1901", "PatientSex_DICOM": "O"},
            {"Projection": "UNK", "PatientBirth": "1800.0", "PatientSex_DICOM": ""},
        )
    )
    assert frame["view"].tolist() == ["LATERAL", "COSTAL", ""]
    assert frame["age"].fillna(-1).tolist() == [-1, 113, -1]
    assert frame["sex"].tolist() == ["", "O", ""]
    assert "1 impossible ages" in caplog.text


def test_rows_that_the_archive_excludes_are_left_out_with_a_warning(written, caplog):
    path = written({"Labels": "['exclude', 'cardiomegaly']"}, {"Projection": "EXCLUDE"}, {})
    with caplog.at_level(logging.WARNING):
        assert import_padchest(path)["image"].tolist() == ["c.png"]
    assert "2 rows that the archive marks as excluded" in caplog.text
    kept = import_padchest(path, excluded="keep")
    assert kept["image"].tolist() == ["a.png", "b.png", "c.png"]
    assert states_of(kept.iloc[0]) == {"cardiomegaly": "positive"}
    with pytest.raises(TableError, match="no row is left; import with other choices"):
        import_padchest(written({"Labels": "['exclude']"}))


def test_rows_that_a_physician_labelled(written):
    path = written({"MethodLabel": "RNN_model"}, {})
    assert import_padchest(path, method="physician")["image"].tolist() == ["b.png"]
    assert len(import_padchest(path)) == 2


@pytest.mark.parametrize("arguments", [{"method": "Physician"}, {"excluded": "dropp"}])
def test_unknown_choices_are_refused(arguments, written):
    (argument,) = arguments
    with pytest.raises(ConfigError, match=f"import_padchest: {argument} is '.*'; use "):
        import_padchest(written({}), **arguments)


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        (
            {"Labels": "['cardiomegally', 'x']"},
            LabelError,
            "'cardiomegally' (1 time), 'x' (1 time); did you mean 'cardi",
        ),
        ({"Labels": "['Chilaiditi']"}, LabelError, "did you mean 'Chilaiditi sign'?"),
        ({"Labels": "cardiomegaly"}, LabelError, "Labels is 'cardiomegaly' in row 1; it holds lists of words such as"),
        ({"Labels": "['a'"}, LabelError, "Labels is \"['a'\" in row 1"),
        ({"Labels": "'normal'"}, LabelError, "in row 1; it holds lists of words"),
        ({"Labels": "[1]"}, LabelError, "Labels is '[1]' in row 1"),
        ({"Labels": "[" * 10_000}, LabelError, "in row 1; it holds lists of words"),
        ({"Labels": "[open('x')]"}, LabelError, "in row 1; it holds lists of words"),
        ({"Projection": "PPA"}, LabelError, "Projection: no declared meaning for 'PPA' (1 time); did you mean 'PA'"),
        ({"PatientSex_DICOM": "Q"}, LabelError, "PatientSex_DICOM: no declared meaning for 'Q'"),
        ({"MethodLabel": "RNN"}, LabelError, "MethodLabel: no declared meaning for 'RNN' (1 time)"),
        ({"StudyDate_DICOM": "2014"}, TableError, "StudyDate_DICOM is '2014'; it holds dates such as"),
        ({"PatientBirth": "30"}, TableError, "PatientBirth is '30'; it holds years such as"),
        ({"PatientBirth": "2015.0"}, TableError, "age is '-1' in row 1"),
    ],
)
def test_what_has_no_declared_meaning_is_refused_in_one_line(row, error, message, written):
    with pytest.raises(error) as caught:
        import_padchest(written(row, {}))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unknown_words_are_counted_over_all_rows(written):
    path = written({"Labels": "['oedema']"}, {"Labels": "['oedema', 'normal']"}, {})
    with pytest.raises(LabelError, match=r"Labels: no declared meaning for 'oedema' \(2 times\)"):
        import_padchest(path)


def test_another_file_is_refused(written, tmp_path):
    path = written({}, columns=[column.replace("Labels", "Label") for column in COLUMNS])
    with pytest.raises(TableError, match="is no PadChest label file: column Labels is missing"):
        import_padchest(path)
    with pytest.raises(TableError, match="no such file"):
        import_padchest(tmp_path / "absent.csv")


def test_images_are_found_in_the_numbered_folders_or_in_one(written, tmp_path):
    path = written({}, {}, {})
    for image in ("numbered/0/a.png", "numbered/1/b.png", "flat/b.png", "flat/c.png", "flat/a.png"):
        (tmp_path / image).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / image).touch()
    assert import_padchest(path, images=tmp_path / "flat")["image"].tolist() == ["a.png", "b.png", "c.png"]
    with pytest.raises(TableError, match=r"1 of 3 images are not in .*: row 3 \(c\.png\)"):
        import_padchest(path, images=tmp_path / "numbered")
    frame = import_padchest(path, images=tmp_path / "numbered", missing_images="drop")
    assert frame["image"].tolist() == ["0/a.png", "1/b.png"]


def test_the_declaration_covers_the_vocabulary():
    expected = {word: entry.id for entry in vocabulary() for word in entry.names.get("padchest", ())}
    assert dict(DECLARATION.words) == expected
    assert all(DECLARATION.left_out.values())


def test_every_label_of_the_published_file_is_declared_and_no_other(label_files):
    words = set()
    with gzip.open(label_files / FILE, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words.update(word.strip() for word in row["Labels"].strip("[]").replace("'", "").split(","))
    assert words - {"nan"} == {*DECLARATION.words, *DECLARATION.left_out, "hydropneumothorax"}


@pytest.mark.slow
@pytest.mark.parametrize("by_physicians", [False, True])
def test_the_published_file_keeps_its_counts(by_physicians, label_files):
    path = label_files / FILE
    arguments = {"method": "physician", "excluded": "keep"} if by_physicians else {}
    frame = import_padchest(path, **arguments)
    expected = padchest_counts(path, physician_only=by_physicians, with_excluded=by_physicians)
    assert state_counts(frame, DECLARATION.findings) == expected["findings"]
    assert len(frame) == expected["rows"]
    assert (frame["patient"].nunique(), frame["study"].nunique()) == (expected["patients"], expected["studies"])
    assert frame["age"].fillna(-1).value_counts().to_dict() == expected["ages"]
    views = expected["views"]
    assert (frame["view"].eq("PA").sum(), frame["view"].eq("LATERAL").sum()) == (views["PA"], views["L"])
    assert frame["view"].eq("AP").sum() == views["AP"] + views["AP_horizontal"]
