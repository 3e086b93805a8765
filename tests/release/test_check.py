"""`lucency bundle check` and `lucency bundle golden`."""

import json
import shutil
import sys

import pytest
from typer.testing import CliRunner

from lucency.commands.bundle import app
from lucency.errors import ConfigError
from lucency.inference.backends import RUNTIMES
from lucency.release.check import check_bundle
from lucency.release.golden import write_golden
from support import BUNDLE, FINDINGS, TINY

SMALL = {key: value for key, value in TINY.items() if key.startswith("network_def")}
SMALL |= {"findings": FINDINGS, "image_size": 32}
SETTINGS = [f"--{key}={value}" for key, value in SMALL.items()]


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A bundle whose own golden test is of a tiny network."""
    bundle = tmp_path_factory.mktemp("small") / "bundle"
    shutil.copytree(BUNDLE, bundle, ignore=shutil.ignore_patterns("models", "eval"))
    write_golden(bundle, overrides=SMALL)
    return bundle


def command(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "160"})


def test_every_installed_backend_gives_the_golden_probabilities(small):
    checks = check_bundle(small, overrides=SMALL)
    assert [check.backend for check in checks] == list(RUNTIMES)
    for check in checks:
        obstacle = RUNTIMES[check.backend].obstacle()
        assert (check.outcome, check.reason) == (("equal", None) if obstacle is None else ("skipped", obstacle))
    assert not (small / "models").exists()


@pytest.fixture
def wrong(small, tmp_path):
    """The same with one golden probability that is not true."""
    shutil.copytree(small, tmp_path / "bundle")
    path = tmp_path / "bundle" / "golden" / "golden.json"
    content = json.loads(path.read_text())
    content["images"][1]["probabilities"]["effusion"] += 0.001
    path.write_text(json.dumps(content))
    return tmp_path / "bundle"


def test_a_difference_names_image_and_finding(wrong):
    (check,) = check_bundle(wrong, backends=["torch"], overrides=SMALL)
    assert check.outcome == "differs"
    assert check.is_fault
    assert check.reason.startswith("monochrome2_jpeg2000_signed_sigmoid.dcm, effusion: ")
    assert check.max_difference == pytest.approx(0.001, abs=1e-6)


def test_the_command_shows_a_table_and_its_exit_status_is_the_verdict(small, wrong):
    good = command("check", small, "--backend", "torch", *SETTINGS)
    assert (good.exit_code, "equal" in good.output) == (0, True)
    bad = command("check", wrong, "--backend", "torch", *SETTINGS)
    assert (bad.exit_code, "differs" in bad.output) == (1, True)


def test_a_missing_library_is_shown_and_no_fault(small, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    done = command("check", small, "--backend", "openvino", "--backend", "torch", *SETTINGS)
    assert done.exit_code == 0
    assert "openvino is not installed; pip install 'lucency[export]'" in done.output


def test_a_backend_that_fails_is_a_fault_and_others_are_still_checked(small, monkeypatch):
    def fail(*arguments):
        raise RuntimeError("unsupported operator")

    monkeypatch.setattr(RUNTIMES["torchscript"], "export", fail)
    checks = {check.backend: check for check in check_bundle(small, backends=["torchscript", "torch"], overrides=SMALL)}
    assert checks["torch"].outcome == "equal"
    assert checks["torchscript"].is_fault
    assert "unsupported operator" in checks["torchscript"].reason


def test_unknown_backend(small):
    with pytest.raises(ConfigError, match="did you mean 'torchscript'"):
        check_bundle(small, backends=["torchscrip"])


def test_the_golden_command_says_where_it_wrote(small, tmp_path):
    shutil.copytree(small, tmp_path / "bundle")
    (tmp_path / "bundle" / "golden" / "golden.json").unlink()
    done = command("golden", tmp_path / "bundle", *SETTINGS)
    assert done.output.strip().endswith("golden.json")
    first, second = (
        json.loads((bundle / "golden" / "golden.json").read_text()) for bundle in (small, tmp_path / "bundle")
    )
    for one, other in zip(first["images"], second["images"], strict=True):
        assert one["probabilities"] == pytest.approx(other["probabilities"], abs=1e-5)
