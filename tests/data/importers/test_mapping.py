from pathlib import Path

import pandas as pd
import pytest

from lucency.data import write_study_table
from lucency.data.importers import SourceSettings, import_mapping, import_siim, read_source
from lucency.errors import ConfigError, LabelError, TableError
from references.study_tables import plain_table

MINE = "labels: mine.csv\nimages: images\nvalues: {1: positive}\n"
SIIM = "ImageId, EncodedPixels\na,-1\nb,1 2\n"
CHEXPERT = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,"
    "Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices\n"
    "CheXpert-v1.0/FOLDER/patient0000N/study1/view1_frontal.jpg,Female,68,Frontal,AP,1,,,,,,,,,,,,,\n"
)


@pytest.fixture
def source(tmp_path):
    """Writes a YAML file into a folder that holds a label file and two images."""
    (tmp_path / "labels.csv").write_text(SIIM)
    (tmp_path / "images").mkdir()
    for name in "ab":
        (tmp_path / "images" / f"{name}.png").touch()

    def write(text):
        path = tmp_path / "source.yaml"
        path.write_text(text)
        return path

    return write


def test_an_archive_is_read_by_the_name_of_its_importer(source, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    read = read_source(source("importer: siim\nlabels: labels.csv\nimages: images\n"))
    pd.testing.assert_frame_equal(read.frame, import_siim(tmp_path / "labels.csv", images=tmp_path / "images"))
    assert (read.importer, read.images, read.settings) == ("siim", tmp_path / "images", SourceSettings())


def test_settings_are_kept_apart_from_arguments(source):
    read = read_source(
        source(
            "importer: siim\nlabels: labels.csv\nsource: ptx\nsilence: negative\nkeep: [pneumothorax]\npatients: nih\n"
        )
    )
    settings = SourceSettings(source="ptx", silence="negative", keep=("pneumothorax",), patients="nih")
    assert read.settings == settings
    assert read.images is None
    assert set(read.frame["source"]) == {"ptx"}
    assert read.frame["pneumothorax"].tolist() == ["negative", "positive"]


def test_folder_is_the_importer_if_none_is_named(source, tmp_path):
    (tmp_path / "mine.csv").write_text("image,patient,study,view,age,sex,Mass\na,1,,,,,1\nb,2,,,,,0\n")
    path = source(
        "labels: mine.csv\nimages: images\nfindings: [Mass]\nvalues: {1: positive, 0: negative}\nsource: here\n"
    )
    frame, images = import_mapping(path)
    assert frame["mass"].tolist() == ["positive", "negative"]
    assert set(frame["source"]) == {"here"}
    assert images == tmp_path / "images"


def test_several_files_of_one_archive(source, tmp_path):
    for number, folder in enumerate(["train", "valid"]):
        text = CHEXPERT.replace("FOLDER", folder).replace("N/", f"{number}/")
        (tmp_path / f"{folder}.csv").write_text(text)
    both = read_source(source("importer: chexpert\nlabels: [train.csv, valid.csv]\n")).frame
    assert both["split"].tolist() == ["train", "val"]
    assert len(read_source(source("importer: chexpert\nlabels: train.csv\n")).frame) == 1


def test_the_images_of_a_study_table_start_from_it(source, tmp_path):
    (tmp_path / "tables").mkdir()
    write_study_table(plain_table(), tmp_path / "tables" / "plain.csv")
    read = read_source(source("importer: table\nlabels: tables/plain.csv\n"))
    assert read.images == tmp_path / "tables"
    assert read.frame["image"].tolist() == plain_table()["image"].tolist()
    read = read_source(source("importer: images\nimages: images\nfindings: [edema]\npatient_from: file\n"))
    assert read.images == tmp_path / "images"


def test_an_absolute_path_stays_and_a_tilde_is_home(source, tmp_path, monkeypatch):
    read = read_source(source(f"importer: siim\nlabels: {tmp_path}/labels.csv\nimages: {tmp_path}/images\n"))
    assert read.images == tmp_path / "images"
    monkeypatch.setenv("HOME", str(tmp_path / "images"))
    read = read_source(source("importer: siim\nlabels: labels.csv\nimages: ~/../images\n"))
    assert len(read.frame) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("findings: {3: mass}\n", "column 3 is missing; it has image, patient, Mass"),
        ("findings: {Mass: mas}\n", "findings: 'mas' is not a finding id; did you mean 'mass'?"),
        ("findings: [Mass]\ncolumns: {imag: Mass}\n", "columns: 'imag' is no study-table column"),
        ("findings: [Mass]\ncolumns: {3: Mass}\n", "columns: '3' is no study-table column"),
        ("findings: [Mass]\nvalues: {1: positive, '1': negative}\n", "values: '1' is given twice"),
        (
            "findings: [Mass]\nvalues: {null: negative, '': positive}\n",
            "values: '' is given twice, with quotes and without; keep one",
        ),
        ("findings: [Mass]\nvalues: {1: yes_}\n", "values: yes_ is no label state"),
    ],
)
def test_what_is_wrong_with_a_mapping_names_the_label_file(source, tmp_path, text, message):
    (tmp_path / "mine.csv").write_text("image,patient,Mass\na,1,1\n")
    given = text if "values" in text else f"{text}values: {{1: positive}}\n"
    with pytest.raises((LabelError, TableError)) as caught:
        read_source(source(f"labels: mine.csv\nimages: images\n{given}"))
    assert str(caught.value).startswith(f"{tmp_path / 'mine.csv'}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("importer: sim\nlabels: labels.csv\n", "'sim' is no importer; did you mean 'siim'?"),
        ("importer: google-nih\nlabels: labels.csv\n", "did you mean 'google_nih'?"),
        ("importer: [siim]\nlabels: labels.csv\n", "['siim'] is no importer; did you mean 'siim'?"),
        (
            "importer: siim\nlabel: labels.csv\n",
            "'label' is no argument of an import with siim; did you mean 'labels'?",
        ),
        ("importer: siim\nlabels: labels.csv\nreaders: any\n", "'readers' is no argument of an import with siim"),
        ("importer: siim\nlabels: labels.csv\nsilense: negative\n", "did you mean 'silence'?"),
        ("importer: siim\nlabels: labels.csv\n1: x\n", "1 is no argument of an import with siim"),
        ("importer: siim\nimages: images\n", "labels is missing; see docs/how-to/import-your-labels.md"),
        ("importer: siim\nlabels:\n", "labels is missing"),
        ("importer: chexpert\nlabels: []\n", "labels is missing"),
        ("importer: siim\nlabels: [labels.csv]\n", "labels is ['labels.csv']; give a path"),
        ("importer: chexpert\nlabels: [1]\n", "labels is 1; give a path"),
        ("importer: images\nfindings: [edema]\n", "images is missing"),
        ("importer: siim\nlabels: labels.csv\nsilence: positive\n", "silence is 'positive'; it can mean negative or"),
        ("importer: siim\nlabels: labels.csv\nsource: [a]\n", "source is ['a']; give a word"),
        ("importer: siim\nlabels: labels.csv\npatients: ''\n", "patients is ''; give a word"),
        ("importer: siim\nlabels: labels.csv\nkeep: pneumothorax\n", "keep is 'pneumothorax'; give a list"),
        ("importer: siim\nlabels: labels.csv\nkeep: []\n", "keep is []; give a list"),
        (
            "importer: siim\nlabels: labels.csv\nkeep: [pneumotorax]\n",
            "keep lists 'pneumotorax', which is no finding id",
        ),
        (
            "importer: siim\nlabels: labels.csv\nkeep: [edema]\n",
            "keep lists edema, not labelled there; it labels pneumo",
        ),
        ("importer: siim\nlabels: labels.csv\nsource: &a [*a]\n", "give a word"),
        ("- siim\n", "holds no mapping; write one argument a line, such as 'importer: nih'"),
        ("importer: [\n", "not readable as YAML"),
        ("a: " + "[" * 3000, "not readable as YAML"),
        ("importer: siim\nlabels: a.csv\nlabels: labels.csv\n", "key 'labels' is given twice"),
        ("importer: siim\nlabels: ' '\n", "labels is ' '; give a path"),
        ("importer: siim\nlabels: labels.csv\nimages: [images]\n", "images is ['images']; give a path"),
        ("importer: siim\nlabels: labels.csv\nmissing_images: ignore\n", "missing_images is 'ignore'; give error or"),
        ("importer: vindr\nlabels: labels.csv\nreaders: [any]\n", "readers is ['any']; give majority or any or all or"),
        (f"{MINE}findings: 3\n", "findings is 3; give a list of words or one 'word: word' a line"),
        (f"{MINE}findings: [[Mass]]\n", "findings is [['Mass']]; give a list of words or"),
        (f"{MINE}findings: {{Mass: 3}}\n", "findings is {'Mass': 3}; give a list of words or"),
        (f"{MINE}findings: [Mass]\ncolumns: [image]\n", "columns is ['image']; give one 'word: word' a line"),
        (f"{MINE}findings: [Mass]\nnames: [nih14]\n", "names is ['nih14']; give a word"),
        ("importer: images\nimages: images\nfindings: 3\n", "findings is 3; give a list of words"),
        ("importer: images\nimages: images\nfindings: [edema]\npatient_from: 3\n", "patient_from is 3; give a word"),
    ],
)
def test_what_is_wrong_is_one_line_with_a_mend(source, text, message):
    path = source(text)
    with pytest.raises(ConfigError) as caught:
        read_source(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_absent_file_is_named(tmp_path):
    (tmp_path / "source.yaml").touch()
    with pytest.raises(TableError, match=r"sorce\.yaml: no such file; .*; did you mean '.*source\.yaml'"):
        read_source(Path(tmp_path / "sorce.yaml"))
    with pytest.raises(ConfigError, match="is a folder, not a file; name the YAML file inside it"):
        read_source(tmp_path)
