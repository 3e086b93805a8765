import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from lucency.cli import app, main, parse_options
from lucency.errors import LucencyError

NIH = """Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Sex,View Position
00000001_000.png,Cardiomegaly|Emphysema,0,1,57,M,PA
00000002_000.png,No Finding,0,2,80,M,PA
00000003_000.png,Hernia,0,3,74,F,AP
00000004_000.png,Mass,0,4,74,F,AP
"""


def lucency(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


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
