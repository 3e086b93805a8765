"""A ladder end to end on a tiny study: references, groups of test images, neighbours, files."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from lucency.comparison import (
    NAIVE_UNION,
    compare,
    compare_neighbours,
    difference_table,
    measure_table,
    rungs,
    write_ladder,
    write_neighbours,
)
from lucency.comparison.ladder_report import of_test_images
from lucency.comparison.neighbours import neighbour_study
from lucency.errors import ConfigError

NAMES = ["single_source", "naive_union", "label_assemble", "full_labels"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ladder")


@pytest.fixture(scope="module")
def comparison(assembled, two_layers, folder):
    return compare(assembled, rungs(NAMES), two_layers, folder, reference=NAIVE_UNION)


def test_differences_to_two_references_mirror_each_other(comparison):
    tables = [difference_table(comparison, reference=name, replicates=50) for name in (None, "full_labels")]
    index = ["loss", "selection", "finding", "metric"]
    to_naive, to_full = (table.set_index(index).sort_index() for table in tables)
    assert NAIVE_UNION not in to_naive.index
    assert "full_labels" not in to_full.index
    up, down = to_naive.loc["full_labels"], to_full.loc[NAIVE_UNION]
    np.testing.assert_allclose(up["difference"], -down["difference"])
    np.testing.assert_allclose(up["low"], -down["high"])
    np.testing.assert_allclose(up["high"], -down["low"])


def test_the_reference_must_be_among_the_rungs(assembled, two_layers, tmp_path):
    with pytest.raises(ConfigError, match="'naive_union' is missing"):
        compare(assembled, rungs(["queries"]), two_layers, tmp_path, reference=NAIVE_UNION)


def test_part_of_the_test_images_is_judged_by_the_same_outputs(comparison, assembled):
    keep = np.arange(len(assembled.inputs)) % 3 == 0
    table = measure_table(of_test_images(comparison, keep))
    rows = np.flatnonzero(keep & (assembled.splits == "test"))
    places = np.isin(assembled.rows("test"), rows)
    for chosen in comparison.of("clean"):
        for seed, run in chosen.runs.items():
            at = (table.loss == chosen.option.name) & (table.selection == "clean") & (table.seed == seed)
            told = table[at].set_index("finding")["auroc"]
            for column, finding in enumerate(assembled.findings):
                area = roc_auc_score(assembled.truth[rows, column], run.logits["clean"][places, column])
                assert told[finding] == pytest.approx(area)


def test_the_files_hold_what_was_measured(comparison, assembled, folder):
    groups = np.where(np.arange(len(assembled.inputs)) % 2, "odd", "even")
    summary = write_ladder(comparison, folder, command="ladder it", groups=groups, replicates=20).read_text("utf-8")
    assert summary.startswith("```bash\nladder it\n```")
    macro = measure_table(comparison).query("finding == 'macro' and selection == 'clean'")
    for name in NAMES:
        mean = macro[macro.loss == name]["auroc"].mean()
        assert f"{name} | {mean:.3f} (" in summary.replace("**", "")
    section = summary.split("Selection: observed")[1].split("AUROC by finding")[0].replace("**", "")
    present = assembled.truth[assembled.rows("test")] == 1
    for chosen in comparison.of("observed"):
        above = [run.logits["observed"][present] > 0 for run in chosen.runs.values()]
        (line,) = [line for line in section.splitlines() if line.startswith(f"| {chosen.option.name} | ")]
        assert f" | {100 * np.mean(above):.1f} % | {chosen.rate:g} | " in line
    (shared,) = [line for line in summary.splitlines() if line.startswith(f"| {assembled.findings[1]} |")]
    assert shared.startswith(f"| {assembled.findings[1]} | a, b | ")
    of_test = groups[assembled.rows("test")]
    assert f"| rung | even, {(of_test == 'even').sum()} images | odd, {(of_test == 'odd').sum()} images |" in summary
    written = pd.read_csv(folder / "differences.csv")
    assert set(written["reference"]) == {"naive_union", "single_source", "full_labels"}
    assert (folder / "ladder.png").read_bytes().startswith(b"\x89PNG")
    again = write_ladder(comparison, folder, command="ladder it", groups=groups, replicates=20).read_text("utf-8")
    assert again == summary


def test_neighbours_are_labelled_on_other_images_and_not_judged(assembled):
    finding, *others = assembled.findings
    own = assembled.sources == "a"
    train, judged = assembled.splits == "train", assembled.splits != "train"
    study = neighbour_study(assembled, finding, others[:2])
    assert study.findings == (finding, *others[:2])
    known = ~np.isnan(study.observed)
    np.testing.assert_array_equal(known[train, 0], own[train])
    np.testing.assert_array_equal(known[train, 1], ~own[train])
    assert not (~np.isnan(study.truth[judged])[:, 1:]).any()
    np.testing.assert_array_equal(study.truth[:, 0], assembled.truth[:, 0])
    short, alone = (neighbour_study(assembled, finding, [], repeated=repeated) for repeated in (False, True))
    np.testing.assert_array_equal(short.inputs[short.rows("train")], assembled.inputs[own & train])
    assert len(alone.rows("train")) == train.sum()
    assert set(alone.patients[alone.rows("train")]) == set(assembled.patients[own & train])
    assert not np.isnan(alone.targets("observed")).any()


def test_the_finding_is_compared_with_itself_alone(assembled, two_layers, tmp_path):
    finding, *others = assembled.findings
    names = ["naive_union", "label_assemble"]
    short = replace(two_layers, max_epochs=1)
    comparison = compare_neighbours(assembled, finding, others, [1, 3], names, short, tmp_path)
    counted = [f"{name}, {count} others" for count in (1, 3) for name in names]
    assert [chosen.option.name for chosen in comparison.of("clean")] == ["alone", "alone, longer", *counted]
    test = assembled.rows("test")
    for chosen in comparison.of("clean"):
        table = measure_table(replace(comparison, chosen=[chosen]))
        for seed, run in chosen.runs.items():
            area = roc_auc_score(assembled.truth[test, 0], run.logits["clean"][:, 0])
            told = table[table.seed == seed].set_index("finding")["auroc"]
            assert told[finding] == told["macro"] == pytest.approx(area)
    path = write_neighbours([comparison], tmp_path, command="compare them", replicates=20)
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith(f"| {finding} ")]
    assert [line.split(" | ")[1] for line in lines] == ["alone", "alone, longer", *counted]
    assert (tmp_path / "neighbours.png").read_bytes().startswith(b"\x89PNG")
