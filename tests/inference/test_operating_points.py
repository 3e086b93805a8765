"""From a score table to a site file: evidence, folds, what is kept, and the published scores of NIH."""

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.metrics import confusion_matrix
from typer.testing import CliRunner

from lucency.commands.operating_points import operating_points
from lucency.errors import ConfigError, LabelError, TableError
from lucency.inference.calibration_maps import PlattMap
from lucency.inference.operating_points import parse_rules, set_operating_points
from lucency.inference.score_table import read_scores
from lucency.inference.site import Evidence, FindingCalibration, OperatingPoint, Site
from lucency.inference.site_file import read_site, reference_to, write_site
from lucency.labels import vocabulary
from lucency.results.model_identity import ModelIdentity
from references.operating_points import best_division, called, figures

MODEL = ModelIdentity(name="bundle", version="1", findings=("edema", "mass"), weights_sha256="0a")
SITE = Site(model=reference_to(MODEL))
FIGURES = ("sensitivity", "specificity", "ppv", "npv", "alert_rate")


def table(images=300, seed=0):
    """Two images a patient; a tenth of labels and scores missing; a negative image outscores all."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"patient": [f"p{i // 2:03}" for i in range(images)]})
    for finding in MODEL.findings:
        truth = rng.random(images) < 0.3
        p = 1 / (1 + np.exp(-rng.normal(2.0 * truth - 2, 1)))
        frame[f"target_{finding}"] = np.where(rng.random(images) < 0.1, np.nan, truth)
        frame[f"probability_{finding}"] = np.where(rng.random(images) < 0.1, np.nan, p)
        frame.loc[7, [f"target_{finding}", f"probability_{finding}"]] = [0, 0.999]
    return frame


def columns(frame, finding):
    return frame[f"probability_{finding}"].to_numpy(), frame[f"target_{finding}"].to_numpy()


def set_points(frame, *rules, site=SITE, **settings):
    return set_operating_points(frame, site, parse_rules(rules), **{"replicates": 20, **settings})


@pytest.mark.parametrize("rule", ["youden", "sensitivity=0.9", "specificity=0.9", "ppv=0.6", "alert_rate=0.2"])
def test_threshold_and_figures_are_those_of_a_search_over_all_images_with_a_score(rule):
    frame = table()
    point = set_points(frame, rule, folds=0).site.operating_points["mass"]
    p, y = columns(frame, "mass")
    scored = ~np.isnan(p)
    kind, _, target = rule.partition("=")
    assert called(p[scored], point.threshold) == best_division(p[scored], y[scored], kind, float(target or 0))
    expected = figures(np.where(scored, p >= point.threshold, np.nan), y)
    assert {name: getattr(point, name).value for name in FIGURES} == pytest.approx(expected)
    known = scored & ~np.isnan(y)
    patients = frame.patient[known].nunique()
    assert point.evidence == Evidence(positives=y[known].sum(), negatives=(y[known] == 0).sum(), patients=patients)
    assert point.folds is None


def test_thresholds_are_of_calibrated_probabilities():
    calibration = FindingCalibration(
        map=PlattMap(slope=0.5, intercept=-1), evidence=Evidence(positives=9, negatives=9, patients=9)
    )
    frame = table()
    calibrated = set_points(
        frame, "sensitivity=0.9", site=SITE.model_copy(update={"calibration": {"mass": calibration}})
    )
    plain = set_points(frame, "sensitivity=0.9")
    one, other = (points.site.operating_points["mass"] for points in (calibrated, plain))
    p, _ = columns(frame, "mass")
    used = p[~np.isnan(p)]
    assert one.threshold != other.threshold
    assert called(calibration(used), one.threshold) == called(used, other.threshold)
    assert one.sensitivity == other.sensitivity
    assert calibrated.site.calibration == {"mass": calibration}
    assert calibrated.site.operating_points["edema"] == plain.site.operating_points["edema"]


def test_figures_across_folds_are_of_patients_the_threshold_has_not_seen():
    """Scores that know nothing: in-sample J is above chance, across folds it is not."""
    rng = np.random.default_rng(3)
    optimism, honest = [], []
    for _ in range(30):
        frame = pd.DataFrame({"patient": np.arange(80), "target_mass": rng.permutation([0.0, 1.0] * 40)})
        frame["probability_mass"] = rng.random(80)
        for folds, j in ((0, optimism), (5, honest)):
            point = set_points(frame, "youden", folds=folds).site.operating_points["mass"]
            if point.folds == (folds or None):
                j.append(point.sensitivity.value + point.specificity.value - 1)
    assert np.mean(optimism) > 0.1
    assert abs(np.mean(honest)) < 3 * np.std(honest) / np.sqrt(len(honest))


def test_a_patient_is_never_on_both_sides_of_a_fold():
    """Two positive images of one patient set the threshold; nobody else has positives as low."""
    frame = pd.DataFrame({"patient": np.repeat(np.arange(60), 3), "target_mass": np.tile([0.0, 1.0, 1.0], 60)})
    frame["probability_mass"] = np.where(frame.target_mass == 1, 0.9, 0.1)
    frame.loc[frame.patient == 7, "probability_mass"] = [0.02, 0.03, 0.03]
    points = [set_points(frame, "sensitivity=1", folds=folds).site.operating_points["mass"] for folds in (0, 60)]
    assert [point.sensitivity.value for point in points] == pytest.approx([1, 118 / 120])
    assert points[0].threshold == points[1].threshold
    assert points[1].folds == 60


def test_where_a_fold_cannot_follow_the_rule_figures_are_in_sample_and_this_is_said():
    frame = pd.DataFrame({"patient": range(50), "target_mass": [0.0] * 25 + [1.0] * 25})
    frame["probability_mass"] = [0.5] * 49 + [0.9]  # one image alone reaches the PPV
    points = set_points(frame, "ppv=0.9")
    assert points.site.operating_points["mass"].folds is None
    assert "figures are of the images it was chosen on" in points.notes["mass"]


def test_too_little_evidence_or_an_unattainable_target_leaves_that_finding_alone_without_a_point():
    frame = table()
    frame.loc[frame.target_edema == 1, "target_edema"] = np.nan
    points = set_points(frame, "ppv=0.6")
    assert list(points.site.operating_points) == ["mass"]
    assert points.notes["edema"].startswith("no operating point: 0 positive and ")
    points = set_points(frame, "ppv=0.6", "mass:ppv=1", "edema:alert_rate=0.2")
    assert points.notes["mass"].startswith("no operating point: a threshold that finds a positive image has at most")
    edema = points.site.operating_points["edema"]
    assert edema.alert_rate.value == pytest.approx(0.2, abs=0.05)
    assert edema.sensitivity is None


def test_the_minimum_counts_images_with_label_and_score():
    frame = table()
    p, y = columns(frame, "mass")
    positives = int((y[~np.isnan(p)] == 1).sum())
    assert "mass" in set_points(frame, "youden", minimum=positives).site.operating_points
    assert "mass" not in set_points(frame, "youden", minimum=positives + 1).site.operating_points


def test_an_alert_budget_counts_images_without_a_label():
    frame = table()
    frame["target_mass"] = np.nan
    point = set_points(frame, "mass:alert_rate=0.1").site.operating_points["mass"]
    p, _ = columns(frame, "mass")
    assert (p >= point.threshold).sum() == np.floor(0.1 * (~np.isnan(p)).sum())
    assert point.evidence == Evidence(positives=0, negatives=0, patients=0)


def test_points_of_other_findings_stay_and_failed_or_unwanted_ones_go():
    before = set_points(table(), "youden").site
    after = set_points(table(), "mass:given=0.25", site=before).site
    assert after.operating_points["edema"] == before.operating_points["edema"]
    assert (after.operating_points["mass"].threshold, after.operating_points["mass"].name) == (0.25, "given")
    assert set_points(table(), "mass:none", site=before).site.operating_points.keys() == {"edema"}
    assert set_points(table(), "mass:ppv=1", site=before).site.operating_points.keys() == {"edema"}


def test_seed_and_table_decide_alone():
    frame = table()
    assert set_points(frame, "youden") == set_points(frame, "youden")
    assert set_points(frame, "youden", seed=1) != set_points(frame, "youden")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"probability_mass": 1.5}, TableError, r"probability_mass holds 1.5 in row 0; give probabilities in \[0, 1\]"),
        ({"probability_mass": -np.inf}, TableError, "holds -inf"),
        ({"probability_mass": "high"}, TableError, "column probability_mass holds high in row 0; give probabilities"),
        ({"target_mass": -1}, LabelError, "target_mass holds -1 in row 0; give 1, 0, or nothing if unknown"),
        ({"patient": None}, TableError, "patient id in row 0 is missing"),
    ],
)
def test_a_broken_table_is_named(change, error, message):
    with pytest.raises(error, match=message):
        set_points(table().assign(**change), "youden")


@pytest.mark.parametrize("settings", [{"folds": 1}, {"folds": -2}, {"minimum": 0}, {"replicates": 0}])
def test_nonsense_settings_are_refused(settings):
    with pytest.raises(ConfigError, match=f"{next(iter(settings))} is"):
        set_points(table(), "youden", **settings)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    table().to_csv("scores.csv", index=False)
    (tmp_path / "model.json").write_text(MODEL.model_dump_json())
    return tmp_path


def run(*arguments):
    import typer

    app = typer.Typer()
    app.command()(operating_points)
    return CliRunner().invoke(app, ["scores.csv", "--replicates", "20", *map(str, arguments)])


def test_the_command_writes_a_site_file_that_reads_back_and_a_table_beside_it(folder):
    done = run("--rule", "sensitivity=0.9", "--rule", "edema:ppv=1")
    assert done.exit_code == 0, done.output
    site = read_site("site.yaml", MODEL)
    expected = set_points(read_scores("scores.csv", MODEL), "sensitivity=0.9", "edema:ppv=1")
    assert site == expected.site
    rows = pd.read_csv("operating_points.csv").set_index("finding")
    assert rows.loc["mass", "sensitivity_low"] == pytest.approx(site.operating_points["mass"].sensitivity.low, rel=1e-5)
    assert np.isnan(rows.loc["edema", "threshold"])
    assert "at most" in rows.loc["edema", "note"]
    assert "edema: no operating point: " in done.output
    assert "not calibrated, thresholds are of the network's own probability: mass" in done.output


def test_the_command_adds_to_a_site_file_and_overwrites_none(folder):
    assert run("--rule", "edema:youden").exit_code == 0
    refused = run("--rule", "mass:youden")
    assert "site.yaml: exists; add --site site.yaml" in str(refused.exception)
    assert run("--rule", "mass:youden", "--site", "site.yaml").exit_code == 0
    assert read_site("site.yaml", MODEL).operating_points.keys() == {"edema", "mass"}
    assert run("--rule", "mass:none", "--site", "site.yaml", "--out", "sub/other.yaml").exit_code == 0
    assert read_site("site.yaml", MODEL).operating_points.keys() == {"edema", "mass"}
    assert read_site("sub/other.yaml", MODEL).operating_points.keys() == {"edema"}
    assert (folder / "sub" / "operating_points.csv").exists()


def test_the_command_refuses_a_site_file_of_another_model(folder):
    other = MODEL.model_copy(update={"version": "2"})
    write_site("site.yaml", Site(model=reference_to(other)))
    refused = run("--rule", "youden", "--site", "site.yaml")
    assert isinstance(refused.exception, ConfigError)
    assert "made for model version 2, but this is 1" in str(refused.exception)


def test_scores_without_their_model_say_how_to_get_it(folder):
    (folder / "model.json").unlink()
    refused = run("--rule", "youden")
    assert isinstance(refused.exception, ConfigError)
    assert "model.json: is not there; run the evaluate workflow" in str(refused.exception)


def nih(real_data):
    raw = pd.read_csv(real_data / "nih_scores_densenet121" / "nih_test_preds_and_nlp_labels.csv.gz")
    names = {name.removeprefix("prob_"): "" for name in raw if name.startswith("prob_")}
    ids = {name: vocabulary().find("nih14", name).id for name in names}
    renamed = {f"prob_{n}": f"probability_{i}" for n, i in ids.items()} | {
        f"y_{n}": f"target_{i}" for n, i in ids.items()
    }
    return raw.rename(columns={"Patient ID": "patient", **renamed}), list(ids.values())


def test_published_scores_meet_their_targets_by_scikit_learns_count(real_data):
    frame, findings = nih(real_data)
    for rule, name, reached in (
        ("sensitivity=0.9", "sensitivity", np.greater_equal),
        ("alert_rate=0.1", "alert_rate", np.less_equal),
    ):
        points = set_points(frame, rule, folds=0, replicates=50).site.operating_points
        assert list(points) == findings
        for finding, point in points.items():
            assert reached(getattr(point, name).value, float(rule.partition("=")[2]))
            p, y = columns(frame, finding)
            tn, fp, fn, tp = confusion_matrix(y, p >= point.threshold).ravel()
            expected = [tp / (tp + fn), tn / (tn + fp), tp / (tp + fp), tn / (tn + fn), (tp + fp) / len(y)]
            assert [getattr(point, figure).value for figure in FIGURES] == pytest.approx(expected, abs=1e-12)
            assert all(getattr(point, f).low <= getattr(point, f).value <= getattr(point, f).high for f in FIGURES)


def test_figures_across_folds_predict_other_patients(real_data):
    """Half the patients set the point; what it gives on the other half lies in the interval, nearly always."""
    frame, findings = nih(real_data)
    half = np.random.default_rng(0).permutation(frame.patient.unique())[::2]
    here, there = frame[frame.patient.isin(half)], frame[~frame.patient.isin(half)]
    points = set_points(here, "sensitivity=0.9", replicates=200).site.operating_points
    outside = 0
    for finding, point in points.items():
        p, y = columns(there, finding)
        seen = figures((p >= point.threshold).astype(float), y)
        assert point.folds == 5
        # two samples differ by more than one interval shows: widen it by the square root of two
        for name in ("sensitivity", "specificity", "alert_rate"):
            figure = getattr(point, name)
            margin = (figure.high - figure.low) / np.sqrt(2)
            outside += abs(seen[name] - figure.value) > margin
    assert outside <= 0.2 * 3 * len(findings)


def test_stored_points_are_as_valid_as_hand_written_ones():
    content = yaml.safe_load("{threshold: 0.5, rule: given}")
    assert OperatingPoint.model_validate(content).folds is None
