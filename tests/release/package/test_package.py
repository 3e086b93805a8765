"""The package as a whole."""

import hashlib
import json
import re
import shutil
import zipfile

import pytest
import torch
from safetensors.torch import load_file
from typer import Typer
from typer.testing import CliRunner

from hosts.packaged import METADATA, SETTINGS, run_elsewhere
from lucency.commands import ANY_KEY
from lucency.commands.bundle_package import package as command
from lucency.errors import ConfigError
from lucency.release.check import check_bundle
from lucency.release.checklist import lint_bundle
from lucency.release.package import package_bundle
from support import BUNDLE, FINDINGS, as_arguments, python, write_tiny_model, write_tiny_site

AGAIN = """
from hosts.packaged import tiny_package
print(tiny_package().sha256)
"""


def listing(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_the_same_bytes_in_every_process(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(BUNDLE.parents[1] / "tests"))
    sums = []
    for seed in ("1", "2"):  # of the order of sets
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        done = python("-c", AGAIN)
        assert done.returncode == 0, done.stderr[-2000:]
        sums.append(done.stdout.split()[-1])
    assert sums[0] == sums[1]


def test_the_zip_file_holds_the_folder(package, tmp_path):
    assert hashlib.sha256(package.archive.read_bytes()).hexdigest() == package.sha256
    assert package.archive.name == "cxr_spml_classification_v0.1.0.zip"
    with zipfile.ZipFile(package.archive) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    assert listing(tmp_path / package.folder.name) == listing(package.folder)


def test_only_what_is_needed_is_inside(package):
    modules = {name for name in listing(package.folder) if name.startswith("lucency/") and name.endswith(".py")}
    assert len(modules) == len(package.modules)
    for room in ("node", "release", "commands", "comparison", "scale", "cli.py", "data/phantom", "data/importers"):
        assert not [name for name in modules if name.startswith(f"lucency/{room}")], room
    assert not (package.folder / "scripts").exists()
    for name in modules:
        source = (package.folder / name).read_text()
        assert not re.search(r"^\s*(from|import) lucency\b", _without_docstrings(source), flags=re.MULTILINE), name


def _without_docstrings(source):
    return re.sub(r'"""(.|\n)*?"""', "", source)


def test_files_that_code_reads_are_inside(package):
    files = listing(package.folder)
    for name in ("labels/findings.yaml", "inference/guard/spellings.yaml", "inference/guard/image_check.safetensors"):
        assert f"lucency/{name}" in files


def test_weights_are_the_given_ones_in_both_forms(package, tmp_path):
    given = write_tiny_model(tmp_path)
    models = package.folder / "models"
    assert (models / "model.pt").read_bytes() == given.read_bytes()
    first, second = torch.load(given, weights_only=True), load_file(models / "model.safetensors")
    assert first.keys() == second.keys()
    assert all(torch.equal(tensor, second[name]) for name, tensor in first.items())


def test_golden_answers_are_those_of_the_weights(package):
    checks = check_bundle(package.folder, backends=["torch", "torchscript"])
    assert [check.outcome for check in checks] == ["equal", "equal"]


def test_the_page_has_commands_of_the_package_and_no_link_out_of_it(package):
    page = (package.folder / "docs" / "README.md").read_text()
    assert "configs/inference.json" in page
    assert "Nothing was measured" in page
    assert "lucency run bundles/" not in page
    assert "No weights" not in page.replace("\n", " ")
    for target in re.findall(r"\]\(([^)#]+)\)", page):
        assert target.startswith("https://") or (package.folder / "docs" / target).exists(), target
    licence = (package.folder / "docs" / "data_license.txt").read_text()
    assert "neither data nor weights" not in licence


@pytest.fixture
def arguments(tmp_path):
    return {"weights": write_tiny_model(tmp_path), "out": tmp_path / "dist", "settings": SETTINGS}


def test_the_checklist_misses_figures_alone(package):
    findings = lint_bundle(package.folder).findings
    assert [(finding.rule, finding.place.key) for finding in findings] == [("metadata.recommended", "eval_metrics")]


def test_what_is_there_is_not_overwritten(arguments):
    folder = arguments["out"] / BUNDLE.name
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        package_bundle(BUNDLE, **arguments)
    assert [path.name for path in arguments["out"].rglob("*")] == [BUNDLE.name, "mine.txt"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"settings": {**SETTINGS, "findings": ["mass"]}}, "made for another network"),
        ({"settings": {**SETTINGS, "image_sise": 2}}, "did you mean 'image_size'"),
        ({"metadata": {"version": "2.0.0"}}, r"metadata\.json.* has no entry for version 2\.0\.0"),
        ({"metadata": {"network_data_format": {}}}, r"metadata\.json.* network_data_format"),
        ({"metadata": {"eval_metrics": {"mass": 1.0}}}, "eval_metrics are measured, not stated"),
        ({"site": "nowhere.yaml"}, "nowhere.yaml: no site file there"),
        ({"settings": {**SETTINGS, "fit": "crop"}, "code": False}, "needs lucency.transforms.CenterSquareCropd"),
    ],
)
def test_refusals_leave_nothing(arguments, change, message):
    with pytest.raises(ConfigError, match=message):
        package_bundle(BUNDLE, **{**arguments, **change})
    assert not arguments["out"].exists() or not list(arguments["out"].iterdir())


def test_a_bundle_without_licence(arguments, tmp_path):
    shutil.copytree(BUNDLE, tmp_path / BUNDLE.name)
    (tmp_path / BUNDLE.name / "LICENSE").unlink()
    with pytest.raises(ConfigError, match=r"LICENSE: is not there; .* --license FILE"):
        package_bundle(tmp_path / BUNDLE.name, **arguments)


