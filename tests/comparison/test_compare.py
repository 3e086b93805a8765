"""The comparison end to end on a tiny study: grid, choice, seeds, resume, results."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from lucency.comparison import compare, difference_table, loss_options, measure_table, training, write_comparison
from lucency.comparison.differences import over_seeds
from lucency.comparison.run import Job
from lucency.errors import ConfigError, LucencyError
from lucency.metrics import paired_bootstrap
from references import calibration as reference

BUNDLES = Path(__file__).parents[2] / "bundles"


@pytest.fixture(scope="module")
def options():
    return loss_options(["wan"], BUNDLES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("comparison")


@pytest.fixture(scope="module")
def comparison(study, recipe, options, folder):
    return compare(study, options, recipe, folder)


def test_the_rate_is_chosen_by_the_first_seed_and_run_with_the_others(comparison, recipe, study, options, folder):
    assert [(c.option.name, c.selection) for c in comparison.chosen] == [
        (name, selection) for name in ("bce_full", "an", "wan") for selection in ("clean", "observed")
    ]
    for chosen in comparison.chosen:
        assert chosen.rate == max(chosen.grid, key=chosen.grid.get)
        assert list(chosen.runs) == recipe.seeds
        assert chosen.runs[0].score(chosen.selection) == chosen.grid[chosen.rate]
    pairs = {(chosen.option.name, chosen.rate) for chosen in comparison.chosen}
    files = {path.name for path in (folder / "runs").iterdir()}
    assert files == {
        Job(option, rate, seed).path(folder, study, recipe).name
        for option, rate, seed in itertools.product(options, recipe.learning_rates, recipe.seeds)
        if seed == 0 or (option.name, rate) in pairs
    }


def test_a_rerun_reads_and_trains_nothing(study, recipe, options, folder, comparison, monkeypatch):
    monkeypatch.setattr(training, "train", lambda *_: pytest.fail("trained again"))
    again = compare(study, options, recipe, folder)
    pd.testing.assert_frame_equal(measure_table(again), measure_table(comparison))


def test_only_what_changes_is_run_again(study, recipe, options, folder, comparison, monkeypatch):
    trained, train = [], training.train
    monkeypatch.setattr(training, "train", lambda *job: trained.append(job[2]) or train(*job))
    more = replace(recipe, seeds=[0, 1, 2])
    compare(study, options, more, folder)
    assert {job.seed for job in trained} == {2}
    trained.clear()
    compare(study, options[:2], replace(recipe, max_epochs=2), folder)
    assert len(trained) >= 2 * 3


def test_the_reported_figures_equal_an_independent_computation(comparison, study):
    table = measure_table(comparison)
    truth = study.truth[study.rows("test")].astype(float)
    for chosen in comparison.chosen:
        for seed, run in chosen.runs.items():
            logits = run.logits[chosen.selection].astype(float)
            of_loss = table[(table.loss == chosen.option.name) & (table.selection == chosen.selection)]
            rows = of_loss[of_loss.seed == seed].set_index("finding")
            assert list(rows.index) == [*study.findings, "macro"]
            assert set(rows["epoch"]) == {run.best(chosen.selection)["epoch"]}
            for column, finding in enumerate(study.findings):
                y, z = truth[:, column], logits[:, column]
                p, row = 1 / (1 + np.exp(-z)), rows.loc[finding]
                assert row["auroc"] == pytest.approx(roc_auc_score(y, z), abs=1e-12)
                assert row["ap"] == pytest.approx(average_precision_score(y, z), abs=1e-12)
                assert row["brier"] == pytest.approx(reference.brier(p, y), abs=1e-12)
                for name, binning in (("ece", "equal_mass"), ("ece_width", "equal_width")):
                    expected = reference.expected_calibration_error(p, y, 15, binning)
                    assert row[name] == pytest.approx(expected, abs=1e-9)
                assert row["prevalence"] == pytest.approx(y.mean())
                assert (row["positives"], row["negatives"]) == ((y == 1).sum(), (y == 0).sum())
            for name in ("auroc", "ap", "brier", "ece", "prevalence"):
                assert rows.loc["macro", name] == pytest.approx(rows.loc[list(study.findings), name].mean())


def test_complete_labels_are_an_upper_bound_here(comparison):
    table = measure_table(comparison)
    macro = table[(table.finding == "macro") & (table.selection == "clean")].groupby("loss")["auroc"].mean()
    assert macro["bce_full"] > macro["an"] > 0.6


def test_differences_are_means_over_seeds_of_paired_ones(comparison, study):
    measures, differences = measure_table(comparison), difference_table(comparison, replicates=200)
    assert set(differences["loss"]) == {"bce_full", "wan"}
    assert set(differences["seeds"]) == {2}
    for row in differences.itertuples():
        of = measures[(measures.selection == row.selection) & (measures.finding == row.finding)]
        ours, an = (of[of.loss == loss].set_index("seed")[row.metric] for loss in (row.loss, "an"))
        assert row.difference == pytest.approx((ours - an).mean(), abs=1e-12)
        assert row.low < row.high
    assert difference_table(comparison, replicates=200).equals(differences)


def test_seeds_that_agree_add_nothing_and_seeds_that_differ_widen(comparison, study):
    test = study.rows("test")
    by_name = {chosen.option.name: chosen.runs[0].logits["clean"] for chosen in comparison.of("clean")}
    arguments = study.truth[test], study.patients[test]
    one = paired_bootstrap(by_name["bce_full"], by_name["an"], *arguments, replicates=300).auroc
    other = paired_bootstrap(by_name["an"], by_name["bce_full"], *arguments, replicates=300).auroc
    alone, twice, opposed = (over_seeds(intervals, 0) for intervals in ([one], [one, one], [one, other]))
    np.testing.assert_array_equal(alone.samples, one.samples)
    np.testing.assert_allclose(twice.samples, one.samples)
    assert opposed.macro == pytest.approx(0)
    low, high = opposed.macro_interval
    assert low < -abs(one.macro) / 2 < abs(one.macro) / 2 < high  # both seeds are drawn alone in a quarter of resamples


def test_everything_is_written(comparison, study, tmp_path):
    path = write_comparison(comparison, tmp_path, command="python losses.py", replicates=50)
    text = path.read_text()
    csv, parquet = pd.read_csv(tmp_path / "measures.csv"), pd.read_parquet(tmp_path / "measures.parquet")
    pd.testing.assert_frame_equal(csv, parquet, atol=1e-6, check_dtype=False)
    assert len(pd.read_parquet(tmp_path / "differences.parquet")) == 2 * 2 * 2 * 5
    for name in ("forest", "seeds", "calibration", "reliability"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    for said in ("python losses.py", study.fingerprint[:16], "144 train", "**an**", "**bce_full**", "| wan |", "none"):
        assert said in text
    wan = parquet[(parquet.loss == "wan") & (parquet.selection == "clean") & (parquet.finding == "macro")]
    (line,) = re.findall(r"^\| wan \| .* \| .*$", text.split("**Selection: observed.**")[0], flags=re.MULTILINE)
    assert f"| {wan['ap'].mean():.3f} ({wan['ap'].min():.3f} – {wan['ap'].max():.3f}) |" in line


def test_an_undefined_finding_is_named_and_in_no_mean(make_study, study, recipe, options, tmp_path):
    truth = study.truth.copy()
    truth[study.rows("test"), 2] = 0
    comparison = compare(make_study(truth=truth), options[1:2], recipe, tmp_path)
    table = measure_table(comparison)
    macro, finding = (table[table.finding == name] for name in ("macro", study.findings[2]))
    assert finding["auroc"].isna().all()
    others = table[~table.finding.isin(["macro", study.findings[2]])].groupby(["selection", "seed"])["auroc"].mean()
    assert macro["auroc"].to_numpy() == pytest.approx(others.to_numpy())
    text = write_comparison(comparison, tmp_path, command="c", replicates=20).read_text()
    assert f"in no mean): {study.findings[2]}." in text


def test_a_loss_that_never_trains_is_told_and_the_rest_goes_on(study, recipe, tmp_path):
    options = loss_options(["an?reduction=sum"], BUNDLES)
    wild = replace(recipe, learning_rates=[0.1, 1e30])
    comparison = compare(study, options, wild, tmp_path)
    assert all(chosen.rate == 0.1 for chosen in comparison.chosen)
    assert len(comparison.broken) == 3
    assert re.match(r"bce_full, rate 1e\+30, seed 0: epoch 1: ", comparison.broken[0])
    text = write_comparison(comparison, tmp_path, command="c", replicates=20).read_text()
    assert "- Broke off: an?reduction=sum, rate 1e+30, seed 0" in text
    with pytest.raises(LucencyError, match=r"'an' trained at no rate \(epoch 1: .*choose lower rates"):
        compare(study, options, replace(recipe, learning_rates=[1e30]), tmp_path)


def test_mistakes_are_told_before_any_training(study, recipe, options, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "train", lambda *_: pytest.fail("trained"))
    with pytest.raises(ConfigError, match="'an' is missing"):
        compare(study, options[2:], recipe, tmp_path)
    typo = replace(options[2], config={"loss": {"_target_": "lucency.losses.WeakAssumeNegativeLos"}})
    with pytest.raises(ConfigError, match="loss 'wan': "):
        compare(study, [*options[:2], typo], recipe, tmp_path)


PROGRAM = """
import sys
sys.path[:0] = {path!r}
from conftest import make_study
from lucency.comparison import Recipe, compare, loss_options
if __name__ == "__main__":
    recipe = Recipe(**{recipe!r})
    compare(make_study(), loss_options(["wan"], {bundles!r}), recipe, sys.argv[1], workers=int(sys.argv[2]))
"""


@pytest.mark.slow
def test_killed_and_run_again_with_workers_gives_the_same(study, recipe, options, folder, comparison, tmp_path):
    fields = {name: getattr(recipe, name) for name in recipe.__dataclass_fields__}
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(path=[str(Path(__file__).parent)], recipe=fields, bundles=str(BUNDLES)))
    out = tmp_path / "out"
    command = [sys.executable, str(program), str(out)]
    process = subprocess.Popen([*command, "2"], start_new_session=True)
    while len(list(out.glob("runs/*.npz"))) < 3 and process.poll() is None:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:  # workers end with their parent
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        time.sleep(0.1)
    else:
        pytest.fail("workers outlive a killed parent")
    assert len(list(out.glob("runs/*.npz"))) < len(list((folder / "runs").iterdir()))
    subprocess.run([*command, "1"], check=True)
    for path in out.glob("runs/*.npz"):
        with np.load(path) as ours, np.load(folder / "runs" / path.name) as theirs:
            np.testing.assert_array_equal(ours["clean"], theirs["clean"])
            told, expected = (json.loads(str(file["told"]))["history"] for file in (ours, theirs))
            assert told == expected
