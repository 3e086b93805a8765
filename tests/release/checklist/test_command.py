"""`lucency bundle check` as it is typed: rules first, then the golden test where there is one."""

import json
import shutil
import sys

import pytest
from typer.testing import CliRunner

from lucency.commands.bundle import app
from lucency.errors import ConfigError
from lucency.release.checklist import rules_page
from support import BUNDLE


def command(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})


def faulty(clean):
    (clean / "LICENSE").unlink()
    return clean


def warned(clean):
    (clean / "docs" / "data_license.txt").unlink()
    return clean


@pytest.fixture
def no_golden_test(monkeypatch):
    """Fail if the bundle is run."""
    module = "lucency.release.check"
    monkeypatch.setitem(sys.modules, module, None)


def test_a_bundle_without_findings(clean, no_golden_test):
    done = command("check", clean, "--strict")
    assert done.exit_code == 0
    assert "0 errors, 0 warnings" in done.output
    assert "golden test: left out (there is no " in done.output


def test_a_finding_is_shown_with_place_rule_message_and_mend(clean, no_golden_test):
    done = command("check", faulty(clean))
    assert done.exit_code == 1
    assert "LICENSE: error layout.licence" in done.output
    assert "is absent or empty" in done.output
    assert "mend: add the licence's text" in done.output
    assert "the rules found errors; mend them first" in done.output


def test_warnings_fail_only_if_strict(clean, no_golden_test):
    assert command("check", warned(clean)).exit_code == 0
    assert command("check", clean, "--strict").exit_code == 1


def test_json_alone_on_the_output(clean, no_golden_test):
    done = command("check", warned(clean), "--json", "-")
    content = json.loads(done.stdout)
    assert (content["passes"], content["errors"], content["warnings"]) == (True, 0, 2)
    assert content["findings"][0] == {
        "rule": "layout.data-licence",
        "level": "warning",
        "file": "docs/data_license.txt",
        "line": None,
        "key": "",
        "message": "is absent or empty",
        "mend": "name each data set, its licence and its citation",
    }
    assert content["golden"]["backends"] == []
    assert content["golden"]["left_out"].startswith("there is no ")


def test_json_in_a_file_beside_the_table(clean, tmp_path, no_golden_test):
    done = command("check", warned(clean), "--strict", "--json", tmp_path / "out" / "check.json")
    assert "layout.data-licence" in done.output
    content = json.loads((tmp_path / "out" / "check.json").read_text())
    assert (content["passes"], content["strict"]) == (False, True)


@pytest.fixture
def golden(tmp_path):
    """One of our bundles, which has a golden test."""
    return shutil.copytree(BUNDLE, tmp_path / BUNDLE.name, ignore=shutil.ignore_patterns("models", "eval"))


def test_static_runs_nothing_though_there_is_a_golden_test(golden, no_golden_test):
    done = command("check", golden, "--static")
    assert done.exit_code == 0
    assert "golden test: left out (--static)" in done.output


def test_an_error_keeps_the_bundle_from_being_run(golden, no_golden_test):
    done = command("check", faulty(golden), "--backend", "torch")
    assert done.exit_code == 1
    assert "mend them first" in done.output


def test_static_and_weights_contradict_each_other(golden):
    done = command("check", golden, "--static", "--backend", "torch")
    assert isinstance(done.exception, ConfigError)
    assert "leave them out" in str(done.exception)


def test_golden_answers_of_weights_that_are_not_there(golden, no_golden_test):
    file = golden / "golden" / "golden.json"
    content = json.loads(file.read_text()) | {"weights": {"sha256": "0" * 64}}
    file.write_text(json.dumps(content))
    done = command("check", golden)
    assert done.exit_code == 0
    assert "give --weights" in done.output


def test_the_golden_test_is_part_of_the_json(golden, monkeypatch):
    from lucency.release import check

    def stand_in(bundle, *, weights, backends, overrides):
        print("a library that talks")
        return [check.BackendCheck("torch", "differs", "effusion: 0.5 instead of 0.4", 0.1)]

    monkeypatch.setattr(check, "check_bundle", stand_in)
    done = command("check", golden, "--json", "-")
    assert done.exit_code == 1
    content = json.loads(done.stdout)
    assert content["passes"] is False
    assert content["golden"] == {
        "left_out": None,
        "backends": [
            {
                "backend": "torch",
                "outcome": "differs",
                "reason": "effusion: 0.5 instead of 0.4",
                "max_difference": 0.1,
            }
        ],
    }


def test_the_rules_are_printed_as_their_page():
    assert command("rules").stdout == rules_page()
