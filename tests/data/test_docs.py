"""The snippets of the data pages run as they stand."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lucency.commands.import_tables import app
from lucency.data import read_study_table, write_study_table
from lucency.data.importers import IMPORTERS, import_nih, import_rsna, read_source
from lucency.errors import LucencyError, TableError
from references.archives import touch, write_archives
from references.study_tables import plain_table

DOCS = Path(__file__).parents[2] / "docs"
IMPORT = "how-to/import-your-labels.md"


def _sections(page: str) -> dict[str, str]:
    """Python snippets of a page by the heading they stand under."""
    text = (DOCS / page).read_text()
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)[1:]
    snippets = {
        heading: "\n".join(re.findall(r"^```python\n(.*?)^```", body, flags=re.MULTILINE | re.DOTALL))
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    }
    return {heading: code for heading, code in snippets.items() if code}


def _run(sections: dict[str, str]) -> dict[str, object]:
    names: dict[str, object] = {}
    for heading, code in sections.items():
        exec(compile(code, heading, "exec"), names)
    return names


@pytest.fixture(autouse=True)
def _inside_a_fresh_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_study_table_page():
    frame = pd.concat([plain_table()] * 5, ignore_index=True).rename(columns={"edema": "pneumothorax"})
    frame = frame.assign(image=[f"images/{n}.png" for n in frame.index], patient=[f"{n:05d}" for n in frame.index])
    touch(*frame["image"])
    write_study_table(frame, "table.csv")
    records = _run(_sections("reference/study-table.md"))["records"]
    assert set(read_study_table("table.csv")["split"]) == {"train", "val", "test"}
    assert all(len(record["label"]) == 2 for record in records)


def test_the_example_table_of_the_page_is_valid():
    page = (DOCS / "reference" / "study-table.md").read_text()
    Path("table.csv").write_text(re.search(r"```csv\n(.*?)```", page, flags=re.DOTALL)[1])
    assert len(read_study_table("table.csv", check_files=False)) == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("patient,", "Patient,"),
        ("effusion,", "Effusoin,"),
        ("c.png,7,", "c.png,,"),
        (",test,", ",valid,"),
        ("2,AP,61", "2,AP,-1"),
        ("nih,train,negative", "nih,val,negative"),
        ("train,positive", "train,postive"),
        (",unmentioned,positive", ",unmentioned,positive,"),
        ("pneumothorax", "effusion"),
    ],
)
def test_the_page_quotes_the_errors_as_they_are(old, new):
    page = (DOCS / "reference" / "study-table.md").read_text()
    Path("table.csv").write_text(re.search(r"```csv\n(.*?)```", page, flags=re.DOTALL)[1].replace(old, new, 1))
    with pytest.raises(TableError) as caught:
        read_study_table("table.csv", check_files=False)
    message = str(caught.value).removeprefix("table.csv: ")
    message = re.sub(r"line 4 has", "line 3 has", message)
    assert f"`{message}`" in page


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (DOCS / page).read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def archives():
    """Every archive in small, and the YAML files of the page that import them."""
    write_archives(".")
    text = (DOCS / IMPORT).read_text()
    for name, content in re.findall(r"^`(\S+\.yaml)`\n```yaml\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL):
        Path(name).write_text(content)


@pytest.mark.usefixtures("archives")
def test_import_page():
    sections = _sections(IMPORT)
    sections.pop("A subset of NIH with a column a finding")
    names = _run(sections)
    nih = read_study_table("nih/table.csv")
    assert nih["split"].value_counts().to_dict() == {"train": 9, "test": 2, "val": 1}
    for source, images in {
        "google": 2,
        "mimic": 1,
        "padchest": 1,
        "openi": 1,
        "vindr": 2,
        "rsna": 2,
        "siim": 2,
    }.items():
        assert len(read_study_table(f"{source}.csv", check_files=False)) == images
    assert read_study_table("chexpert.csv")["view"].tolist() == ["AP", "LATERAL"] * 2
    hospital = read_study_table("hospital/images/table.csv")
    assert hospital["pneumothorax"].tolist() == ["uncertain", "unmentioned"]
    np.testing.assert_allclose(names["targets"], [[1 / 3, 0], [0, 1]], atol=1e-6)
    assert read_study_table("padchest.csv", check_files=False)["labelled"].tolist() == ["effusion"]
    assert names["source"].images == Path("pool")


@pytest.mark.usefixtures("archives")
def test_the_commands_of_the_import_page():
    commands = "".join(_blocks(IMPORT, "bash")).splitlines()
    named = {shlex.split(command)[2] for command in commands}
    assert named == {command.name or command.callback.__name__.replace("_", "-") for command in app.registered_commands}
    for command in commands:
        done = CliRunner().invoke(app, shlex.split(command)[2:], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        table = re.search(r"--out (\S+)", command)[1]
        assert f"{table}: {len(read_study_table(table, check_files='--images' in command))} images" in done.output


@pytest.mark.usefixtures("archives")
@pytest.mark.parametrize(
    ("read", "file", "old", "new"),
    [
        (import_nih, "nih/Data_Entry_2017_v2020.csv", "_000.png,Effusion", "_000.png,Efusion"),
        (import_rsna, "rsna/stage_2_train_labels.csv", "Target", "target"),
        (import_rsna, "siim/train-rle.csv", "", ""),
        (import_rsna, "rsna/stage_2_train_labels.csv", "a,,,,,0", "a,,,,,-1"),
        (read_source, "vindr/source.yaml", "readers", "reders"),
    ],
)
def test_the_page_quotes_the_errors_of_importers_as_they_are(read, file, old, new):
    Path(file).write_text(Path(file).read_text().replace(old, new, 2))
    with pytest.raises(LucencyError) as caught:
        read(file)
    assert f"`{str(caught.value).removeprefix(f'{file}: ')}`" in (DOCS / IMPORT).read_text()


def test_the_import_page_lists_every_importer():
    page = (DOCS / IMPORT).read_text()
    assert re.findall(r"^\| \[.+?\]\(#.+?\) \| `(\w+)` \|", page, flags=re.MULTILINE) == list(IMPORTERS)
    anchors = [
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^## (.+)$", page, flags=re.MULTILINE)
    ]
    assert set(re.findall(r"\(#(.+?)\)", page)) <= set(anchors)


def test_import_page_on_the_real_subset(real_data):
    Path("nih_cxr14_subset").symlink_to(real_data / "nih_cxr14_subset")
    _run({"subset": _sections(IMPORT)["A subset of NIH with a column a finding"]})
    frame = read_study_table("nih_320/table.csv")
    assert set(frame["split"]) == {"train", "val", "test"}
    assert frame["effusion"].eq("positive").any()
