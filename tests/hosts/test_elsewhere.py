"""A packaged bundle on a machine that has only MONAI and what it declares: read-only, offline, beside other scripts."""

import json
import shutil

import pandas as pd
import pytest
import torch

from bundles.conftest import study as study
from hosts.packaged import RUN, config_files, run_elsewhere
from support import FINDINGS, as_arguments

pytestmark = pytest.mark.slow


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
    done = run_elsewhere(package, hostile, *RUN, *config_files(read_only, ["inference"]), *as_arguments(options))
    assert done.returncode != 0
    assert "no weights there" in done.stderr
    assert not (tmp_path / "out" / "predictions.csv").exists()


TWO = """
import sys
from monai.bundle import run

for folder in sys.argv[2:]:
    places = {"bundle_root": folder, "dataset_dir": f"{folder}/golden", "output_dir": f"{sys.argv[1]}/{folder[-6:]}"}
    run(config_file=f"{folder}/configs/inference.json", **places)
"""


def test_a_second_package_of_another_version_says_whose_code_runs(package, tmp_path, hostile):
    first, second = tmp_path / "first_", tmp_path / "second"
    for folder in (first, second):
        shutil.copytree(package.folder, folder)
    (second / "lucency" / "__init__.py").write_text('__version__ = "9.9.9"\n')
    done = run_elsewhere(package, hostile, "-c", TWO, tmp_path / "out", first, second)
    assert done.returncode == 0, done.stderr[-3000:]
    (line,) = [line for line in done.stdout.splitlines() if "was packaged with" in line]
    assert f"{second}: was packaged with lucency 9.9.9, and this process runs" in line
    assert f"of {first / 'lucency'}: answers may differ" in line
