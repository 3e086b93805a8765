"""Label states of PadChest's file, counted row by row with the csv module and a regular expression."""

import csv
import gzip
import re
from collections import Counter
from pathlib import Path

import yaml

VOCABULARY = Path(__file__).parents[2] / "custom" / "lucency" / "labels" / "findings.yaml"


def spellings(source):
    """Spelling to finding id, straight from the file of the vocabulary."""
    entries = yaml.safe_load(VOCABULARY.read_text())["findings"]
    return {word: entry["id"] for entry in entries for word in entry["names"].get(source, [])}


def padchest_counts(path, physician_only=False, with_excluded=False):
    """Rows of each view and age (-1: unknown), of each finding's states and that label it; patients and studies."""
    finding_of = spellings("padchest")
    findings = sorted(set(finding_of.values()))
    rows, patients, studies, views, ages = 0, set(), set(), Counter(), Counter()
    positive, uncertain, labelled = Counter(), Counter(), Counter()
    everything_labelled = 0
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            words = [word.strip() for word in re.findall(r"'([^']*)'", row["Labels"])]
            if physician_only and row["MethodLabel"] != "Physician":
                continue
            if not with_excluded and ("exclude" in words or row["Projection"] == "EXCLUDE"):
                continue
            rows += 1
            patients.add(row["PatientID"])
            studies.add(row["StudyID"])
            views[row["Projection"]] += 1
            birth = row["PatientBirth"]
            ages[int(row["StudyDate_DICOM"][:4]) - int(float(birth)) if birth else -1] += 1
            words = {word for word in words if word != ""}
            found = {finding_of[word] for word in words if word in finding_of}
            if "hydropneumothorax" in words:
                found |= {"effusion", "pneumothorax"}
            doubtful = "normal" in words and len(words) > 1
            for finding in found:
                if finding == "no_finding" and doubtful:
                    uncertain[finding] += 1
                else:
                    positive[finding] += 1
            if not words or words & {"unchanged", "suboptimal study", "exclude"}:
                labelled.update(found)
            else:
                everything_labelled += 1
    return {
        "rows": rows,
        "patients": len(patients),
        "studies": len(studies),
        "views": dict(views),
        "ages": dict(ages),
        "findings": {
            finding: {
                "positive": positive[finding],
                "negative": 0,
                "uncertain": uncertain[finding],
                "unmentioned": rows - positive[finding] - uncertain[finding],
                "labelled": everything_labelled + labelled[finding],
            }
            for finding in findings
        },
    }
