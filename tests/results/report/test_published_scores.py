"""A published network on 22,433 radiographs: its known figures, and intervals by other means."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.metrics import average_precision_score, roc_auc_score

from lucency.results import write_report
from lucency.results.report import Additions, LabelRates, OtherModel, ReportSettings
from references import resampling

PUBLISHED_MEAN = 0.8383  # of the 14 AUROCs, as its authors give it
REPLICATES = 40


@pytest.fixture(scope="module")
def published(real_data, tmp_path_factory):
    """Score tables of the network and of a noisy copy of it, and the report that compares them."""
    raw = pd.read_csv(real_data / "nih_scores_densenet121" / "nih_test_preds_and_nlp_labels.csv.gz")
    names = [column.removeprefix("y_") for column in raw if column.startswith("y_")]
    table = pd.DataFrame(
        {
            "file": raw["Image Index"],
            "patient": raw["Patient ID"].astype(str),
            "sex": raw["Patient Gender"],
            "age": raw["Patient Age"],
            "view": raw["View Position"],
        }
    )
    labels = {f"target_{name.lower()}": raw[f"y_{name}"].astype(float) for name in names}
    table = table.assign(**labels, **{f"probability_{name.lower()}": raw[f"prob_{name}"] for name in names})
    rng = np.random.default_rng(0)
    noise = {
        f"probability_{name.lower()}": 1
        / (1 + np.exp(-np.log(raw[f"prob_{name}"] / (1 - raw[f"prob_{name}"])) - rng.normal(0, 0.5, len(raw))))
        for name in names
    }
    folder = tmp_path_factory.mktemp("published")
    for name, part in (("network", table), ("noisy", table.assign(**noise))):
        (folder / name).mkdir()
        part.to_csv(folder / name / "scores.csv", index=False)
    audit = pd.read_csv(real_data / "nih_scores_densenet121" / "nlp_vs_expert_noise_rates_810.csv")
    expert = {
        row.finding.lower(): LabelRates(row.P_nlp1_given_expert1, 1 - row.P_nlp1_given_expert0)
        for row in audit.itertuples()
    }
    page = write_report(
        folder / "network",
        folder / "report.html",
        settings=ReportSettings(replicates=REPLICATES, failures=0),
        additions=Additions(other=OtherModel.read(folder / "noisy"), label_rates=expert),
    )
    tables = [pd.read_csv(folder / name / "scores.csv") for name in ("network", "noisy")]
    return *tables, json.loads(page.with_suffix(".json").read_text())


def test_areas_are_the_known_ones(published):
    table, _, report = published
    assert round(report["average"]["auroc"]["value"], 4) == PUBLISHED_MEAN
    assert len(report["figures"]) == 14
    for figure in report["figures"]:
        y, p = table[f"target_{figure['finding']}"], table[f"probability_{figure['finding']}"]
        assert figure["auroc"]["value"] == pytest.approx(roc_auc_score(y, p), abs=1e-12)
        assert figure["average_precision"]["value"] == pytest.approx(average_precision_score(y, p), abs=1e-12)


def test_intervals_are_those_of_drawing_patients(published):
    table, _, report = published
    (pneumonia,) = [figure for figure in report["figures"] if figure["finding"] == "pneumonia"]
    p, y = table["probability_pneumonia"].to_numpy(), table["target_pneumonia"].to_numpy()
    low, high = resampling.interval(lambda rows: resampling.auroc(p[rows], y[rows]), table.patient, REPLICATES, 0)
    assert (pneumonia["auroc"]["low"], pneumonia["auroc"]["high"]) == pytest.approx((low, high), abs=1e-12)


def test_delong_is_that_of_ranks_summed_over_patients(published):
    table, noisy, report = published
    for row in report["comparison"]["rows"][:14]:
        p, q = (one[f"probability_{row['finding']}"].to_numpy() for one in (table, noisy))
        y = table[f"target_{row['finding']}"].to_numpy()
        difference, error, p_value = resampling.clustered_delong(p, q, y, table.patient)
        found = row["difference"]
        assert (found["value"], found["low"], found["high"]) == pytest.approx(
            (difference, *norm.interval(0.95, difference, error)), abs=1e-9
        )
        assert row["p_value"] == pytest.approx(p_value, rel=1e-6, abs=1e-12)


def test_counts_are_those_of_the_table(published):
    table, _, report = published
    cohort = report["cohort"]
    assert (cohort["images"], cohort["patients"]) == (len(table), table.patient.nunique())
    assert cohort["most_images_of_a_patient"] == table.patient.value_counts().iloc[0]
    assert [group["images"] for group in cohort["groups"]["sex"]] == table.sex.value_counts().sort_index().tolist()
    assert [group["images"] for group in cohort["groups"]["view"]] == table["view"].value_counts().sort_index().tolist()
    assert sum(group["images"] for group in cohort["groups"]["age"]) == len(table)


def test_rates_of_810_expert_readings_do_not_hold_whatever_the_image_shows(published, real_data):
    _, _, report = published
    rates = pd.read_csv(real_data / "nih_scores_densenet121" / "nlp_vs_expert_noise_rates_810.csv")
    assert [noise["finding"] for noise in report["label_noise"]] == [
        figure["finding"] for figure in report["figures"] if figure["finding"] in set(rates.finding.str.lower())
    ]
    areas = {figure["finding"]: figure["auroc"]["value"] for figure in report["figures"]}
    above = [noise for noise in report["label_noise"] if noise["ceiling"] is not None]
    assert above
    assert all(areas[noise["finding"]] > noise["ceiling"] for noise in above)
    assert all(noise["corrected"]["value"] is None and noise["note"] for noise in report["label_noise"])
