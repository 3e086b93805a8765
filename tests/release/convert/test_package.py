"""A converted bundle leaves the house like any other, once somebody knows the licence of its weights."""

import json

import pandas as pd
import pytest
import torch
from typer import Typer
from typer.testing import CliRunner

from hosts.packaged import RUN, config_files, run_elsewhere
from lucency.commands import ANY_KEY
from lucency.commands.bundle_package import package as command
from lucency.release.check import check_bundle
from lucency.release.checklist import lint_bundle
from lucency.release.package import Package
from support import as_arguments

pytestmark = pytest.mark.slow
TERMS = "The weights are their authors', who gave them to us.\n"


@pytest.fixture(scope="module")
def package(torchxrayvision, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packaged")
    (folder / "terms.txt").write_text(TERMS)
    app = Typer()
    app.command(context_settings=ANY_KEY)(command)
    options = {
        "weights": torchxrayvision.folder / "models" / "model.safetensors",
        "license": folder / "terms.txt",
        "out": folder / "dist",
    }
    done = CliRunner().invoke(app, [str(torchxrayvision.folder), *as_arguments(options)])
    assert done.exit_code == 0, (done.output, done.exception)
    assert "only for hosts that run its code: preprocessing: needs lucency.transforms" in done.output
    return Package(folder / "dist" / torchxrayvision.folder.name, folder, "", [], None)


def test_it_has_the_given_licence_and_its_code_keeps_its_own(package):
    assert (package.folder / "LICENSE").read_text() == TERMS
    assert "Apache License" in (package.folder / "lucency" / "LICENSE").read_text()
    assert lint_bundle(package.folder).passes()
    assert not (package.folder / "configs" / "portable.json").exists()


def test_it_answers_as_the_converted_bundle_does(package, torchxrayvision, synthetic, probabilities):
    checks = check_bundle(package.folder, backends=["torch", "torchscript"])
    assert [check.outcome for check in checks] == ["equal", "equal"]
    found, expected = (probabilities(folder, synthetic) for folder in (package.folder, torchxrayvision.folder))
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=0)


def test_it_answers_and_decides_where_there_is_no_lucency(package, tmp_path):
    golden = package.folder / "golden"
    places = {"bundle_root": package.folder, "dataset_dir": golden, "output_dir": tmp_path / "out"}
    options = {**places, "check_image": False, "check_header": False}
    arguments = [*RUN, *config_files(package.folder, ["inference"]), *as_arguments(options)]
    (tmp_path / "here").mkdir()
    done = run_elsewhere(package, tmp_path / "here", *arguments)
    assert done.returncode == 0, done.stderr[-3000:]
    table = pd.read_csv(tmp_path / "out" / "predictions.csv").set_index("file")
    assert "decision_effusion" in table
    for image in json.loads((golden / "golden.json").read_text())["images"]:
        for finding, probability in image["probabilities"].items():
            assert table.loc[image["file"], f"raw_{finding}"] == pytest.approx(probability, abs=1e-4)
