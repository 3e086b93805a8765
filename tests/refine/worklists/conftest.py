"""A small noisy table with its images, its ledger, and what two networks make of it."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lucency.data import read_study_table
from lucency.refine import Ledger
from lucency.refine.worklists import LabelledPredictions, Worklist, rank, write_ranking, write_worklist
from references.dicom_files import dataset_of

SECRET = "Secret^Name"
TABLE = """image,patient,study,view,age,sex,source,effusion,mass,edema
a.dcm,p1,1,PA,61,F,nih,positive,negative,unmentioned
b.dcm,p1,2,PA,61,F,nih,negative,positive,negative
c.dcm,p2,3,PA,50,M,nih,negative,negative,positive
d.dcm,p3,4,PA,33,F,nih,positive,uncertain,negative
e.png,p4,5,PA,42,M,nih,negative,negative,negative
f.png,p5,6,PA,70,F,nih,positive,negative,negative
"""


@dataclass
class Site:
    """Files of a hospital that has its labels read again."""

    folder: Path
    frame: pd.DataFrame
    ledger: Path
    entries: Path

    def open(self) -> Ledger:
        """The ledger."""
        return Ledger.open(self.ledger)

    def predictions(self, ledger: Ledger) -> LabelledPredictions:
        """What the networks make of the labels."""
        return LabelledPredictions.of_entries(self.entries, ledger.frame(), set(ledger.asked()))

    def begin(self, ledger: Ledger, name: str, **settings: object) -> Worklist:
        """Rank, and write the worklist of the next round."""
        labels = self.predictions(ledger)
        ranking = rank(labels, already=labels.cells(set(ledger.asked())), **settings)
        write_ranking(ranking, self.folder / f"{name}.csv", ledger, labels.findings, settings)
        return write_worklist(ledger, self.folder / f"{name}.csv", self.folder / name)


@pytest.fixture
def site(tmp_path):
    (tmp_path / "table.csv").write_text(TABLE)
    for number, name in enumerate("abcd"):
        uids = {"StudyInstanceUID": f"1.2.{number}", "SeriesInstanceUID": f"1.2.{number}.1"}
        header = dataset_of(np.zeros((2, 2), np.uint8), PatientName=SECRET, SOPInstanceUID=f"1.2.{number}.1.1", **uids)
        header.save_as(tmp_path / f"{name}.dcm", enforce_file_format=True)
    for name in "ef":
        (tmp_path / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    frame = read_study_table(tmp_path / "table.csv", check_files=False)
    Ledger.create(tmp_path / "ledger.sqlite", frame).close()
    write_entries(frame, tmp_path / "entries.parquet")
    return Site(tmp_path, frame, tmp_path / "ledger.sqlite", tmp_path / "entries.parquet")


def write_entries(frame: pd.DataFrame, path: Path) -> None:
    """As a co-teaching run would: one row a label that is positive or negative."""
    cells = frame.melt(["image", "patient"], ["effusion", "mass", "edema"], "finding", "state")
    cells = cells[cells["state"].isin(["positive", "negative"])].reset_index(drop=True)
    random = np.random.default_rng(0)
    numbers = {name: random.random(len(cells)) for name in ("probability", "probability_second", "vog", "vog_second")}
    kept = {name: random.random(len(cells)) < 0.8 for name in ("kept", "kept_second")}
    observed = cells["state"].eq("positive").astype(np.int8)
    cells.drop(columns="state").assign(observed=observed, **numbers, **kept).to_parquet(path, index=False)


@pytest.fixture
def asked(site):
    """The site after round 1 was asked: effusion and mass of a.dcm, b.dcm and e.png."""
    cells = [(image, finding) for image in ("a.dcm", "b.dcm", "e.png") for finding in ("effusion", "mass")]
    with site.open() as ledger:
        rows = [(rank, *cell, 1.0) for rank, cell in enumerate(cells, start=1)]
        ranking = pd.DataFrame(rows, columns=["rank", "image", "finding", "score"])
        write_ranking(ranking, site.folder / "one.csv", ledger, ["effusion", "mass", "edema"], {"method": "by hand"})
        write_worklist(ledger, site.folder / "one.csv", site.folder / "one")
    return site
