"""Every rule: one fault put into a bundle without faults is found, named and placed; nothing else is."""

import hashlib
import json
import re
from pathlib import Path

import pytest
import yaml

from lucency.release.checklist import RULES, Level, lint_bundle

FAULTS = yaml.safe_load(Path(__file__).with_name("faults.yaml").read_text())


def put(bundle, how):
    """Put one fault into a bundle."""
    path = bundle / str(how.get("edit") or how.get("set") or how.get("unset") or how.get("write") or how.get("delete"))
    if "edit" in how:
        text = path.read_text()
        assert how["old"] in text
        path.write_text(text.replace(how["old"], how["new"], 1))
    elif "write" in how:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(how["text"])
    elif "delete" in how:
        path.unlink()
    elif "do" in how:
        SPECIAL[how["do"]](bundle)
    else:
        change_key(path, how["key"], how.get("value", ...))


def change_key(path, key, value):
    """Set a key of a JSON file, or delete it with `...`."""
    content = json.loads(path.read_text())
    *parents, last = key.split("::")
    holder = content
    for name in parents:
        holder = holder[int(name) if isinstance(holder, list) else name]
    if value is ...:
        del holder[last]
    else:
        holder[int(last) if isinstance(holder, list) else last] = value
    path.write_text(json.dumps(content, indent=4) + "\n")


def link_outside(bundle):
    (bundle.parent / "outside.txt").write_text("of this machine")
    (bundle / "docs" / "notes.txt").symlink_to(bundle.parent / "outside.txt")


def add_large_file(bundle):
    with (bundle / "sample.bin").open("wb") as file:
        file.truncate(26 * 2**20)


SPECIAL = {
    "renamed": lambda bundle: bundle.rename(bundle.parent / "clean"),
    "linked": link_outside,
    "large": add_large_file,
    "as_yaml": lambda bundle: (bundle / "configs/inference.json").rename(bundle / "configs/inference.yaml"),
}


def test_a_bundle_without_faults_has_no_findings(clean):
    assert lint_bundle(clean).findings == ()
    assert lint_bundle(clean).passes(strict=True)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault["rule"])
def test_the_rule_finds_its_fault_and_only_that(fault, clean):
    for how in fault["put"]:
        put(clean, how)
    bundle = next(path for path in clean.parent.iterdir() if path.is_dir())
    findings = lint_bundle(bundle).findings
    assert {finding.rule for finding in findings} == {fault["rule"], *fault.get("also", ())}
    found = [finding for finding in findings if finding.rule == fault["rule"]]
    assert {finding.place.file for finding in found} == {fault["file"]}
    if "line" in fault:
        assert fault["line"] in (bundle / fault["file"]).read_text().splitlines()[found[0].place.line - 1]
    assert all("\n" not in finding.message + finding.mend for finding in found)


def test_a_key_that_only_an_overlay_uses_is_used(clean):
    change_key(clean / "configs/train.json", "metrics_file", "metrics.csv")
    assert [finding.rule for finding in lint_bundle(clean).findings] == ["paths.relative", "references.unused"]
    change_key(clean / "configs/evaluate.json", "saved", "@metrics_file")
    change_key(clean / "configs/evaluate.json", "run", ["$@validate#evaluator.run()", "@saved"])
    assert [finding.rule for finding in lint_bundle(clean).findings] == ["paths.relative"]


def test_a_large_file_that_is_listed_may_lie_in_the_folder(clean):
    with (clean / "models.bin").open("wb") as file:
        file.truncate(26 * 2**20)
    listed = clean / "large_files.yml"
    digest = hashlib.sha256(bytes(26 * 2**20)).hexdigest()
    listed.write_text(f"{listed.read_text()}  - path: models.bin\n    hash_val: {digest}\n")
    assert lint_bundle(clean).findings == ()


def test_a_lambda_that_no_worker_gets_is_none_of_the_rules_business(clean):
    change_key(clean / "configs/inference.json", "handlers::1::batch_transform", "$lambda x: x")
    assert lint_bundle(clean).findings == ()


def test_a_workflow_for_hosts_without_code_is_what_they_use(clean):
    configs = clean / "configs"
    (configs / "portable.json").write_text((configs / "inference.json").read_text())
    own = "clean_findings.tables.TableWriter"
    change_key(configs / "inference.json", "inferer::_target_", own)
    assert lint_bundle(clean).findings == ()
    change_key(configs / "portable.json", "inferer::_target_", own)
    (finding,) = lint_bundle(clean).findings
    assert (finding.rule, finding.place.file) == ("hosts.stock", "configs/portable.json")


def test_a_page_without_figures_needs_no_cases(clean):
    page = clean / "docs" / "README.md"
    counted = re.sub(r"\d+ (images|patients)", "many", page.read_text())
    page.write_text(counted)
    assert [finding.message for finding in lint_bundle(clean).findings] == [
        "does not say: how many cases the figures are of"
    ]
    page.write_text(f"{counted}\nNothing was measured with these weights.\n")
    assert lint_bundle(clean).findings == ()


def test_every_rule_has_a_fault():
    assert {fault["rule"] for fault in FAULTS} == {rule.id for rule in RULES}


def test_ids_are_unique_and_of_one_form():
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z-]+\.[a-z0-9-]+", name) for name in ids)


def test_levels_decide_what_passes(clean):
    change_key(clean / "configs/metadata.json", "authors", "Your Name Here")
    warned = lint_bundle(clean)
    assert (warned.count(Level.ERROR), warned.count(Level.WARNING)) == (0, 1)
    assert warned.passes()
    assert not warned.passes(strict=True)
    (clean / "LICENSE").unlink()
    assert not lint_bundle(clean).passes()
