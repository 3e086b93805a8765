import pytest
from typer.testing import CliRunner

from lucency.commands.import_summary import show_states
from lucency.commands.import_tables import app
from lucency.data import read_study_table
from lucency.data.importers import IMPORTERS
from lucency.errors import TableError
from references.archives import write_archives
from references.study_tables import plain_table


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def archives(tmp_path):
    write_archives(tmp_path)
    return tmp_path


def _rows(output):
    """Words of each line by its first."""
    return {words[0]: words[1:] for words in map(str.split, output.splitlines()) if words}


def test_every_importer_of_files_is_a_command():
    output = run("--help").output
    for name in set(IMPORTERS) - {"table"} | {"yaml"}:
        assert f" {name.replace('_', '-')} " in output


def test_the_states_are_counted_at_once(archives):
    done = run("rsna", archives / "rsna" / "stage_2_train_labels.csv", "--out", archives / "rsna.csv")
    rows = _rows(done.output)
    assert rows["finding"] == ["positive", "negative", "uncertain", "unmentioned"]
    assert rows["pneumonia_opacity"] == ["1", "1", "0", "0"]
    assert f"{archives}/rsna.csv: 2 images of 2 patients, 1 finding\n" in done.output


def test_what_nobody_looked_for_is_counted_apart(archives):
    done = run("images", archives / "pool", "--finding", "edema", "--patient-from", "file", "--out", archives / "p.csv")
    assert "unmentioned  not labelled" in done.output
    assert _rows(done.output)["edema"] == ["0", "0", "0", "0", "3"]
    assert read_study_table(archives / "p.csv")["image"].tolist() == ["pool/0.png", "pool/1.png", "pool/2.png"]


def test_counts_are_those_of_the_table(capsys):
    frame = plain_table().assign(labelled=["effusion edema"] * 5 + ["effusion"])
    frame.loc[5, "edema"] = "unmentioned"
    show_states(frame)
    rows = _rows(capsys.readouterr().out)
    assert rows["effusion"] == ["2", "2", "1", "1", "0"]
    assert rows["edema"] == ["1", "0", "0", "4", "1"]


def test_images_lead_from_the_table_and_absent_ones_are_dropped_on_demand(archives):
    folder = archives / "siim" / "dicom-images-train"
    (folder / "1.2.3.dcm").unlink()
    arguments = ["siim", archives / "siim" / "train-rle.csv", "--images", folder, "--out", archives / "out" / "t.csv"]
    with pytest.raises(TableError, match="1 of 2 images are not in"):
        run(*arguments)
    assert "1 images of 1 patients" in run(*arguments, "--drop-missing").output
    assert read_study_table(archives / "out" / "t.csv")["image"].tolist() == ["../siim/dicom-images-train/1.2.4.dcm"]


def test_options_reach_the_importer(archives):
    labels = archives / "vindr" / "image_labels_train.csv"
    run("vindr", labels, "--readers", "any", "--out", archives / "any.csv")
    run("vindr", labels, "--out", archives / "majority.csv")
    states = [read_study_table(archives / f"{name}.csv", check_files=False) for name in ("any", "majority")]
    assert [frame["pneumonia"].item() for frame in states] == ["positive", "negative"]


@pytest.mark.parametrize("command", ["folder", "yaml"])
def test_a_source_file_names_its_importer(archives, command):
    (archives / "source.yaml").write_text("importer: rsna\nlabels: rsna/stage_2_train_labels.csv\nimages: rsna\n")
    done = run(command, archives / "source.yaml", "--out", archives / "out" / "table.json")
    assert "not applied" not in done.output
    assert read_study_table(archives / "out" / "table.json")["image"].tolist() == [
        "../rsna/stage_2_train_images/a.dcm",
        "../rsna/stage_2_train_images/b.dcm",
    ]


def test_what_only_assembling_uses_is_said(archives):
    lines = [
        "importer: rsna",
        "labels: rsna/stage_2_train_labels.csv",
        "silence: negative",
        "keep: [pneumonia_opacity]",
    ]
    (archives / "source.yaml").write_text("\n".join(lines))
    output = run("yaml", archives / "source.yaml", "--out", archives / "table.csv").output
    assert f"{archives / 'source.yaml'}: silence, keep: not applied here, only by lucency assemble\n" in output
