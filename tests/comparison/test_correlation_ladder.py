"""The ladder of label correlations over folds: rungs, resume, figures against independent computations."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr, ttest_1samp
from sklearn.metrics import f1_score, roc_auc_score
from torch.nn.functional import kl_div

from lucency.comparison import (
    BCE,
    LADDER,
    CorrelationPlan,
    Fold,
    Recipe,
    ceiling_table,
    correlation_rungs,
    cross_validate,
    fold_differences,
    fold_table,
    training,
    write_correlation_ladder,
)
from lucency.comparison.correlation_figures import off_diagonal
from lucency.comparison.correlation_learnt import what_was_learnt
from lucency.comparison.run import Job, Run
from lucency.errors import ConfigError
from lucency.losses import LabelCorrelationLoss, MaskedBCELoss, cooccurrence

ENDS = {"in_channels": "@features", "out_channels": "@outputs"}
HEAD = {"_target_": "lucency.networks.LabelCorrelationHead", **ENDS, "dim": 8, "projection": 4}
RECIPE = Recipe(
    network={"_target_": "lucency.comparison.PooledLinear", **ENDS},
    losses=list(LADDER),
    learning_rates=[0.003, 0.03],
    seeds=[5],
    max_epochs=2,
    batch_size=16,
    metric="auroc",
)


@pytest.fixture(scope="module")
def folds(make_study):
    """Three folds of maps of two channels' worth of signal; whole patients, two images each."""
    whole = make_study(features=6)
    maps = np.repeat(whole.inputs.reshape(240, 6, 1, 1), 4, axis=2) + np.random.default_rng(0).normal(
        size=(240, 6, 4, 1)
    )
    people = np.array([int(patient[1:]) for patient in whole.patients])
    made = []
    for number in range(3):
        splits = np.where(people % 3 == number, "test", np.where(people % 5 == 0, "val", "train"))
        study = replace(whole, inputs=maps.astype(np.float16), observed=whole.truth, splits=splits)
        made.append(Fold(1, number + 1, study))
    return made


@pytest.fixture(scope="module")
def rungs():
    return correlation_rungs(LADDER, HEAD)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ladder")


@pytest.fixture(scope="module")
def results(folds, rungs, folder):
    return cross_validate(folds, rungs, RECIPE, folder, reference=BCE)


def test_each_rung_adds_its_part_and_keeps_those_before(rungs, folds):
    study = folds[0].study
    networks = [rung.build_network(study, RECIPE, 0) for rung in rungs]
    losses = [rung.build(study, seed=0, max_epochs=2) for rung in rungs]
    assert isinstance(losses[0], MaskedBCELoss)
    assert all(type(loss) is LabelCorrelationLoss for loss in losses[1:])
    has = [
        (network.global_correlation is not None, network.local_correlation is not None, network.projector is not None)
        for network in networks[1:]
    ]
    assert has == [(False, False, False), (True, True, False), (True, True, False), (True, True, True)]
    taught = [(loss.consistency, loss.anchor, loss.contrast) for loss in losses[1:]]
    assert [[part is not None for part in parts] for parts in taught] == [
        [False] * 3,
        [False] * 3,
        [True, True, False],
        [True] * 3,
    ]
    with torch.no_grad():
        tokens = [network.W_t.weight for network in networks[1:]]
    assert all(torch.equal(weight, tokens[0]) for weight in tokens)


def test_rungs_without_parts_on_correlations_teach_as_bce_does(rungs, folds):
    study = folds[0].study
    inputs, targets = torch.rand(8, 6, 4, 1), torch.as_tensor(study.targets("observed")[:8])
    for rung in rungs[1:3]:
        network, loss = rung.build_network(study, RECIPE, 0), rung.build(study, seed=0, max_epochs=2)
        said = network.train()(inputs)
        torch.testing.assert_close(loss(said, targets), MaskedBCELoss(reduction="mean_observed")(said.z, targets))


def test_a_rung_that_is_not_there_is_told():
    with pytest.raises(ConfigError, match=r"no rung 'contast'; did you mean 'contrast'\?"):
        correlation_rungs(["contast"], HEAD)


def test_a_variant_has_other_arguments_and_its_rungs_network(folds):
    name = "consistency?consistency#rows=all&anchor_weight=0.3"
    rung, varied = correlation_rungs(["consistency", name], HEAD)
    loss = varied.build(folds[0].study, seed=0, max_epochs=2)
    assert (loss.consistency.rows, loss.anchor_weight) == ("all", 0.3)
    assert loss.consistency.divergence == rung.build(folds[0].study, seed=0, max_epochs=2).consistency.divergence
    assert varied.network == rung.network
    with pytest.raises(ConfigError, match=r"'contrast\?contrast_wait=1': .*contrast_wait"):
        correlation_rungs(["contrast?contrast_wait=1"], HEAD)


def test_every_fold_chooses_its_rate_and_has_a_seed_of_its_own(results, folds):
    assert [result.comparison.recipe.seeds for result in results] == [[5], [6], [7]]
    for result, fold in zip(results, folds, strict=True):
        assert (result.repeat, result.number) == (fold.repeat, fold.number)
        assert [chosen.option.name for chosen in result.chosen] == list(LADDER)
        for chosen in result.chosen:
            assert chosen.rate == max(chosen.grid, key=chosen.grid.get)
            assert list(chosen.grid) == RECIPE.learning_rates


