"""The files of a report: JSON and page say the same, and what the scores say."""

import html
import json
import re

import pandas as pd
import pytest
import yaml

from lucency.data import table_fingerprint
from lucency.errors import ConfigError, TableError
from lucency.files import sha256_of
from lucency.results import write_report
from lucency.results.model_identity import ModelIdentity
from lucency.results.report import (
    Additions,
    Decisions,
    LabelRates,
    Measured,
    OtherModel,
    PointFigures,
    Report,
    ReportSettings,
    StudyTable,
)
from references.page_rows import Rows
from references.resampling import auroc

SETTINGS = ReportSettings(title="Test of <T> & more", replicates=20, minimum=5, failures=1)
RECORD = {
    "started": "2026-01-01T00:00:00+00:00",
    "device": "cpu",
    "seed": 3,
    "data": {"table.csv": "ab12"},
    "python": "3.11",
    "packages": {"monai": "1.6.1"},
    "command": ["lucency", "run"],
}


@pytest.fixture
def everything(tmp_path, evaluation, other):
    """Folder, page and JSON of a report with all its sections."""
    model = ModelIdentity(name="bundle", version="1.2", findings=("edema", "mass", "hernia"), weights_sha256="ab" * 32)
    (evaluation / "model.json").write_text(model.model_dump_json())
    run = tmp_path / "run"
    run.mkdir()
    (run / "run.json").write_text(json.dumps(RECORD))
    (run / "config.yaml").write_text(yaml.safe_dump({"learning_rate": 0.1, "note": "<i>"}))
    (run / "history.csv").write_text("epoch,learning_rate,loss,val_macro_auroc\n1,0.1,0.7,0.6\n2,0.1,0.5,\n")
    (tmp_path / "second").mkdir()
    other.table.to_csv(tmp_path / "second" / "scores.csv", index=False)
    study = pd.DataFrame(
        {"image": other.table["file"], "patient": other.table["patient"], "device": ["A|<b>", "B"] * 80}
    )
    point = PointFigures(
        finding="edema",
        threshold=0.25,
        rule="given",
        origin="Thresholds are given",
        chosen_here=False,
        sensitivity=Measured(value=0.8123, low=0.7, high=0.9),
    )
    page = write_report(
        evaluation,
        tmp_path / "out" / "report.html",
        run=run,
        settings=SETTINGS,
        additions=Additions(
            decide=lambda images, model: Decisions(points=[point]),
            other=OtherModel.read(tmp_path / "second"),
            study_table=StudyTable("table.csv", study, "cd34"),
            label_rates={"mass": LabelRates(0.999, 0.999)},
        ),
    )
    return tmp_path, page.read_text(), Report.model_validate_json(page.with_suffix(".json").read_text())


def test_page_is_well_formed_needs_no_other_file_and_escapes(everything):
    _, page, report = everything
    rows = Rows(page)
    assert rows.addresses
    assert all(re.match(r"#[a-z]+$|data:image/jpeg;base64,", address) for address in rows.addresses)
    assert not re.search(r"<script|@import|url\(", page)
    assert "<h1>Test of &lt;T&gt; &amp; more</h1>" in page
    assert "A|<b>" not in page
    assert {address[1:] for address in rows.addresses if address[0] == "#"} == set(
        re.findall(r'<h2 id="(\w+)"', page)
    ) - {"remarks"}
    assert report.notice in page


def test_page_says_what_the_scores_say(everything, images):
    _, page, report = everything
    rows = Rows(page).rows
    for column, name in enumerate(("Edema", "Mass")):
        area, labels = auroc(images.raw[:, column], images.targets[:, column]), images.targets[:, column]
        findings = [row for row in rows if row[0] == name]
        assert any(row[1].startswith(f"{area:.3f} (") for row in findings)
        counts = [f"{(labels == 1).sum():,}", f"{(labels == 0).sum():,}", f"{(labels != labels).sum():,}"]
        assert any(row[1:4] == counts for row in findings)
    hernia = next(row for row in rows if row[0] == "Hernia" and row[1] == "–")
    assert hernia[3] == "–"
    text = html.unescape(page)
    assert "Not defined, for want of a class, and not in the average: Hernia." in text
    assert "81.2 % (70.0–90.0)" in re.sub("</?small>", "", text)
    for group in report.subgroups:
        gap = "–" if group.gap.value is None else f"{group.gap.value:+.3f}".replace("-", "−")
        wanted = [group.value, str(group.images), str(group.patients), gap]
        assert wanted in [[*row[:3], row[6].split(" ")[0]] for row in rows if len(row) == 9]
    for row in report.comparison.rows[:2]:
        name = {"edema": "Edema", "mass": "Mass"}[row.finding]
        assert [name, f"{row.auroc:.3f}", f"{row.other:.3f}"] in [shown[:3] for shown in rows]