@pytest.fixture
def evaluation(package, tmp_path):
    """What the evaluate workflow leaves, of the packaged model."""
    from lucency.release.golden import BundlePipeline

    model = BundlePipeline(package.folder).part("model")
    row = {"images": 9, "patients": 5, "positive": 4, "negative": 5, "group": "all"}
    figures = dict.fromkeys(("auroc", "auroc_low", "auroc_high", "ap", "ap_low", "ap_high"), 0.75)
    nothing = dict.fromkeys(figures, float("nan"))
    rows = [{**row, **figures, "finding": FINDINGS[0]}, {**row, **nothing, "finding": FINDINGS[1]}]
    folder = tmp_path / "evaluation"
    folder.mkdir()
    (folder / "metrics.json").write_text(json.dumps({"metrics": rows}))
    (folder / "model.json").write_text(model.model_dump_json())
    return folder


def test_the_command_states_measured_figures_and_says_what_is_missing(arguments, evaluation, tmp_path):
    app = Typer()
    app.command(context_settings=ANY_KEY)(command)
    (tmp_path / "fields.yaml").write_text("data_source: ours\n")
    (tmp_path / "licence.txt").write_text("Ours alone.\n")
    options = {"weights": arguments["weights"], "out": arguments["out"], "evaluation": evaluation}
    options |= {"metadata": tmp_path / "fields.yaml", "url": "https://example.org/b/", **SETTINGS}
    done = CliRunner().invoke(app, [str(BUNDLE), *as_arguments(options)])
    assert done.exit_code == 0, done.output
    assert "licence of the training data not stated" in done.output
    assert "nothing measured" not in done.output
    folder = arguments["out"] / BUNDLE.name
    metadata = json.loads((folder / "configs" / "metadata.json").read_text())
    assert metadata["data_source"] == "ours"
    assert metadata["eval_metrics"][FINDINGS[0]]["auroc"] == 0.75
    assert metadata["eval_metrics"][FINDINGS[1]]["auroc"] is None
    page = (folder / "docs" / "README.md").read_text()
    assert "On up to 9 images of 5 patients." in page
    assert f"| {FINDINGS[0]} | 0.750 (0.750–0.750) | 0.750 (0.750–0.750) | 4 | 5 |" in page
    assert f"| {FINDINGS[1]} | – | – | 4 | 5 |" in page
    assert "url: https://example.org/b/models/model.pt" in (folder / "large_files.yml").read_text()


@pytest.mark.parametrize("option", ["license", "data_license"])
@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_text_that_cannot_be_read_is_one_line(arguments, tmp_path, option, content):
    if content:
        (tmp_path / "terms.txt").write_bytes(content)
    app = Typer()
    app.command(context_settings=ANY_KEY)(command)
    words = [str(BUNDLE), "--weights", str(arguments["weights"]), f"--{option.replace('_', '-')}"]
    done = CliRunner().invoke(app, [*words, str(tmp_path / "terms.txt")])
    assert isinstance(done.exception, ConfigError)
    assert "terms.txt: cannot be read (" in str(done.exception)


def test_figures_of_other_weights_are_refused(arguments, evaluation):
    content = json.loads((evaluation / "model.json").read_text())
    (evaluation / "model.json").write_text(json.dumps({**content, "weights_sha256": "0" * 64}))
    with pytest.raises(ConfigError, match="measured with other weights"):
        package_bundle(BUNDLE, **arguments, evaluation=evaluation)


@pytest.mark.slow
def test_weights_in_another_form_are_written_as_state_dicts(package, arguments, tmp_path):
    state = torch.load(arguments["weights"], weights_only=True)
    nested = tmp_path / "last.pt"
    torch.save({"network": state, "epoch": 3}, nested)
    done = package_bundle(BUNDLE, **{**arguments, "weights": nested}, metadata=METADATA)
    found = torch.load(done.folder / "models" / "model.pt", weights_only=True)
    assert found.keys() == state.keys()
    assert (done.folder / "golden" / "golden.json").read_text().count("sha256") > 1


@pytest.mark.slow
def test_a_site_file_is_used_by_default(arguments, tmp_path):
    site = write_tiny_site(tmp_path)
    settings = {**SETTINGS, "image_size": 64}
    done = package_bundle(BUNDLE, **{**arguments, "settings": settings}, site=site)
    assert (done.folder / "site.yaml").read_bytes() == site.read_bytes()
    table = done.folder / "configs" / "inference.json"
    assert json.loads(table.read_text())["site"] == "$@bundle_root + '/site.yaml'"
    predictions = run_elsewhere(
        done,
        tmp_path,
        *("-m", "monai.bundle", "run", "--config_file", table, "--bundle_root", done.folder),
        *("--dataset_dir", done.folder / "golden", "--output_dir", tmp_path / "predictions"),
    )
    assert predictions.returncode == 0, predictions.stderr[-2000:]
    assert "decision_effusion" in (tmp_path / "predictions" / "predictions.csv").read_text().splitlines()[0]


def test_a_site_file_of_another_model_is_refused(arguments, tmp_path):
    site = write_tiny_site(tmp_path)  # at 64 pixels
    with pytest.raises(ConfigError, match=r"site\.yaml"):
        package_bundle(BUNDLE, **arguments, site=site)


@pytest.mark.slow
def test_the_repository_predicts_with_a_package(package, tmp_path):
    done = python("-m", "lucency", "predict", package.folder / "golden", "--bundle", package.folder, "--out", tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "predictions.csv").is_file()