def test_a_rerun_reads_and_trains_nothing(results, folds, rungs, folder, monkeypatch):
    monkeypatch.setattr(training, "train", lambda *_: pytest.fail("trained again"))
    again = cross_validate(folds, rungs, RECIPE, folder, reference=BCE)
    pd.testing.assert_frame_equal(fold_table(again), fold_table(results))
    for ours, theirs in zip(what_was_learnt(again), what_was_learnt(results), strict=True):
        np.testing.assert_array_equal(ours.G, theirs.G)
        assert ours.local_variances == theirs.local_variances


def test_figures_equal_those_of_scikit_learn_at_thresholds_of_the_validation_part(results):
    table = fold_table(results)
    assert len(table) == 3 * len(LADDER) * 6
    for result in results:
        study = result.comparison.study
        truth, val = study.truth[study.rows("test")], study.truth[study.rows("val")]
        for chosen in result.chosen:
            at = (table.fold == result.number) & (table.rung == chosen.option.name)
            rows = table[at].set_index("finding")
            (run,) = chosen.runs.values()
            p, q = (1 / (1 + np.exp(-z.astype(float))) for z in (run.logits["clean"], run.validation["clean"]))
            assert rows.loc["macro", "auroc"] == pytest.approx(roc_auc_score(truth, p, average="macro"))
            called = p >= 0.5
            for average in ("macro", "micro"):
                assert rows.loc[average, "f1"] == pytest.approx(f1_score(truth, called, average=average))
            thresholds = rows.loc[list(study.findings), "threshold"].to_numpy()
            for average in ("macro", "micro"):
                expected = f1_score(truth, p >= thresholds, average=average)
                assert rows.loc[average, "f1_tuned"] == pytest.approx(expected)
            own = f1_score(val, q >= thresholds, average=None)
            tried = [f1_score(val, q >= value, average=None, zero_division=0) for value in np.linspace(0, 1, 21)]
            assert (own >= np.max(tried, axis=0) - 1e-12).all()


def test_logits_of_the_validation_part_are_those_of_the_kept_network(results, folds, rungs):
    study = folds[0].study
    run = training.train(study, RECIPE, Job(rungs[2], 0.03, 5))
    best = run.best("clean")
    metric = np.mean(
        [roc_auc_score(study.truth[study.rows("val")][:, c], run.validation["clean"][:, c]) for c in range(4)]
    )
    assert metric == pytest.approx(best["clean"])


def test_a_finding_that_a_fold_lacks_is_named_and_in_no_mean_there(folds, rungs, tmp_path):
    _, _, study = folds[0]
    truth = study.truth.copy()
    truth[study.rows("test"), 1] = 0
    lacking = folds[0]._replace(study=replace(study, truth=truth, observed=truth))
    results = cross_validate([lacking, folds[1]], rungs[:2], RECIPE, tmp_path, reference=BCE)
    rows = fold_table(results).query("fold == 1 and rung == 'bce'").set_index("finding")
    name, others = study.findings[1], [finding for finding in study.findings if finding != study.findings[1]]
    assert rows.loc[name, ["auroc", "f1"]].isna().all()
    assert rows.loc["macro", "auroc"] == pytest.approx(rows.loc[others, "auroc"].mean())
    text = write_correlation_ladder(results, tmp_path, command="c").read_text("utf-8")
    assert f"in no mean there): {name} in 1 folds." in text


def test_differences_are_paired_and_corrected_by_the_overlap_of_folds(results):
    table = fold_table(results)
    rows = fold_differences(table, results, [("contrast", BCE)]).set_index("measure")
    macro = table[table.finding == "macro"].set_index(["rung", "fold"])["auroc"]
    differences = (macro["contrast"] - macro[BCE]).to_numpy()
    plain = ttest_1samp(differences, 0).confidence_interval()
    studies = [result.comparison.study for result in results]
    ratio = np.mean([(study.splits == "test").sum() / (study.splits == "train").sum() for study in studies])
    row = rows.loc["macro AUROC"]
    assert (row.difference, row.folds, row.higher) == (pytest.approx(differences.mean()), 3, (differences > 0).sum())
    half = (plain.high - plain.low) / 2 * np.sqrt(1 + 3 * ratio)
    assert (row.low, row.high) == pytest.approx((differences.mean() - half, differences.mean() + half))


