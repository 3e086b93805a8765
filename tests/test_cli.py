import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from lucency.cli import command_line, main
from lucency.errors import LucencyError
from lucency.options import parse_options

NIH = """Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Sex,View Position
00000001_000.png,Cardiomegaly|Emphysema,0,1,57,M,PA
00000002_000.png,No Finding,0,2,80,M,PA
00000003_000.png,Hernia,0,3,74,F,AP
00000004_000.png,Mass,0,4,74,F,AP
"""


def lucency(*arguments):
    return CliRunner().invoke(command_line(), [str(argument) for argument in arguments], catch_exceptions=False)


def test_options_take_both_spellings_and_monais_value_types():
    options = parse_options(["--a", "[1, 2]", "--b=None", "--c#d", "x y", "--e", "True", "--f=a=b", "--g", "-1"])
    assert options == {"a": [1, 2], "b": None, "c#d": "x y", "e": True, "f": "a=b", "g": -1}


@pytest.mark.parametrize("arguments", [["a"], ["--a"], ["--a", "--b", "1"], ["--", "1"]])
def test_options_without_key_or_value_are_named(arguments):
    with pytest.raises(LucencyError, match="give options as --key value"):
        parse_options(arguments)


@pytest.fixture
def nih(tmp_path):
    (tmp_path / "labels.csv").write_text(NIH)
    (tmp_path / "images").mkdir()
    for number in range(1, 5):
        Image.new("L", (4, 4)).save(tmp_path / "images" / f"0000000{number}_000.png")
    return tmp_path


def test_imported_table_is_found_by_readers_without_further_settings(nih):
    from lucency.data import load_records

    table = nih / "tables" / "nih.csv"
    done = lucency("import", "nih", nih / "labels.csv", "--images", nih / "images", "--out", table)
    assert "4 images of 4 patients, 15 findings" in done.output
    records = load_records(table, ["cardiomegaly", "hernia"])
    assert records[0]["label"].tolist()[0] == 1.0
    done = lucency("split", table, "--train", 0.5, "--val", 0, "--test", 0.5)
    assert pd.read_csv(table).split.value_counts().to_dict() == {"train": 2, "test": 2}
    assert (nih / "tables" / "nih.split.json").exists()


def test_folder_import_follows_its_yaml(nih):
    (nih / "mine.csv").write_text("image,patient,study,view,age,sex,Mass\n" + "".join(
        f"0000000{n}_000.png,{n},{n},PA,50,F,{n % 2}\n" for n in range(1, 5)
    ))  # fmt: skip
    (nih / "mine.yaml").write_text(
        "labels: mine.csv\nimages: images\nfindings: [Mass]\nvalues: {'1': positive, '0': negative}\n"
    )
    lucency("import", "folder", nih / "mine.yaml", "--out", nih / "table.csv")
    frame = pd.read_csv(nih / "table.csv")
    assert list(frame.mass) == ["positive", "negative"] * 2
    assert frame.image[0] == "images/00000001_000.png"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("labels: mine.csv\n", "images is missing"),
        ("- a\n", "holds no mapping"),
        ("a: [\n", "not readable as YAML"),
        ("labels: a\nimages: b\nfindings: []\nvalues: {}\nvalue: {}\n", "'value' is no argument of an import"),
    ],
)
def test_broken_import_yaml_names_what_is_wrong(tmp_path, text, message):
    from lucency.data.importers import import_mapping

    (tmp_path / "mine.yaml").write_text(text)
    with pytest.raises(LucencyError, match=message):
        import_mapping(tmp_path / "mine.yaml")


@pytest.fixture
def truth(tmp_path):
    header = "image,patient,study,view,age,sex,source,split,edema,mass\n"
    rows = [f"{n}.png,{n},1,PA,50,F,nih,{'train' if n < 40 else 'test'},positive,positive\n" for n in range(60)]
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "truth.csv").write_text(header + "".join(rows))
    return tmp_path / "data" / "truth.csv"


def test_simulate_writes_table_truth_and_record_and_says_what_changed(truth, tmp_path):
    done = lucency("simulate", truth, "--out", tmp_path / "spml", "--kind", "single_positive", "--seed", 3)
    assert "40 images in split train\n40 of 80 labels changed\n50.0% of the true positives" in done.output
    frame = pd.read_csv(tmp_path / "spml" / "table.csv")
    assert (frame[["edema", "mass"]] == "positive").sum(axis=1).tolist() == [1] * 40 + [2] * 20
    assert pd.read_csv(tmp_path / "spml" / "truth.csv").mass.tolist() == ["positive"] * 60
    assert (tmp_path / "spml" / "simulation.json").exists()


def test_simulate_chains_kinds_and_files_of_kinds(truth, tmp_path):
    (tmp_path / "steps.yaml").write_text("- asymmetric: {fn_rate: {edema: 1.0}}\n- uncertain: {positive: 0.5}\n")
    kinds = ["--kind", tmp_path / "steps.yaml", "--kind", "single_positive: {without_positive: drop}"]
    done = lucency("simulate", truth, "--out", tmp_path / "out", *kinds, "--split", "train", "--split", "test")
    frame = pd.read_csv(tmp_path / "out" / "table.csv")
    assert set(frame.edema) == {"unmentioned"}
    assert set(frame.mass) == {"positive"}
    assert f"{60 - len(frame)} images without a positive dropped" in done.output
    assert 15 <= len(frame) <= 45


def test_simulate_help_names_every_kind_and_argument():
    from lucency.labels import simulate

    text = lucency("simulate", "--help").output
    for word in (*simulate.KINDS, "fn_rate", "fp_rate", "fraction", "balanced|fn_only|fp_only", "swaps"):
        assert word in text


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("single_postive", "unknown kind 'single_postive'; did you mean 'single_positive'?"),
        ("symmetric: {rate: 1.5}", "symmetric: rate cannot be 1.5; give a number from 0 to 1"),
        ("symmetric: {rate: {edma: 0.5}}", "'edma' is not among the findings; did you mean 'edema'?"),
        ("symmetric: {rate", "not readable as YAML"),
        ("steps.yaml", "steps.yaml: no such file"),
        ("broken.yaml", "broken.yaml: holds no list"),
    ],
)  # fmt: skip
def test_simulate_names_what_is_wrong_in_one_line(truth, tmp_path, monkeypatch, kind, message):
    (tmp_path / "broken.yaml").write_text("symmetric: {rate: 0.1}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["lucency", "simulate", str(truth), "--out", "out", "--kind", kind])
    with pytest.raises(SystemExit) as caught:
        main()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_mendable_errors_are_one_line_and_defects_show_their_traceback(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr("sys.argv", ["lucency", "report", str(tmp_path / "nothing")])
    with pytest.raises(SystemExit) as caught:
        main()
    assert str(caught.value).startswith(f"lucency: {tmp_path}/nothing/scores.csv: not readable")
    assert "\n" not in str(caught.value)

    def defect(*_, **__):
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("lucency.results.write_report", defect)
    with pytest.raises(SystemExit) as caught:
        main()
    assert "defect of the program" in str(caught.value)
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_ctrl_c_is_one_line_that_says_how_to_go_on(monkeypatch, capsys, tmp_path):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("lucency.data.phantom.write_phantom", interrupted)
    monkeypatch.setattr("sys.argv", ["lucency", "phantom", str(tmp_path)])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 130
    assert capsys.readouterr().err.strip() == "lucency: interrupted; run the same command again to go on"
