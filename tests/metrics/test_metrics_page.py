"""The page docs/reference/metrics.md says what the code does."""

import inspect
import re
from pathlib import Path

import pytest
import yaml

import lucency.metrics
from lucency.metrics import FindingMetrics
from support import run_snippets

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "metrics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "auroc",
        "average_precision",
        "bootstrap_intervals",
        "brier_score",
        "calibration_intervals",
        "delong_intervals",
        "delong_test",
        "expected_calibration_error",
        "log_loss",
        "ranking_metrics",
    ],
)
def test_stated_signatures_are_those_of_the_code(name):
    parameters = inspect.signature(getattr(lucency.metrics, name)).parameters.values()
    bare = inspect.Signature([parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters])
    assert f"| `{name}{bare}` |" in PAGE


def test_the_configuration_builds_and_names_the_keys_it_says():
    config = yaml.safe_load(re.search(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)[1])
    (name, component), *others = config["key_metric"].items()
    assert component.pop("_target_") == "lucency.metrics.FindingMetrics"
    metric = FindingMetrics(**component | {"findings": ["edema"]})
    assert not others
    assert f'`engine.state.metrics["{name}"]`' in PAGE
    assert f'`engine.state.metrics["{metric.average_precision_name}"]`' in PAGE


def test_the_snippets_run():
    run_snippets(PAGE)