def test_what_was_learnt_is_that_of_the_kept_networks(results, folds, rungs):
    learnt = {one.rung: one for one in what_was_learnt(results)}
    assert list(learnt) == ["global", "consistency", "contrast"]
    for name, one in learnt.items():
        runs = [next(iter(c.runs.values())) for r in results for c in r.chosen if c.option.name == name]
        np.testing.assert_allclose(one.G.sum(axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(one.G, np.mean([run.extras["G"] for run in runs], axis=0), atol=1e-7)
        others = ~np.eye(4, dtype=bool)
        expected = []
        for run, result in zip(runs, results, strict=True):
            truth = cooccurrence(result.comparison.study.targets("truth"))
            expected.append(spearmanr(off_diagonal(run.extras["G"])[others], off_diagonal(truth)[others]).statistic)
        assert one.rank_correlation == pytest.approx(np.mean(expected))
        ways = []
        for run, result in zip(runs, results, strict=True):
            truth = torch.as_tensor(cooccurrence(result.comparison.study.targets("truth")))
            to_g, to_uniform = (
                float(kl_div(torch.as_tensor(shares, dtype=torch.float64).log(), truth, reduction="sum"))
                for shares in (run.extras["G"], np.full((4, 4), 0.25))
            )
            ways.append(1 - to_g / to_uniform)
        assert one.way == pytest.approx(np.mean(ways))


def test_the_variance_is_that_of_local_correlations_across_the_validation_images(folds, rungs):
    study, rung = folds[0].study, rungs[3]
    network = rung.build_network(study, RECIPE, 0)
    inputs = torch.rand(10, 6, 4, 1)
    told = rung.extras(network.eval(), [inputs[:7], inputs[7:]])
    assert not network.training
    expected = network.train()(inputs).L.detach().numpy().var(axis=0).mean()
    assert told["local_variance"] == pytest.approx(expected)
    assert rungs[1].extras(rungs[1].build_network(study, RECIPE, 0).eval(), [inputs]) == {}


def test_what_there_is_to_win_is_seen_where_one_finding_tells_another(folds, rungs, tmp_path):
    twins = []
    for fold in folds:
        truth = fold.study.truth.copy()
        truth[:, 2] = truth[:, 1]
        twins.append(fold._replace(study=replace(fold.study, truth=truth, observed=truth)))
    results = cross_validate(twins, rungs[:1], RECIPE, tmp_path, reference=BCE)
    ceiling = ceiling_table(results, BCE).set_index(["rung", "finding"])["auroc"]
    names = results[0].comparison.study.findings
    for told in ("truth of the others", "bce and truth of the others"):
        assert (ceiling.loc[told, list(names[1:3])] > 0.99).all()
        assert (ceiling.loc[told, names[0]] < 0.99).all()
    without = fold_table(results).set_index("finding").loc[names[1], "auroc"]
    assert (without < 0.99).all()
    unknown = replace(twins[0].study, truth=np.where(np.arange(240)[:, None] == 0, np.nan, twins[0].study.truth))
    results[0] = replace(results[0], comparison=replace(results[0].comparison, study=unknown))
    assert set(ceiling_table(results, BCE)["fold"]) == {2, 3}


def test_runs_written_before_there_was_more_to_keep_are_read(results, tmp_path):
    run = next(iter(results[0].chosen[0].runs.values()))
    bare = replace(run, validation={}, extras={})
    bare.save(tmp_path / "run.npz", {})
    again = Run.load(tmp_path / "run.npz")
    assert (again.validation, again.extras) == ({}, {})
    np.testing.assert_array_equal(again.logits["clean"], run.logits["clean"])


def test_the_files_hold_what_was_measured(results, folder):
    summary = write_correlation_ladder(results, folder, command="climb it").read_text("utf-8")
    assert summary.startswith("```bash\nclimb it\n```")
    table = fold_table(results)
    macro = table[table.finding == "macro"]
    for name in LADDER:
        values = macro[macro.rung == name]["auroc"]
        assert f"| {name} | {values.mean():.3f} ± {values.std():.3f} |" in summary
    written = pd.read_csv(folder / "differences.csv")
    pairs = set(zip(written["rung"], written["against"], strict=True))
    assert pairs == {(name, BCE) for name in LADDER[1:]} | set(zip(LADDER[1:], LADDER, strict=False))
    (line,) = re.findall(r"^\| contrast - bce \| \**([+-][\d.]+) \(", summary, flags=re.MULTILINE)
    expected = written.query("rung == 'contrast' and against == 'bce' and measure == 'macro AUROC'")["difference"]
    assert float(line) == pytest.approx(expected.iloc[0], abs=6e-4)
    for name in ("folds.png", "correlations.png"):
        assert (folder / name).read_bytes().startswith(b"\x89PNG")
    pd.testing.assert_frame_equal(pd.read_csv(folder / "measures.csv"), table, atol=1e-6, check_dtype=False)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("folds: 5", "key 'recipe' is missing; add it"),
        ("recipe: {network: {_target_: a}, losses: [bce]}\nfold: 3", "no key 'fold'; did you mean 'folds'"),
        (
            "recipe: {network: {_target_: a}, losses: [global]}\ncorrelation_network: {_target_: b}",
            "losses of the recipe lack 'bce'",
        ),
        ("recipe: {network: {_target_: a}, losses: [bce]}\ncorrelation_network: {}", "must be a mapping with _target_"),
        ("recipe: [", "not readable as YAML"),
    ],
)
def test_a_plan_that_makes_no_sense_is_one_line(content, words, tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=rf"plan.yaml: .*{words}") as raised:
        CorrelationPlan.read(path)
    assert "\n" not in str(raised.value)
