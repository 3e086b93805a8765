"""lucency calibrate: files, what it says, refusals in one line."""

import json

import numpy as np
import pandas as pd
import pytest
import typer
from scipy.special import expit
from typer.testing import CliRunner

from lucency.commands.calibrate import calibrate
from lucency.errors import LucencyError
from lucency.inference import Site, read_site, write_site
from lucency.inference.calibration import estimate_prevalence
from lucency.inference.site import OperatingPoint
from lucency.inference.site_file import reference_to
from lucency.results.model_identity import ModelIdentity

app = typer.Typer()
app.command()(calibrate)
MODEL = ModelIdentity(name="b", version="1", findings=("edema", "mass", "nodule"), weights_sha256="0a")


def run(*arguments):
    runner = CliRunner(env={"COLUMNS": "200"})
    return runner.invoke(app, [*map(str, arguments), "--replicates", "20"], catch_exceptions=False).output


@pytest.fixture
def scores(tmp_path):
    """Overconfident scores of two of three findings, one of them with 5 positives; model.json beside them."""
    rng = np.random.default_rng(0)
    z = rng.normal(-1, 2, (800, 2))
    y = (rng.random(z.shape) < expit(z / 2)).astype(float)
    y[np.flatnonzero(y[:, 1] == 1)[5:], 1] = np.nan
    frame = pd.DataFrame({"file": "x.png", "patient": rng.integers(400, size=800), "view": "PA"})
    for column, finding in enumerate(("edema", "mass")):
        frame[f"target_{finding}"], frame[f"probability_{finding}"] = y[:, column], expit(z[:, column])
    frame.to_csv(tmp_path / "scores.csv", index=False)
    (tmp_path / "model.json").write_text(MODEL.model_dump_json())
    return tmp_path / "scores.csv"


def change(scores, **columns):
    frame = pd.read_csv(scores)
    frame.assign(**columns).to_csv(scores, index=False)


def test_it_writes_what_a_prediction_reads_and_says_what_was_gained(scores):
    folder = scores.parent
    output = run(scores, "--out", folder / "site.yaml", "--figures", folder / "figures")
    site = read_site(folder / "site.yaml", MODEL)
    table = pd.read_csv(folder / "calibration.csv", index_col="finding")
    for finding in ("edema", "mass"):
        assert table.loc[finding, "calibration"] == site.calibration[finding].name
    assert site.calibration["mass"].shared
    assert "mass: 5 positives and" in output
    assert f"{table.loc['edema', 'ece_raw']:.4f} → {table.loc['edema', 'ece_calibrated']:.4f}" in output
    assert table.loc["edema", "log_loss_difference_high"] < 0
    assert (folder / "figures" / "reliability.png").read_bytes().startswith(b"\x89PNG")
    assert "2 of 2 findings calibrated" in output
    first = (folder / "site.yaml").read_text()
    run(scores, "--out", folder / "site.yaml")
    assert (folder / "site.yaml").read_text() == first


def test_options_reach_the_fit(scores):
    out = scores.parent / "a" / "site.yaml"
    run(
        scores, "--out", out, "--method", "platt", "--minimum", 5, "--folds", 2, "--model", scores.parent / "model.json"
    )
    assert {one.map.method for one in read_site(out).calibration.values()} <= {"platt", "none"}
    assert not read_site(out).calibration["mass"].shared


def test_operating_points_of_the_former_file_are_dropped_and_it_says_so(scores):
    out = scores.parent / "site.yaml"
    points = {"edema": OperatingPoint(threshold=0.4, rule="given")}
    write_site(out, Site(model=reference_to(MODEL), operating_points=points))
    assert "1 operating points of the former file are dropped" in run(scores, "--out", out)
    assert read_site(out).operating_points == {}
    assert "dropped" not in run(scores, "--out", out)


