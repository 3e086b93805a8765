"""NIH's mined labels and Google's expert labels of the same images; counts taken from the files line by line."""

import csv
import gzip
from pathlib import Path

from lucency.data.assembling import assemble
from lucency.data.importers import read_source

NIH, GOOGLE = "Data_Entry_2017_v2020.csv.gz", "google2019_nih-chest-xray-labels.csv.gz"


def lines(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def test_nih_and_google_meet(label_files, tmp_path):
    (tmp_path / "nih.yaml").write_text(f"importer: nih\nlabels: {label_files / NIH}\n")
    (tmp_path / "google.yaml").write_text(f"importer: google_nih\nlabels: {label_files / GOOGLE}\npatients: nih\n")
    assembly = assemble(read_source(tmp_path / name) for name in ("nih.yaml", "google.yaml"))
    mined = {row["Image Index"]: row for row in lines(label_files / NIH)}
    read = lines(label_files / GOOGLE)
    frame = assembly.frame.set_index("image")
    assert set(frame.index) == set(mined)
    assert frame["source"].value_counts().to_dict() == {"nih": len(mined) - len(read), "google_nih+nih": len(read)}
    assert frame["patient"].to_dict() == {image: f"nih:{row['Patient ID']}" for image, row in mined.items()}

    expected = {}
    for row in read:
        seen, told = row["Pneumothorax"] == "YES", "Pneumothorax" in mined[row["Image Index"]]["Finding Labels"]
        expected[row["Image Index"]] = "uncertain" if told and not seen else "positive" if seen else "negative"
    assert frame.loc[list(expected), "pneumothorax"].to_dict() == expected

    conflicts = assembly.conflicts
    disputed = [image for image, state in expected.items() if state == "uncertain"]
    assert sorted(conflicts.loc[conflicts["kind"].eq("sources"), "image"]) == sorted(disputed)
    healthy = [row for row in read if mined[row["Image Index"]]["Finding Labels"] == "No Finding"]
    missed = [row["Image Index"] for row in healthy if row["Pneumothorax"] == "YES"]
    found = conflicts[conflicts["kind"].eq("no_finding") & conflicts["finding"].eq("pneumothorax")]
    assert sorted(found["image"]) == sorted(missed)
