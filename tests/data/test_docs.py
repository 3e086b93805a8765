"""The snippets of the data pages run as they stand."""

import re
from pathlib import Path

import pandas as pd
import pytest

from lucency.data import read_study_table, write_study_table
from lucency.errors import TableError
from references.study_tables import plain_table

DOCS = Path(__file__).parents[2] / "docs"
NIH_HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n"
)
CHEXPERT_HEADER = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,"
    "Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices\n"
)


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


def _touch(*paths: str) -> None:
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture(autouse=True)
def _inside_a_fresh_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_study_table_page():
    frame = pd.concat([plain_table()] * 5, ignore_index=True).rename(columns={"edema": "pneumothorax"})
    frame = frame.assign(image=[f"images/{n}.png" for n in frame.index], patient=[f"{n:05d}" for n in frame.index])
    _touch(*frame["image"])
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


def test_import_page():
    names = [f"{n:08d}_000.png" for n in range(1, 13)]
    Path("nih").mkdir()
    rows = [f"{name},Effusion,0,{n},57,M,PA,2682,2749,0.143,0.143\n" for n, name in enumerate(names)]
    Path("nih/Data_Entry_2017_v2020.csv").write_text(NIH_HEADER + "".join(rows))
    _touch(*[f"nih/images_001/images/{name}" for name in names])
    Path("nih/train_val_list.txt").write_text("\n".join(names[:10]))
    Path("nih/test_list.txt").write_text("\n".join(names[10:]))

    for patient, folder in enumerate(["train", "valid"]):
        image = f"CheXpert-v1.0-small/{folder}/patient0000{patient}/study1/view1_frontal.jpg"
        _touch(image, image.replace("view1_frontal", "view2_lateral"))
        frontal = f"{image},Female,68,Frontal,AP,,,,,,,,,,,1.0,,,\n"
        lateral = frontal.replace("view1_frontal", "view2_lateral").replace("Frontal,AP", "Lateral,")
        Path(f"CheXpert-v1.0-small/{folder}.csv").write_text(CHEXPERT_HEADER + frontal + lateral)

    _touch("hospital/images/a.png", "hospital/images/b/c.jpg")
    Path("hospital/labels.csv").write_text("file,case,Pleuraerguss,Pneumothorax\na,1,1,?\nb/c.jpg,2,0,\n")

    sections = _sections("how-to/import-your-labels.md")
    sections.pop("A subset of NIH with a column a finding")
    _run(sections)
    nih = read_study_table("nih/table.csv")
    assert nih["split"].value_counts().to_dict() == {"train": 9, "test": 2, "val": 1}
    assert read_study_table("chexpert.csv")["view"].tolist() == ["AP", "LATERAL"] * 2
    hospital = read_study_table("hospital/images/table.csv")
    assert hospital["pneumothorax"].tolist() == ["uncertain", "unmentioned"]


def test_import_page_on_the_real_subset(real_data):
    Path("nih_cxr14_subset").symlink_to(real_data / "nih_cxr14_subset")
    _run({"subset": _sections("how-to/import-your-labels.md")["A subset of NIH with a column a finding"]})
    frame = read_study_table("nih_320/table.csv")
    assert set(frame["split"]) == {"train", "val", "test"}
    assert frame["effusion"].eq("positive").any()
