"""What the published label files say, counted row by row with the csv module, in names written out by hand."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Row = Mapping[str, str]
Counts = dict[str, dict[str, int]]
STATES = ("positive", "negative", "uncertain", "unmentioned")

NIH = {
    "Atelectasis": "atelectasis",
    "Cardiomegaly": "cardiomegaly",
    "Consolidation": "consolidation",
    "Edema": "edema",
    "Effusion": "effusion",
    "Emphysema": "emphysema",
    "Fibrosis": "fibrosis",
    "Hernia": "hernia",
    "Infiltration": "infiltration",
    "Mass": "mass",
    "Nodule": "nodule",
    "Pleural_Thickening": "pleural_thickening",
    "Pneumonia": "pneumonia",
    "Pneumothorax": "pneumothorax",
    "No Finding": "no_finding",
}
CHEXPERT = {
    "No Finding": "no_finding",
    "Enlarged Cardiomediastinum": "enlarged_cardiomediastinum",
    "Cardiomegaly": "cardiomegaly",
    "Lung Opacity": "lung_opacity",
    "Lung Lesion": "lung_lesion",
    "Edema": "edema",
    "Consolidation": "consolidation",
    "Pneumonia": "pneumonia",
    "Atelectasis": "atelectasis",
    "Pneumothorax": "pneumothorax",
    "Pleural Effusion": "effusion",
    "Pleural Other": "pleural_other",
    "Fracture": "fracture",
    "Support Devices": "support_devices",
}
CHEXPERT_CODES = {"1.0": "positive", "0.0": "negative", "-1.0": "uncertain", "": "unmentioned"}
GOOGLE = {
    "Fracture": "fracture",
    "Pneumothorax": "pneumothorax",
    "Airspace opacity": "airspace_opacity",
    "Nodule or mass": "nodule_mass",
}
GOOGLE_CODES = {"YES": "positive", "NO": "negative", "": "unmentioned"}


def read_rows(path: Path) -> list[Row]:
    """Rows of a CSV file, compressed or not."""
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return list(csv.DictReader(io.StringIO(text)))


def count(rows: Iterable[Row], findings: Mapping[str, str], state_of: Callable[[Row, str], str]) -> Counts:
    """Finding to state to number of rows; `state_of` says the state of a label on a row."""
    counts = {finding: dict.fromkeys(STATES, 0) for finding in findings.values()}
    for row in rows:
        for label, finding in findings.items():
            counts[finding][state_of(row, label)] += 1
    return counts


def nih_state(row: Row, label: str) -> str:
    return "positive" if label in row["Finding Labels"].split("|") else "unmentioned"


def chexpert_state(row: Row, label: str) -> str:
    return CHEXPERT_CODES[row[label]]


def google_state(row: Row, label: str) -> str:
    return GOOGLE_CODES[row[label]]


def counted(frame: Mapping[str, Iterable[str]], findings: Iterable[str]) -> Counts:
    """The same of a study table."""
    counts = {finding: Counter(list(frame[finding])) for finding in findings}
    assert all(set(states) <= set(STATES) for states in counts.values())
    return {finding: {state: states[state] for state in STATES} for finding, states in counts.items()}
