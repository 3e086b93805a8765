"""Three bundles written in the style of published ones: what their authors would be told."""

import json
from pathlib import Path

import pytest

from lucency.release.checklist import Level, lint_bundle

BUNDLES = Path(__file__).parent / "bundles"
EXPECTED = json.loads(Path(__file__).with_name("published_style.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_findings_are_these(name):
    findings = lint_bundle(BUNDLES / name).findings
    assert [f"{finding.level} {finding.rule} {finding.place}" for finding in findings] == EXPECTED[name]


def test_the_zoo_style_that_predicts_without_weights_is_an_error():
    findings = lint_bundle(BUNDLES / "tool_presence_classification").findings
    (found,) = [finding for finding in findings if finding.rule == "weights.disabled"]
    assert found.level is Level.ERROR
    assert found.place.key == "handlers::0::_disabled_"
    assert found.mend.startswith("delete _disabled_")


def test_an_overlay_is_placed_in_its_own_file_and_what_it_takes_over_in_the_base():
    places = {
        finding.rule: str(finding.place) for finding in lint_bundle(BUNDLES / "tool_presence_classification").findings
    }
    assert places["processes.slice"].startswith("configs/multi_gpu_train.json:")
    assert places["workflow.reference"].startswith("configs/train.json:")


def test_a_bundle_without_code_of_its_own_has_few():
    checklist = lint_bundle(BUNDLES / "organ_ct_segmentation")
    assert not checklist.breaks("code")
    assert not checklist.breaks("hosts")
    assert {finding.rule for finding in checklist.findings if finding.level is Level.ERROR} == {
        "large-files.hash",
        "weights.initialize",
    }
