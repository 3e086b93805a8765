"""The bundle as its users start it: other processes, other folders, killed, on two ranks, on a full disk."""

import os
import resource
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest
import torch

from support import BUNDLE, TINY, as_arguments, python

pytestmark = pytest.mark.slow


def test_monais_own_runner_works_from_any_folder(study, tmp_path):
    configs = BUNDLE / "configs"
    files = f"['{configs}/train.yaml','{configs}/loss/wan.yaml']"
    options = {**TINY, "dataset_dir": study, "ckpt_dir": tmp_path / "run", "max_epochs": 1}
    done = python("-m", "monai.bundle", "run", "--config_file", files, *as_arguments(options), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "WeakAssumeNegativeLoss" in (tmp_path / "run" / "config.yaml").read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_monais_own_runner_refuses_a_misspelt_key(study, tmp_path):
    options = {**TINY, "dataset_dir": study, "ckpt_dir": tmp_path / "run", "looss": "wan"}
    train = BUNDLE / "configs" / "train.yaml"
    done = python("-m", "monai.bundle", "run", "--config_file", train, *as_arguments(options), cwd=tmp_path)
    assert done.returncode != 0
    assert "key 'looss' is used by nothing in the configuration; did you mean 'loss'?" in done.stderr
    assert not (tmp_path / "run").exists()


def lucency_run(*arguments, **options):
    return python("-m", "lucency", "run", BUNDLE, *arguments, **options)


def test_misspelt_override_is_one_line_with_the_nearest_key(study):
    done = lucency_run("train", "--learning_rte", "0.1", "--dataset_dir", study)
    assert done.returncode == 1
    assert done.stderr == "lucency: override 'learning_rte': no such key; did you mean 'learning_rate'?\n"


def test_wrong_path_is_one_line(tmp_path):
    done = lucency_run("train", *as_arguments({**TINY, "dataset_dir": tmp_path / "nowhere", "ckpt_dir": tmp_path}))
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("lucency: ")
    assert "nowhere" in last
    assert "Traceback" not in done.stderr


LEARNING_LOSS = """# ROLE, LL-Cp and EM + APL at once, so that one run tries all that a loss can learn.
loss:
  _target_: lucency.losses.WeightedSumLoss
  weights: [1.0, 0.5, 0.5]
  losses:
    - _target_: lucency.losses.OnlineLabelEstimationLoss
      training_targets: "@train#dataset#data"
      expected_positives: 1.2
      seed: "@seed"
    - _target_: lucency.losses.PermanentLargeLoss
      images: "$len(@train#dataset#data)"
      findings: "$len(@findings)"
      delta_rel: 5
    - _target_: lucency.losses.AsymmetricPseudoLabelsLoss
      training_targets: "@train#dataset#data"
      warm_up: 1
"""


@pytest.fixture
def learning_loss(tmp_path):
    """Configuration file of a loss that learns something about every training image."""
    file = tmp_path / "learning_loss.yaml"
    file.write_text(LEARNING_LOSS)
    return file


def same(first, second):
    return first.keys() == second.keys() and all(
        torch.equal(tensor.nan_to_num(nan=-1), second[key].nan_to_num(nan=-1)) for key, tensor in first.items()
    )


def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(study, tmp_path, learning_loss):
    options = {**TINY, "config_file": [f"{BUNDLE}/configs/train.yaml", str(learning_loss)], "dataset_dir": study}
    command = ["-m", "monai.bundle", "run", *as_arguments({**options, "max_epochs": 5})]
    unbroken, killed = tmp_path / "unbroken", tmp_path / "killed"
    assert python(*command, "--ckpt_dir", unbroken).returncode == 0

    process = subprocess.Popen(
        [sys.executable, *command, "--ckpt_dir", str(killed)],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    history = killed / "history.csv"
    while not (history.exists() and len(history.read_text().splitlines()) > 2):  # header and two epochs
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(pd.read_csv(history)) < 5

    assert python(*command, "--ckpt_dir", killed).returncode == 0
    assert history.read_text() == (unbroken / "history.csv").read_text()
    assert same(*(torch.load(folder / "model.pt", weights_only=True) for folder in (unbroken, killed)))
    first, second = (torch.load(folder / "last.pt", weights_only=True) for folder in (unbroken, killed))
    assert same(first["network"], second["network"])
    assert same(first["loss"], second["loss"])
    assert {key.rsplit(".")[-1] for key in first["loss"]} == {"estimates", "corrected", "pseudo"}
    assert first["loss"]["losses.1.corrected"].any()
    assert not first["loss"]["losses.2.pseudo"].isnan().all()


def test_two_ranks_train_one_network(study, tmp_path, learning_loss):
    configs = BUNDLE / "configs"
    files = [f"{configs}/train.yaml", str(learning_loss), f"{configs}/multi_gpu_train.yaml"]
    options = {**TINY, "config_file": files, "dataset_dir": study, "ckpt_dir": tmp_path, "batch_size": 4}
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    done = python(*launcher, "-m", "monai.bundle", "run", *as_arguments(options))
    assert done.returncode == 0, done.stderr
    state = torch.load(tmp_path / "model.pt", weights_only=True)
    assert not any(key.startswith("module.") for key in state)
    assert all(torch.isfinite(tensor).all() for tensor in state.values())
    assert len(pd.read_csv(tmp_path / "history.csv")) == TINY["max_epochs"]
    learned = torch.load(tmp_path / "last.pt", weights_only=True)["loss"]
    assert learned["losses.0.estimates"].shape == (24, 3)
    assert learned["losses.1.corrected"].any()
    assert not learned["losses.2.pseudo"].isnan().all()


def small_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_full_disk_ends_with_one_line_and_keeps_the_former_checkpoint(study, tmp_path):
    options = {**TINY, "dataset_dir": study, "ckpt_dir": tmp_path, "max_epochs": 1}
    assert lucency_run("train", *as_arguments(options)).returncode == 0
    before = (tmp_path / "last.pt").read_bytes()
    done = lucency_run("train", *as_arguments({**options, "max_epochs": 2}), preexec_fn=small_files)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("lucency: ")
    assert "cannot be written (File too large)" in last
    assert (tmp_path / "last.pt").read_bytes() == before
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]
    torch.load(tmp_path / "model.pt", weights_only=True)


def test_help_is_quick_and_import_light():
    code = "import sys, lucency; print(sorted({'torch', 'monai', 'pandas', 'numpy'} & set(sys.modules)))"
    assert python("-c", code).stdout.strip() == "[]"
    code = "import sys; sys.argv = ['lucency', '--help']\nfrom lucency.cli import command_line\n"
    code += "try:\n    command_line()()\n"
    code += "except SystemExit:\n    print(sorted({'torch', 'monai', 'pandas'} & set(sys.modules)))"
    done = python("-c", code)
    assert done.stdout.strip().endswith("[]")