def test_prevalence_is_given_read_or_estimated(scores):
    out, shares = scores.parent / "site.yaml", scores.parent / "prevalence.yaml"
    output = run(scores, "--out", out, "--prevalence", "edema=0.05")
    prior = read_site(out).calibration["edema"].prior
    evidence = read_site(out).calibration["edema"].evidence
    assert prior.fitted == pytest.approx(evidence.positives / (evidence.positives + evidence.negatives))
    assert prior.site == 0.05
    assert "edema: corrected from a prevalence of" in output
    shares.write_text("edema: 0.07\n")
    run(scores, "--out", out, "--prevalence", shares)
    assert read_site(out).calibration["edema"].prior.site == 0.07
    frame = pd.read_csv(scores)
    kept = frame[(frame.target_edema == 0) | (np.arange(len(frame)) % 5 == 0)]
    kept[["probability_edema"]].to_csv(scores.parent / "site.csv", index=False)
    run(scores, "--out", out, "--site-scores", scores.parent / "site.csv")
    calibration = read_site(out).calibration["edema"]
    elsewhere = estimate_prevalence(calibration.map(kept["probability_edema"].to_numpy()), prior.fitted)
    assert calibration.prior.site == pytest.approx(elsewhere)
    assert elsewhere < prior.fitted
    assert read_site(out).calibration["mass"].prior is None
    run(scores, "--out", out, "--site-scores", scores.parent / "site.csv", "--prevalence", "edema=0.05")
    assert read_site(out).calibration["edema"].prior.site == 0.05


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"target_masss": 0}, r"scores.csv: column target_masss: the model has no such finding; did you mean 'mass'\?"),
        ({"target_nodule": 0}, "scores.csv: .*column probability_nodule is missing"),
        ({"probability_mass": 1.2}, "scores.csv: column probability_mass holds 1.2 in row 0; .* not logits"),
        ({"probability_mass": "high"}, "scores.csv: column probability_mass holds high in row 0; give prob"),
        ({"target_mass": 0.5}, "scores.csv: column target_mass holds 0.5 in row 0; give 1, 0"),
        ({"target_mass": -1}, "scores.csv: column target_mass holds -1 in row 0"),
        ({"patient": None}, "patient id in row 0 is missing"),
        ({"target_edema": 1, "target_mass": None}, "no finding can be calibrated: .* and 0 negatives, 20 of each"),
    ],
)
def test_wrong_scores_are_one_line(scores, columns, said):
    change(scores, **columns)
    with pytest.raises(LucencyError, match=said) as one:
        run(scores, "--out", scores.parent / "site.yaml")
    assert "\n" not in str(one.value)
    assert not (scores.parent / "site.yaml").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--prevalence", "edem=0.1"], r"'edem': no such finding; did you mean 'edema'\?"),
        (["--prevalence", "edema=much"], "prevalence of edema is 'much'; give a share"),
        (["--prevalence", "edema=2"], "'edema' is 2; give a share between 0 and 1"),
        (["--prevalence", "absent.yaml"], "absent.yaml: cannot be read .*; give edema=0.05, or a YAML file"),
        (["--prevalence", "mass=0.1"], "'mass': the one that it was calibrated at is not known"),
        (["--site-scores", "absent.csv"], "absent.csv: cannot be read"),
        (["--model", "absent.json"], "absent.json: is not there; run the evaluate workflow"),
        (["--folds", "1"], "folds is 1"),
    ],
)
def test_wrong_options_are_one_line(scores, options, said):
    with pytest.raises(LucencyError, match=said):
        run(scores, "--out", scores.parent / "site.yaml", *options)


def test_a_file_that_is_no_site_file_is_not_overwritten(scores):
    before = scores.read_text()
    with pytest.raises(LucencyError, match=r"scores\.csv"):
        run(scores, "--out", scores)
    assert scores.read_text() == before
    (scores.parent / "list.yaml").write_text(json.dumps([1]))
    with pytest.raises(LucencyError, match=r"list\.yaml"):
        run(scores, "--out", scores.parent / "list.yaml")
