"""The bundles of this repository: no errors, and no warnings but those that a source without weights must have."""

from pathlib import Path

import pytest

from lucency.release.checklist import Level, lint_bundle

BUNDLES = sorted((Path(__file__).parents[3] / "bundles").glob("*/"))
OF_A_SOURCE = {
    "layout.weights",  # recipes: nobody's weights are shipped
    "layout.json",  # authored in YAML
    "packages.lucency",  # which packaging puts into the bundle
    "metadata.recommended",  # eval_metrics, which packaging takes from a report
    "hosts.stock",  # where the method is the network
    "docs.link",  # to the repository's pages
}


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_findings_are_those_of_a_source(bundle):
    findings = lint_bundle(bundle).findings
    assert [finding for finding in findings if finding.level is Level.ERROR] == []
    assert {finding.rule for finding in findings} <= OF_A_SOURCE
    empty = [finding.place.key for finding in findings if finding.rule == "metadata.recommended"]
    assert set(empty) <= {"eval_metrics"}
