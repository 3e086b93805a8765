"""The command over files: what it writes, what it says, what it refuses."""

import hashlib
import tarfile
from pathlib import Path

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from lucency.commands.assemble import assemble
from lucency.data import check_split_record, load_records, read_study_table
from lucency.errors import ConfigError, LabelError, TableError
from references.archives import write_archives


def run(*arguments):
    app = typer.Typer()
    app.command()(assemble)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def archives(tmp_path):
    write_archives(tmp_path)
    (tmp_path / "nih.yaml").write_text("importer: nih\nlabels: nih/Data_Entry_2017_v2020.csv\n")
    (tmp_path / "google.yaml").write_text(
        "importer: google_nih\nlabels: [google/validation_labels.csv, google/test_labels.csv]\npatients: nih\n"
    )
    (tmp_path / "vindr.yaml").write_text("importer: vindr\nlabels: [vindr/image_labels_train.csv]\n")
    return tmp_path


def test_the_same_files_give_the_same_bytes_and_no_machine_path(archives):
    sources = [archives / name for name in ("nih.yaml", "google.yaml", "vindr.yaml")]
    for folder, order in (("one", sources), ("other", sources[::-1])):
        run(*order, "--split", "train=0.5,test=0.5", "--out", archives / folder / "table.parquet")
    one, other = (
        {path.name: path.read_bytes() for path in sorted((archives / folder).iterdir())} for folder in ("one", "other")
    )
    assert sorted(one) == ["table.conflicts.csv", "table.md", "table.parquet", "table.split.json"]
    assert {name: other[name] == one[name] for name in one if name != "table.md"} == dict.fromkeys(
        ["table.conflicts.csv", "table.parquet", "table.split.json"], True
    )
    summary = one["table.md"].decode()
    assert str(archives) not in summary
    digest = hashlib.sha256((archives / "nih" / "Data_Entry_2017_v2020.csv").read_bytes()).hexdigest()
    assert f"| Data_Entry_2017_v2020.csv | {digest} |" in summary
    same = [line for line in summary.splitlines() if not line.startswith("lucency assemble")]
    assert same == [line for line in other["table.md"].decode().splitlines() if not line.startswith("lucency assemble")]


def test_the_summary_tells_what_the_table_holds(archives):
    out = archives / "table.csv"
    done = run(archives / "nih.yaml", archives / "google.yaml", "--out", out)
    assert f"{out}: 12 images of 12 patients; 0 conflicts between sources, 0 within an image" in done.output
    assert "note: no column split" in done.output
    summary = out.with_suffix(".md").read_text()
    assert "| effusion | – | 12 / 0 / 0 / 0 |" in summary
    assert "| pneumothorax | 0 / 2 / 0 / 0 | 0 / 0 / 0 / 12 |" in summary
    assert "| pneumothorax | 0 | 2 | 0 | 10 | 0 | 0 | 0 |" in summary
    assert "| google_nih+nih | 2 |" in summary
    assert len(pd.read_csv(out.with_suffix(".conflicts.csv"))) == 0


def test_what_a_former_run_left_does_not_contradict_the_table(archives):
    out = archives / "table.csv"
    run(archives / "nih.yaml", "--split", "train=0.5,test=0.5", "--out", out)
    assert check_split_record(read_study_table(out, check_files=False), out)["seed"] == 0
    run(archives / "nih.yaml", "--out", out)
    assert len(load_records(out, ["effusion"], check_files=False)) == 12


