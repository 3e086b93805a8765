"""A packaged bundle on a machine that has only MONAI and what it declares: read-only, offline, beside other scripts."""

import json

import pandas as pd
import pytest
import torch

from bundles.conftest import study as study
from hosts.packaged import run_elsewhere, tiny_package
from support import BUNDLE, FINDINGS, as_arguments

pytestmark = pytest.mark.slow
RUN = ["-m", "monai.bundle", "run"]


def files(bundle, *names):
    return ["--config_file", str([str(bundle / "configs" / f"{name}.json") for name in names])]


@pytest.fixture
def run(package, read_only, hostile):
    """Run a workflow of the read-only copy from the hostile folder."""

    def start(names, options, launcher=()):
        before = sorted(path.relative_to(read_only) for path in read_only.rglob("*"))
        places = as_arguments({"bundle_root": read_only, **options})
        done = run_elsewhere(package, hostile, *launcher, *RUN, *files(read_only, *names), *places)
        assert done.returncode == 0, done.stderr[-3000:]
        assert sorted(path.relative_to(read_only) for path in read_only.rglob("*")) == before
        assert [path.name for path in hostile.iterdir()] == ["scripts"]
        return done

    return start


def test_this_machine_is_another_one(package, read_only, hostile):
    code = (
        "import importlib.util as u, pathlib, socket\n"
        "print([bool(u.find_spec(name)) for name in ('lucency', 'typer', 'onnxruntime', 'monai', 'yaml')])\n"
        f"for act in (lambda: pathlib.Path({str(read_only)!r}, 'new').write_text(''),\n"
        "            lambda: socket.create_connection(('192.0.2.1', 80), 1)):\n"
        "    try:\n        act()\n    except OSError as error:\n        print(type(error).__name__, error)\n"
    )
    lines = run_elsewhere(package, hostile, "-c", code).stdout.splitlines()
    assert lines[0] == "[False, False, False, True, True]"
    assert lines[1].startswith("PermissionError")
    assert lines[2] == "OSError this machine is offline"


def test_inference_gives_the_golden_probabilities(run, read_only, tmp_path):
    options = {"dataset_dir": read_only / "golden", "output_dir": tmp_path / "out", "check_image": False}
    done = run(["inference"], {**options, "check_header": False})
    golden = json.loads((read_only / "golden" / "golden.json").read_text())
    table = pd.read_csv(tmp_path / "out" / "predictions.csv").set_index("file")
    for image in golden["images"]:
        answer = {finding: table.loc[image["file"], f"raw_{finding}"] for finding in FINDINGS}
        assert answer == pytest.approx(image["probabilities"], abs=1e-4), done.stdout
    assert json.loads((tmp_path / "out" / "predictions.json").read_text())


def test_training_with_an_option_then_evaluation_of_it(run, study, tmp_path):
    options = {"dataset_dir": study, "ckpt_dir": tmp_path / "run", "cache_dir": tmp_path / "cache"}
    run(["train", "loss/an"], {**options, "max_epochs": 1, "batch_size": 8})
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["packages"]["lucency"]
    assert "AssumeNegativeLoss" in (tmp_path / "run" / "config.yaml").read_text()
    run(["train", "evaluate"], {**options, "output_dir": tmp_path / "evaluation", "replicates": 20})
    metrics = json.loads((tmp_path / "evaluation" / "metrics.json").read_text())
    assert {row["finding"] for row in metrics["metrics"]} == {*FINDINGS, "macro"}


def test_two_processes_train_one_network(run, study, tmp_path):
    options = {"dataset_dir": study, "ckpt_dir": tmp_path / "run", "cache_dir": tmp_path / "cache"}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    run(["train", "multi_gpu_train"], {**options, "max_epochs": 1, "batch_size": 4}, launcher)
    state = torch.load(tmp_path / "run" / "model.pt", weights_only=True)
    assert not any(key.startswith("module.") for key in state)
    assert all(torch.isfinite(tensor).all() for tensor in state.values())


def test_without_weights_nothing_is_predicted(package, tmp_path, hostile, read_only):
    options = {"bundle_root": read_only, "dataset_dir": read_only / "golden", "output_dir": tmp_path / "out"}
    options |= {"weights": tmp_path / "none.pt"}
    done = run_elsewhere(package, hostile, *RUN, *files(read_only, "inference"), *as_arguments(options))
    assert done.returncode != 0
    assert "no weights there" in done.stderr
    assert not (tmp_path / "out" / "predictions.csv").exists()


def test_a_network_of_our_own_is_the_packaged_one(tmp_path, hostile):
    package = tiny_package(BUNDLE.parent / "cxr_label_assemble_classification")
    arguments = f"{package.folder.name!r}, bundle_dir={str(package.folder.parent)!r}, device='cpu'"
    code = (
        "import sys\n"
        "from monai.bundle import load\n"
        f"load({arguments})\n"
        f"load({arguments}, workflow_type='inference')\n"
        "print(sys.modules['lucency.networks.class_query_densenet'].__file__)"
    )
    done = run_elsewhere(package, package.folder, "-c", code)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == str(package.folder / "lucency" / "networks" / "class_query_densenet.py")
    places = {"bundle_root": package.folder, "dataset_dir": package.folder / "golden", "output_dir": tmp_path / "out"}
    files_ = files(package.folder, "inference")
    done = run_elsewhere(package, hostile, *RUN, *files_, *as_arguments(places))
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "out" / "predictions.csv").is_file()
