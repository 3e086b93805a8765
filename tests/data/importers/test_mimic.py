"""The files of MIMIC-CXR-JPG are not public; these are made in their published format."""

import gzip
import logging
import random

import pandas as pd
import pytest

from lucency.data.importers.mimic import DECLARATION, import_mimic
from lucency.errors import LabelError, TableError
from references.label_counts import CHEXPERT, chexpert_state, count, counted, read_rows

COLUMNS = (
    "Atelectasis,Cardiomegaly,Consolidation,Edema,Enlarged Cardiomediastinum,Fracture,Lung Lesion,Lung Opacity,"
    "No Finding,Pleural Effusion,Pleural Other,Pneumonia,Pneumothorax,Support Devices"
)
LABELS = f"""\
subject_id,study_id,{COLUMNS}
10000032,50414267,,,,,,,,,1.0,,,,,
10000032,53189527,,0.0,,-1.0,,,,1.0,,,,,0.0,1.0
10000764,57375967,,,1.0,,,,,,,,,-1.0,,
"""
EXPERT = f"""\
study_id,{COLUMNS.replace("Lung Opacity", "Airspace Opacity")}
53189527,,,,,,,,1.0,0.0,,,,-1.0,
"""
METADATA = """\
dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition,Rows,Columns,StudyDate,StudyTime,\
ProcedureCodeSequence_CodeMeaning,ViewCodeSequence_CodeMeaning,PatientOrientationCodeSequence_CodeMeaning
02aa804e-bde0afdd,10000032,50414267,CHEST (PA AND LAT),PA,3056,2544,21800506,213014.531,CHEST (PA AND LAT),\
postero-anterior,Erect
174413ec-4ec4c1f7,10000032,50414267,CHEST (PA AND LAT),LATERAL,3056,2544,21800506,213014.531,CHEST (PA AND LAT),\
lateral,Erect
2a2277a9-b0ded155,10000032,53189527,CHEST (PA AND LAT),,3056,2544,21800626,165500.312,CHEST (PA AND LAT),,
096052b7-d256dc40,10000764,57375967,CHEST (PORTABLE AP),AP,2544,3056,21321015,121302.484,CHEST (PORTABLE AP),\
antero-posterior,
"""
SPLIT = """\
dicom_id,study_id,subject_id,split
02aa804e-bde0afdd,50414267,10000032,train
174413ec-4ec4c1f7,50414267,10000032,train
2a2277a9-b0ded155,53189527,10000032,train
096052b7-d256dc40,57375967,10000764,validate
"""


@pytest.fixture
def archive(tmp_path):
    files = {"chexpert": LABELS, "metadata": METADATA, "split": SPLIT}
    for name, text in files.items():
        (tmp_path / f"mimic-cxr-2.0.0-{name}.csv").write_text(text)
    (tmp_path / "mimic-cxr-2.1.0-test-set-labeled.csv").write_text(EXPERT)
    return tmp_path


def labels(archive):
    return archive / "mimic-cxr-2.0.0-chexpert.csv"


def test_every_image_has_the_labels_of_its_study(archive):
    frame = import_mimic(labels(archive), split=archive / "mimic-cxr-2.0.0-split.csv")
    assert frame["image"].tolist() == [
        "p10/p10000032/s50414267/02aa804e-bde0afdd.jpg",
        "p10/p10000032/s50414267/174413ec-4ec4c1f7.jpg",
        "p10/p10000032/s53189527/2a2277a9-b0ded155.jpg",
        "p10/p10000764/s57375967/096052b7-d256dc40.jpg",
    ]
    assert frame["patient"].tolist() == ["10000032", "10000032", "10000032", "10000764"]
    assert frame["study"].tolist() == ["50414267", "50414267", "53189527", "57375967"]
    assert frame["view"].tolist() == ["PA", "LATERAL", "", "AP"]
    assert frame["split"].tolist() == ["train", "train", "train", "val"]
    assert set(frame["source"]) == {"mimic"}
    assert frame["age"].isna().all()
    assert frame["sex"].eq("").all()
    said = [
        {finding: row[finding] for finding in DECLARATION.findings if row[finding] != "unmentioned"}
        for row in frame.to_dict("records")
    ]
    assert said == [
        {"no_finding": "positive"},
        {"no_finding": "positive"},
        {
            "cardiomegaly": "negative", "edema": "uncertain", "lung_opacity": "positive", "pneumothorax": "negative",
            "support_devices": "positive",
        },
        {"consolidation": "positive", "pneumonia": "uncertain"},
    ]  # fmt: skip


def test_all_files_may_be_compressed(archive):
    plain = import_mimic(labels(archive), split=archive / "mimic-cxr-2.0.0-split.csv")
    for path in archive.glob("mimic-cxr-2.0.0-*.csv"):
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    packed = import_mimic(f"{labels(archive)}.gz", split=archive / "mimic-cxr-2.0.0-split.csv.gz")
    pd.testing.assert_frame_equal(packed, plain)


def test_the_radiologists_file_has_no_patient_and_another_name_of_opacity(archive, caplog):
    with caplog.at_level(logging.INFO):
        frame = import_mimic(archive / "mimic-cxr-2.1.0-test-set-labeled.csv")
    assert frame[["patient", "lung_opacity", "no_finding", "pneumothorax", "edema"]].to_numpy().tolist() == [
        ["10000032", "positive", "negative", "uncertain", "unmentioned"]
    ]
    assert "no labels for 3 of 4 images" in caplog.text


def test_metadata_is_needed_and_may_stand_elsewhere(archive, tmp_path):
    metadata = (archive / "mimic-cxr-2.0.0-metadata.csv").rename(tmp_path / "elsewhere.csv")
    with pytest.raises(TableError, match=r"labels of studies, not of images; name mimic-cxr-2\.0\.0-metadata\.csv"):
        import_mimic(labels(archive))
    assert len(import_mimic(labels(archive), metadata=metadata)) == 4


