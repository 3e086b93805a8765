"""Every other bundle leaves the house as whole as the first one: loaded, trained, evaluated and asked elsewhere."""

import json

import pandas as pd
import pytest
import torch

from bundles.conftest import study as study
from hosts.packaged import run_elsewhere, tiny_package
from lucency.release.checklist import lint_bundle
from support import BUNDLE, FINDINGS

pytestmark = pytest.mark.slow
OPTIONS = {
    "cxr_label_assemble_classification": "teacher/ema",
    "cxr_label_correlation_classification": "contrast/queue",
    "cxr_label_refinement_classification": "rates/gmm",
    "cxr_msml_classification": "loss/zlpr",
}
"""Bundles to one of their options each; that of a bundle is laid over its training."""
LOAD = """
import json, sys
from monai.bundle import load

name, folder = sys.argv[1:]
sums = []
for kind in ("train", "inference"):
    network = load(name, bundle_dir=folder, workflow_type=kind, device="cpu")
    sums.append(sum(tensor.double().sum().item() for tensor in network.state_dict().values()))
homes = [module.__file__ for name, module in sys.modules.items() if name.startswith("lucency")]
print(json.dumps([sums, [home for home in homes if not home.startswith(folder)]]))
"""


@pytest.fixture(scope="module", params=sorted(OPTIONS))
def package(request):
    return tiny_package(BUNDLE.with_name(request.param))


def test_there_is_an_option_of_every_bundle():
    assert {BUNDLE.name, *OPTIONS} == {path.name for path in BUNDLE.parent.glob("*/")}


def test_the_checklist_misses_figures_alone(package):
    findings = lint_bundle(package.folder).findings
    assert [(finding.rule, finding.place.key) for finding in findings] == [("metadata.recommended", "eval_metrics")]


def test_load_gives_the_packaged_network_and_its_code(package):
    folder = package.folder  # where Python has to start, to find a network of our own
    done = run_elsewhere(package, folder, "-c", LOAD, folder.name, folder.parent)
    assert done.returncode == 0, done.stderr[-3000:]
    sums, strangers = json.loads(done.stdout.splitlines()[-1])
    state = torch.load(folder / "models" / "model.pt", weights_only=True)
    expected = sum(tensor.double().sum().item() for tensor in state.values())
    assert sums == pytest.approx([expected, expected])
    assert strangers == []


def test_inference_gives_the_golden_probabilities(run, read_only, tmp_path):
    options = {"dataset_dir": read_only / "golden", "output_dir": tmp_path / "out", "check_image": False}
    run(["inference"], {**options, "check_header": False})
    golden = json.loads((read_only / "golden" / "golden.json").read_text())
    table = pd.read_csv(tmp_path / "out" / "predictions.csv").set_index("file")
    for image in golden["images"]:
        answer = {finding: table.loc[image["file"], f"raw_{finding}"] for finding in FINDINGS}
        assert answer == pytest.approx(image["probabilities"], abs=1e-4)


def test_training_with_an_option_then_evaluation_of_it(package, run, study, tmp_path):
    option = OPTIONS[package.folder.name]
    options = {"dataset_dir": study, "ckpt_dir": tmp_path / "run", "cache_dir": tmp_path / "cache"}
    run(["train", option], {**options, "max_epochs": 1, "batch_size": 8})
    run(["train", option, "evaluate"], {**options, "output_dir": tmp_path / "evaluation", "replicates": 20})
    metrics = json.loads((tmp_path / "evaluation" / "metrics.json").read_text())
    assert {row["finding"] for row in metrics["metrics"]} == {*FINDINGS, "macro"}


@pytest.mark.parametrize("package", ["cxr_label_refinement_classification"], indirect=True)
def test_two_processes_train_what_is_another_network_in_training(package, run, study, tmp_path):
    options = {"dataset_dir": study, "ckpt_dir": tmp_path / "run", "cache_dir": tmp_path / "cache"}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    names = ["train", OPTIONS[package.folder.name], "multi_gpu_train"]
    run(names, {**options, "max_epochs": 1, "batch_size": 4}, launcher)
    state = torch.load(tmp_path / "run" / "model.pt", weights_only=True)
    packaged = torch.load(package.folder / "models" / "model.pt", weights_only=True)
    assert state.keys() == packaged.keys()
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