def test_own_splits_are_recorded(archives):
    (archives / "nih.yaml").write_text(
        "importer: nih\nlabels: nih/Data_Entry_2017_v2020.csv\n"
        "train_list: nih/train_val_list.txt\ntest_list: nih/test_list.txt\n"
    )
    out = archives / "table.csv"
    run(archives / "nih.yaml", "--out", out)
    record = check_split_record(read_study_table(out, check_files=False), out)
    assert (record["images"], record["fractions"]) == ({"test": 2, "train": 10}, {})


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--split", "train:0.7"], ConfigError, "--split has 'train:0.7'; write shares as in train=0.7"),
        (["--findings", "effusion,oedema"], LabelError, "'oedema' is not a finding id; did you mean 'edema'"),
        (["--findings", "fracture"], LabelError, "no source labels fracture; choose from"),
    ],
)
def test_refusals(archives, arguments, error, message):
    with pytest.raises(error, match=message):
        run(archives / "nih.yaml", *arguments, "--out", archives / "table.csv")
    assert not (archives / "table.csv").exists()


def test_a_format_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(TableError, match=r"'.xlsx' is no table format; use .parquet, .csv, .json"):
        run(tmp_path / "absent.yaml", "--out", tmp_path / "table.xlsx")


def test_a_code_that_the_importer_does_not_know_ends_it(archives):
    labels = archives / "rsna" / "stage_2_train_labels.csv"
    labels.write_text(labels.read_text().replace("a,,,,,0", "a,,,,,-1"))
    (archives / "rsna.yaml").write_text("importer: rsna\nlabels: rsna/stage_2_train_labels.csv\n")
    with pytest.raises(LabelError, match=r"stage_2_train_labels.csv: Target: no declared meaning for '-1' \(1 time\)"):
        run(archives / "rsna.yaml", archives / "nih.yaml", "--out", archives / "table.csv")


def test_two_label_spaces_of_real_images_become_one_row(tmp_path, real_data):
    subset = real_data / "nih_cxr14_subset"
    for size in (64, 320):
        with tarfile.open(subset / f"images_{size}.tar") as archive:
            archive.extractall(tmp_path / "images", filter="data")
    for name in ("index_dev.csv", "labels_rsna_dev.csv"):
        (tmp_path / name).write_bytes((subset / name).read_bytes())
    (tmp_path / "nih.yaml").write_text(
        "labels: index_dev.csv\nimages: images\nfindings: {Pneumonia: pneumonia, No_Finding: no_finding}\n"
        'values: {"1": positive, "0": unmentioned}\n'
        "columns: {image: file, patient: patient_id, study: image_id}\nsource: nih\n"
    )
    (tmp_path / "rsna.yaml").write_text(
        "labels: labels_rsna_dev.csv\nimages: images\nfindings: {rsna_lung_opacity: lung_opacity}\n"
        'values: {"1": positive, "0": negative}\n'
        "columns: {image: image_id, patient: patient_id}\nsource: rsna\npatients: nih\nunmatched: drop\n"
    )
    out = tmp_path / "table.parquet"
    run(tmp_path / "nih.yaml", tmp_path / "rsna.yaml", "--no-implied", "--hash", "none", "--out", out)
    frame = read_study_table(out)
    index = pd.read_csv(subset / "index_dev.csv", dtype=str)
    rsna = pd.read_csv(subset / "labels_rsna_dev.csv", dtype=str).set_index("image_id")
    assert sorted(Path(image).stem for image in frame["image"]) == sorted(index["image_id"])
    opacity = rsna["rsna_lung_opacity"].map({"1": "positive", "0": "negative"})
    frame["name"] = [Path(image).stem for image in frame["image"]]
    assert frame["lung_opacity"].tolist() == frame["name"].map(opacity).fillna("unmentioned").tolist()
    assert frame["source"].eq("nih+rsna").tolist() == frame["name"].isin(rsna.index).tolist()
    patients = index.set_index("image_id")["patient_id"]
    assert frame["patient"].tolist() == ("nih:" + frame["name"].map(patients)).tolist()
    conflicts = pd.read_csv(out.with_suffix(".conflicts.csv"))
    pneumonia = index.set_index("image_id").loc[rsna.index, "Pneumonia"].eq("1")
    assert len(conflicts[conflicts["kind"].eq("hierarchy")]) == (pneumonia & opacity.eq("negative")).sum() > 0