@pytest.mark.parametrize(
    ("file", "old", "new", "error", "message"),
    [
        ("chexpert", "0.0,1.0\n", "0.0,2.0\n", LabelError, "Support Devices: no declared meaning for '2.0' (1 time)"),
        ("chexpert", "Pneumothorax", "PTX", TableError, "is no label file of MIMIC-CXR-JPG: column Pneumothorax"),
        ("chexpert", "Lung Opacity", "Opacity", TableError, "rename 'Opacity' to 'Lung Opacity' if that is meant"),
        ("chexpert", "53189527", "50414267", TableError, "study_id 50414267 has more than one row; keep one"),
        ("chexpert", "57375967", "51111111", TableError, "1 of 3 studies have no image in"),
        ("chexpert", "10000764", "10000032", TableError, "study 57375967 is of another subject_id"),
        ("metadata", ",study_id", ",study", TableError, "is no metadata of MIMIC-CXR-JPG: column study_id is missing"),
        ("metadata", ",AP,", ",APP,", LabelError, "ViewPosition: no declared meaning for 'APP' (1 time)"),
        ("metadata", "174413ec-4ec4c1f7", "02aa804e-bde0afdd", TableError, "image is listed twice"),
        ("split", "174413ec-4ec4c1f7", "02aa804e-bde0afdd", TableError, "dicom_id 02aa804e-bde0afdd has more than one"),
        ("split", "174413ec", "x", TableError, "has no split for 174413ec-4ec4c1f7 of"),
        ("split", "validate", "valid", LabelError, "split: no declared meaning for 'valid' (1 time); did you mean"),
    ],
)
def test_files_that_do_not_fit_are_refused(file, old, new, error, message, archive):
    path = archive / f"mimic-cxr-2.0.0-{file}.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(error) as caught:
        import_mimic(labels(archive), split=archive / "mimic-cxr-2.0.0-split.csv")
    assert message in str(caught.value)


def test_files_of_other_archives_and_files_in_the_wrong_place_are_named(archive):
    metadata, split = (archive / f"mimic-cxr-2.0.0-{name}.csv" for name in ("metadata", "split"))
    with pytest.raises(TableError, match="looks like the metadata of MIMIC-CXR-JPG, argument metadata of importer"):
        import_mimic(metadata)
    with pytest.raises(TableError, match="looks like the splits of MIMIC-CXR-JPG, argument split of importer mimic"):
        import_mimic(labels(archive), metadata=split)
    path = archive / "both.csv"
    path.write_text("\n".join([f"study_id,{COLUMNS},Airspace Opacity", "50414267" + 15 * ","]))
    with pytest.raises(TableError, match="Airspace Opacity and Lung Opacity mean the same finding; keep one"):
        import_mimic(path)
    path.write_text("\n".join([f"study_id,{COLUMNS}", "1" + 14 * ","]))
    with pytest.raises(TableError, match="none of its studies is in"):
        import_mimic(path)


def test_studies_without_an_image_are_dropped_on_request(archive, caplog):
    path = labels(archive)
    path.write_text(path.read_text().replace("57375967", "51111111"))
    with caplog.at_level(logging.WARNING):
        assert len(import_mimic(path, missing_images="drop")) == 3
    assert "1 of 3 studies have no image" in caplog.text
    assert "51111111; left out" in caplog.text


@pytest.mark.parametrize("layout", ["files/p10/p10000032/s50414267/{}.jpg", "resized/{}.png", "{}.dcm"])
def test_an_image_is_found_by_its_id(layout, archive):
    for image in ("02aa804e-bde0afdd", "174413ec-4ec4c1f7"):
        path = archive / "images" / layout.format(image)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with pytest.raises(TableError, match=r"2 of 4 images are not in '.*': row 3 \(p10/p10000032/s53189527/2a2277a9"):
        import_mimic(labels(archive), images=archive / "images")
    frame = import_mimic(labels(archive), images=archive / "images", missing_images="drop")
    assert frame["image"].tolist() == [layout.format("02aa804e-bde0afdd"), layout.format("174413ec-4ec4c1f7")]


def test_counts_are_those_of_a_slow_join(tmp_path):
    draw = random.Random(0)
    studies = [f"5{n:07d}" for n in range(400)]
    patients = {study: f"1{n // 3:07d}" for n, study in enumerate(studies)}
    cells = {study: ",".join(draw.choices(["", "1.0", "0.0", "-1.0"], [7, 2, 1, 1], k=14)) for study in studies}
    images = [(f"{n:08x}", study) for n, study in enumerate(draw.choices(studies, k=900))]
    named = {study for _, study in images}
    rows = [f"{patients[study]},{study},{cells[study]}" for study in studies[:390] if study in named]
    draw.shuffle(rows)
    (tmp_path / "labels.csv").write_text("\n".join([f"subject_id,study_id,{COLUMNS}", *rows]))
    listed = [f"{image},{patients[study]},{study},PA" for image, study in images]
    (tmp_path / "metadata.csv").write_text("\n".join(["dicom_id,subject_id,study_id,ViewPosition", *listed]))

    frame = import_mimic(tmp_path / "labels.csv", metadata=tmp_path / "metadata.csv")
    by_study = {row["study_id"]: row for row in read_rows(tmp_path / "labels.csv")}
    joined = [by_study[study] for _, study in images if study in by_study]
    assert counted(frame, CHEXPERT.values()) == count(joined, CHEXPERT, chexpert_state)
    assert frame["study"].tolist() == [row["study_id"] for row in joined]
    assert frame["patient"].tolist() == [row["subject_id"] for row in joined]