def test_provenance_names_data_configuration_and_versions(everything):
    folder, page, report = everything
    digests = {
        "scores": sha256_of(folder / "evaluation" / "scores.csv"),
        "other scores": sha256_of(folder / "second" / "scores.csv"),
    }
    assert report.provenance.scores_sha256 == digests
    assert report.provenance.tables == {"table.csv": "cd34"}
    assert report.provenance.run == RECORD
    assert yaml.safe_load(report.provenance.configuration) == {"learning_rate": 0.1, "note": "<i>"}
    assert report.provenance.history[1]["val_macro_auroc"] is None
    assert report.model.name == "bundle"
    for text in (*digests.values(), "cd34", "ab12", "monai 1.6.1", report.model.fingerprint, "learning_rate: 0.1"):
        assert text in page
    assert "20 resamples, seed 0" in page


def test_remarks_say_what_limits_the_figures(everything, images):
    _, page, report = everything
    remarks = " ".join(report.remarks)
    blank = [f for f, y in zip(("Edema", "Mass", "Hernia"), images.targets.T, strict=True) if (y != y).mean() > 0.2]
    assert "Without a positive or without a negative label, so not evaluated: Hernia." in remarks
    assert f"More than 20% of the labels are unknown, and take no part: {', '.join(blank)}." in remarks
    assert "not calibrated" in remarks
    assert "chosen on these images" not in remarks
    assert "Labels count as the truth" not in remarks
    assert all(html.escape(remark, quote=False) in page.replace("&#39;", "'") for remark in report.remarks)


def test_same_scores_same_bytes(evaluation, tmp_path):
    pages = [write_report(evaluation, tmp_path / name / "report.html", settings=SETTINGS) for name in "ab"]
    assert pages[0].read_bytes() == pages[1].read_bytes()
    assert pages[0].with_suffix(".json").read_bytes() == pages[1].with_suffix(".json").read_bytes()


def test_scores_alone_make_a_report(tmp_path, scores):
    columns = ["patient", "target_edema", "probability_edema"]
    scores[columns].to_csv(tmp_path / "mine.csv", index=False)
    page = write_report(tmp_path / "mine.csv", tmp_path / "report.html", settings=SETTINGS).read_text()
    Rows(page)
    assert "None is set: a finding has a probability and no decision." in page
    assert "not recorded: no model.json beside the scores" in page


def test_what_cannot_be_written_is_refused(evaluation, tmp_path, scores):
    with pytest.raises(ConfigError, match="is the name of the JSON"):
        write_report(evaluation, tmp_path / "report.json")
    with pytest.raises(ConfigError, match="no such folder"):
        write_report(evaluation, tmp_path / "report.html", run=tmp_path / "none", settings=SETTINGS)
    with pytest.raises(TableError, match="run the evaluate workflow"):
        write_report(tmp_path / "none", tmp_path / "report.html")
    for name, text in (("run.json", "{"), ("run.json", "[1]"), ("history.csv", "epoch\n1\n")):
        (tmp_path / name).write_text(text)
        with pytest.raises(ConfigError, match=f"{name}: not readable"):
            write_report(evaluation, tmp_path / "report.html", run=tmp_path, settings=SETTINGS)
        (tmp_path / name).unlink()
    assert not (tmp_path / "report.html").exists()


def test_fingerprint_of_the_command_is_that_of_the_table(tmp_path):
    from lucency.commands.report_sources import study_table

    path = tmp_path / "table.csv"
    path.write_text("image,patient,study,view,age,sex,source,edema\na.png,1,1,PA,61,F,nih,positive\n")
    study = study_table(path)
    assert (study.name, study.frame.sex.tolist()) == ("table.csv", ["F"])
    assert study.fingerprint == table_fingerprint(study.frame)
