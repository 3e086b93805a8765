"""Every command of docs/how-to/publish-a-bundle.md is run, the ones of other machines on one."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from typer import Typer
from typer.testing import CliRunner

from bundles.conftest import study as study
from hosts.packaged import SETTINGS, run_elsewhere, tiny_package
from lucency.commands import ANY_KEY
from lucency.commands.bundle_package import package as command
from lucency.release.golden import BundlePipeline
from support import BUNDLE, as_arguments, write_tiny_model

ROOT = BUNDLE.parents[1]
PAGE = (ROOT / "docs" / "how-to" / "publish-a-bundle.md").read_text()
SMALL = {key: value for key, value in SETTINGS.items() if key != "image_size"}
pytestmark = pytest.mark.slow


def lines(language, start):
    blocks = re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.startswith(start)]


@pytest.fixture
def workplace(tmp_path):
    """A folder with all that the page's commands name."""
    (tmp_path / "bundles").symlink_to(ROOT / "bundles")
    for run in ("RUN", "runs/demo/model"):
        (tmp_path / run).mkdir(parents=True)
        write_tiny_model(tmp_path / run)
        (tmp_path / run / "run.json").write_text(json.dumps({"settings": {"loss": "wan", "image_size": 96}}))
    (fields,) = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "fields.yaml").write_text(fields)
    (tmp_path / "licence.txt").write_text("Ours.\n")
    for evaluation in ("EVALUATION", "runs/demo/evaluation"):
        (tmp_path / evaluation).mkdir(parents=True)
        (tmp_path / evaluation / "metrics.json").write_text('{"metrics": []}')
        bundle = BundlePipeline(BUNDLE, {**SMALL, "image_size": 96, "weights": str(tmp_path / "RUN" / "model.pt")})
        (tmp_path / evaluation / "model.json").write_text(bundle.part("model").model_dump_json())
    return tmp_path


def test_packages(workplace, monkeypatch):
    monkeypatch.chdir(workplace)
    app = Typer()
    app.command(context_settings=ANY_KEY)(command)
    typed = lines("bash", "lucency bundle package ")
    assert len(typed) == 4
    for line in typed:
        shutil.rmtree("dist", ignore_errors=True)
        arguments = shlex.split(line.removeprefix("lucency bundle package "))
        done = CliRunner().invoke(app, [*arguments, *as_arguments(SMALL)])
        assert done.exit_code == 0, (line, done.output, done.exception)
    metadata = json.loads(Path("published", BUNDLE.name, "configs", "metadata.json").read_text())
    assert metadata["version"] == "1.0.0"
    train = json.loads(Path("published", BUNDLE.name, "configs", "train.json").read_text())
    assert train["image_size"] == 96
    assert train["loss"]["_target_"].endswith("WeakAssumeNegativeLoss")
    assert yaml.safe_load(Path("fields.yaml").read_text()).items() <= metadata.items()
    assert not list(Path("plain").rglob("*.py"))


def test_commands_of_other_machines(study, tmp_path):
    package = tiny_package()
    here = tmp_path / "copy" / package.folder.name
    shutil.copytree(package.folder, here)
    names = {"FOLDER": study / "images", "DATA": study, "OUT": tmp_path / "OUT", "NEW": tmp_path / "NEW"}
    names["NEW2"] = tmp_path / "NEW2"
    typed = [*lines("sh", "python "), *lines("sh", "torchrun ")]
    assert len(typed) == 4
    for line in typed:
        words = [str(names.get(word, word)) for word in shlex.split(line)]
        launcher = ["-m", "torch.distributed.run", "--standalone"] if words[0] == "torchrun" else []
        small = [] if "inference" in line else ["--max_epochs", "1", "--batch_size", "4"]
        small += ["--replicates", "20"] if "evaluate" in line else []
        done = run_elsewhere(package, here, *launcher, *words[1:], *small)
        assert done.returncode == 0, (line, done.stderr[-2000:])
    assert (tmp_path / "OUT" / "predictions.csv").is_file()
    assert (tmp_path / "OUT" / "metrics.json").is_file()
    assert (tmp_path / "NEW2" / "model.pt").is_file()
