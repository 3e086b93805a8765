"""Plans: those of the repository are whole, and mistakes are one line."""

from pathlib import Path

import pytest
import yaml

from lucency.comparison import Neighbours, Plan
from lucency.errors import ConfigError

RECIPES = sorted((Path(__file__).parents[2] / "scripts" / "benchmarks" / "recipes").glob("assemble_*.yaml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_the_plans_of_the_repository_are_read(path, assembled):
    plan = Plan.read(path)
    assert {"single_source", "naive_union", "label_assemble", "full_labels"} <= set(plan.recipe.losses)
    findings = [finding for own in plan.sources.values() for finding in own]
    assert len(findings) == len(set(findings))
    if plan.neighbours:
        assert set(plan.neighbours.findings) <= set(next(iter(plan.sources.values())))


def test_plans_differ_in_data_and_rates_alone():
    content = [yaml.safe_load(path.read_text("utf-8"))["recipe"] for path in RECIPES]
    for recipe in content:
        for key in ("learning_rates", "max_epochs", "losses"):
            del recipe[key]
    assert all(recipe == content[0] for recipe in content)


def test_others_come_in_one_random_order(assembled):
    finding, *others = assembled.findings
    orders = {tuple(Neighbours(findings=[finding], counts=[3], seed=s).order(assembled, finding)) for s in range(20)}
    assert all(sorted(order) == sorted(others) for order in orders)
    assert len(orders) > 1
    with pytest.raises(ConfigError, match="4 others are asked for; study synthetic has 3"):
        Neighbours(findings=[finding], counts=[1, 4]).order(assembled, finding)
    with pytest.raises(ConfigError, match="no finding"):
        Neighbours(findings=["fracture"], counts=[1]).order(assembled, "fracture")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sourcs": {}}, "no key 'sourcs'; did you mean 'sources'"),
        ({"sources": {"a": ["edema"]}}, "sources must be a mapping of two or more"),
        ({"recipe": {"network": {"_target_": "x"}, "losses": ["naiv_union"]}}, "no rung 'naiv_union'; did you mean"),
        ({"recipe": {"network": {"_target_": "x"}, "epochs": 3}}, "no key 'epochs'; did you mean 'max_epochs'"),
        ({"recipe": "fast"}, "recipe is 'fast'; give a mapping"),
        ({"neighbours": {"findings": ["edema"], "counts": [0]}}, "give whole numbers from 1"),
        ({"neighbours": {"findings": ["edema"], "counts": [1], "rungs": ["queries"]}}, "rungs lack 'naive_union'"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, change, message):
    content = {
        "sources": {"a": ["edema"], "b": ["mass"]},
        "recipe": {"network": {"_target_": "x"}, "losses": ["naive_union"]},
    }
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(content | change))
    with pytest.raises(ConfigError, match=message) as told:
        Plan.read(path)
    assert str(told.value).startswith(f"{path}: ")
    assert "\n" not in str(told.value)
