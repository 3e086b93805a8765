"""Subgroups: counts, AUROC and gap against naive recomputation on the same resamples."""

import numpy as np
import pytest

from lucency.results.report.characteristics import group_images
from lucency.results.report.remarks import distinct_groups
from lucency.results.report.subgroups import SubgroupMeasurer
from references import resampling

REPLICATES, SEED, MINIMUM = 40, 4, 5


@pytest.fixture(scope="module")
def subgroups(images):
    measure = SubgroupMeasurer(images, minimum=MINIMUM, replicates=REPLICATES, seed=SEED)
    return {(group.characteristic, group.value): group for group in measure(group_images(images.table))}


def naive(images, members, column, rows):
    """AUROC of one finding on some members of a resample."""
    rows = [row for row in rows if members[row]]
    return resampling.auroc(images.raw[rows, column], images.targets[rows, column])


def both_classes(images, members, column):
    labels = images.targets[members, column]
    return min((labels == 1).sum(), (labels == 0).sum()) >= MINIMUM


@pytest.mark.parametrize("key", [("sex", "F"), ("sex", "unknown"), ("view", "AP"), ("age", "40 to 59")])
def test_auroc_and_gap_are_those_of_the_definition(subgroups, images, key):
    table, group = images.table, subgroups[key]
    members = {
        ("sex", "F"): table.sex == "F",
        ("sex", "unknown"): table.sex == "",
        ("view", "AP"): table["view"] == "AP",
        ("age", "40 to 59"): (table.age >= 40) & (table.age < 60),
    }[key].to_numpy()
    measured = [column for column in range(3) if both_classes(images, members, column)]
    compared = [column for column in measured if both_classes(images, ~members, column)]
    everyone = list(range(len(table)))

    def auroc(rows):
        return float(np.nanmean([naive(images, members, column, rows) for column in measured]))

    def gap(rows, columns=compared):
        gaps = [naive(images, members, c, rows) - naive(images, ~members, c, rows) for c in columns]
        return float(np.nanmean(gaps))

    assert measured == compared == [0, 1]
    assert (group.images, group.patients) == (members.sum(), table.patient[members].nunique())
    assert group.unlabelled == pytest.approx(np.isnan(images.targets[members]).mean())
    assert (group.measured, group.compared) == (2, 2)
    for found, measure in ((group.auroc, auroc), (group.gap, gap), (group.findings[1].gap, lambda r: gap(r, [1]))):
        assert found.value == pytest.approx(measure(everyone))
        expected = resampling.interval(measure, images.patients, REPLICATES, SEED)
        assert (found.low, found.high) == pytest.approx(expected)


def test_every_finding_of_a_group_has_its_counts(subgroups, images):
    members = (images.table.sex == "M").to_numpy()
    for column, finding in enumerate(subgroups["sex", "M"].findings):
        labels = images.targets[members, column]
        assert (finding.positive, finding.negative) == ((labels == 1).sum(), (labels == 0).sum())
        assert finding.unlabelled == pytest.approx(np.isnan(labels).mean())


def test_a_group_with_few_images_has_counts_and_no_figures(images):
    measure = SubgroupMeasurer(images, minimum=10_000, replicates=5, seed=0)
    for group in measure(group_images(images.table)):
        assert group.images > 0
        assert (group.measured, group.compared, group.auroc.value, group.gap.value) == (0, 0, None, None)


def test_a_characteristic_with_one_value_is_no_subgroup(images):
    table = images.table.assign(view="PA")
    groups = SubgroupMeasurer(images, minimum=5, replicates=5, seed=0)(group_images(table))
    assert {group.characteristic for group in groups} == {"sex", "age"}


def test_of_two_groups_that_mirror_each_other_one_counts(subgroups):
    kept = distinct_groups(list(subgroups.values()))
    by_view = [group for group in subgroups.values() if group.characteristic == "view"]
    assert by_view[0].gap.value == pytest.approx(-by_view[1].gap.value)
    assert [group.value for group in kept if group.characteristic == "view"] == ["AP"]
    assert len([group for group in kept if group.characteristic == "sex"]) == 3


def test_without_enough_images_in_the_rest_there_is_a_figure_and_no_gap(images):
    rest = np.flatnonzero(images.targets[:, 0] == 0)[: MINIMUM - 1]
    groups = {"ward": {"a": ~np.isin(np.arange(len(images.targets)), rest)}}
    groups["ward"]["b"] = ~groups["ward"]["a"]
    here, there = SubgroupMeasurer(images, minimum=MINIMUM, replicates=5, seed=0)(groups)
    assert (here.measured, here.compared, here.gap.value) == (2, 0, None)
    kept = images.table.index[groups["ward"]["a"]]
    areas = [resampling.auroc(images.raw[kept, column], images.targets[kept, column]) for column in (0, 1)]
    assert here.auroc.value == pytest.approx(np.mean(areas))
    assert (there.measured, there.compared, there.auroc.value) == (0, 0, None)
