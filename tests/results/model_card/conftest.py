"""A bundle with everything that a card needs, and the report of its model."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from lucency.results import write_report
from lucency.results.model_identity import ModelIdentity
from lucency.results.report import Additions, Decisions, Measured, PointFigures, ReportSettings
from support import BUNDLE

STATEMENTS = {
    "link": "https://example.org/model",
    "contact": "radiology@example.org",
    "published": "2026-12-01",
    "license": "Apache-2.0",
    "modalities": ["CR", "DX"],
    "intended_uses": ["Detection"],
    "out_of_scope_uses": ["Autonomous diagnosis", "Triage"],
    "intended_users": ["Researcher"],
    "indications": "Adults with a frontal chest radiograph, in research.",
    "limitations": "Bedside images are few | children are none.",
    "instructions": "Calibrate it on local images first.",
    "architecture": "DenseNet121",
    "availability": "From the authors.",
    "clinical_risk_level": "research only",
    "training_data": "1,000 phantoms.",
    "evaluation_data": "202 other phantoms.",
    "label_source": "Drawn with the images.",
    "regulatory": {"EU": "Research use only", "US": "Not submitted"},
}


@pytest.fixture(scope="session")
def scores():
    """Scores of 120 images of 60 patients, a fifth of whose labels are unknown."""
    rng = np.random.default_rng(0)
    target = rng.integers(0, 2, (120, 2)).astype(float)
    probability = (0.3 * target + 0.7 * rng.random(target.shape)).round(3)
    target[rng.random(target.shape) < 0.2] = np.nan
    columns = {"patient": [f"p{row // 2}" for row in range(120)], "sex": ["F", "F", "M", "M"] * 30}
    for column, finding in enumerate(("edema", "mass")):
        columns |= {f"target_{finding}": target[:, column], f"probability_{finding}": probability[:, column]}
    return pd.DataFrame(columns)


@pytest.fixture
def statements():
    """What people say in `docs/model_card.yaml`."""
    return dict(STATEMENTS)


@pytest.fixture
def bundle(tmp_path, scores):
    """Folder of a bundle with statements, and the report of its model beside it."""
    folder = tmp_path / "cxr_spml_classification"
    for name in ("configs/metadata.json", "docs/data_license.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(BUNDLE / name, folder / name)
    (folder / "docs" / "model_card.yaml").write_text(yaml.safe_dump(STATEMENTS))
    version = json.loads((folder / "configs/metadata.json").read_text())["version"]
    model = ModelIdentity(name=folder.name, version=version, findings=("edema", "mass"), weights_sha256="cd" * 32)
    (tmp_path / "evaluation").mkdir()
    scores.to_csv(tmp_path / "evaluation" / "scores.csv", index=False)
    (tmp_path / "evaluation" / "model.json").write_text(model.model_dump_json())
    point = PointFigures(
        finding="edema",
        threshold=0.25,
        rule="sensitivity 0.9",
        origin="Thresholds are given",
        chosen_here=False,
        sensitivity=Measured(value=0.91, low=0.8, high=0.97),
    )
    write_report(
        tmp_path / "evaluation",
        tmp_path / "report.html",
        settings=ReportSettings(replicates=20, failures=0),
        additions=Additions(decide=lambda images, model: Decisions(points=[point])),
    )
    return folder
