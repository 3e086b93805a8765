"""Training over two machines: two network namespaces joined by one cable, each with a process that torchrun starts.

What one process does with a batch, the two do with its halves. Batch normalisation is left out of the comparison: every
rank normalises by its own half, so that a network with it learns something else by design. Augmentation is left out
because every rank draws its own.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
import torch
from sklearn.metrics import average_precision_score, roc_auc_score

from support import BUNDLE, FINDINGS, TINY, as_arguments, python

pytestmark = [
    pytest.mark.slow,
    # torchrun sometimes waits five minutes for a launcher that has gone already
    pytest.mark.skipif(os.environ.get("LUCENCY_LONG") != "1", reason="takes up to ten minutes; make test-long runs it"),
]

PORT = 29400
BATCH = 8  # of 24 images: three steps an epoch, in an order that depends on seed and epoch alone
COMPARABLE = {
    **TINY,
    "network_def#norm": ["group", {"num_groups": 1}],  # normalises each image by itself
    "optimizer#_target_": "torch.optim.SGD",  # Adam would divide by gradients that are rounding alone
    "learning_rate": 0.3,
    "train#augment": [],
    "validate#dataloader#batch_size": 3,
    "cache_depth": 16,  # as in evaluation
}


class Node:
    """A network namespace with one interface, as a machine of a cluster has one."""

    def __init__(self, letter: str, address: str) -> None:
        self.name, self.address = f"lu{os.getpid()}{letter}", address
        self.interface = f"{self.name}e"

    def start(self, *command: object) -> "subprocess.Popen[str]":
        """Run this Python on it."""
        return subprocess.Popen(
            ["ip", "netns", "exec", self.name, sys.executable, *map(str, command)],
            env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": self.interface},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        """Kill all that runs on it."""
        for process in ip("netns", "pids", self.name).split():
            with suppress(ProcessLookupError):
                os.kill(int(process), signal.SIGKILL)


def ip(*arguments: str) -> str:
    return subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True).stdout


def connect(nodes: list[Node]) -> None:
    for node in nodes:
        ip("netns", "add", node.name)
    first, second = ((node.interface, "netns", node.name) for node in nodes)
    ip("link", "add", *first, "type", "veth", "peer", "name", *second)
    for node in nodes:
        ip("-n", node.name, "address", "add", f"{node.address}/30", "dev", node.interface)
        for interface in (node.interface, "lo"):
            ip("-n", node.name, "link", "set", interface, "up")


@pytest.fixture(scope="module")
def nodes():
    """Two nodes that reach each other and nothing else."""
    if shutil.which("ip") is None:
        pytest.skip("no network namespaces: ip is not installed (apt-get install iproute2)")
    pair = [Node("a", "10.89.7.1"), Node("b", "10.89.7.2")]
    try:
        connect(pair)
        yield pair
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespaces: {error.stderr.strip()} (they need root)")
    finally:
        for node in pair:
            subprocess.run(["ip", "netns", "delete", node.name], check=False, capture_output=True)


@pytest.fixture(scope="module")
def uneven(study, tmp_path_factory) -> Path:
    """The study with one validation image less: the ranks' shards have four and three."""
    folder = tmp_path_factory.mktemp("uneven")
    (folder / "images").symlink_to(study / "images")
    table = pd.read_csv(study / "table.csv")
    table.drop(index=table.index[table.split == "val"][-1]).to_csv(folder / "table.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def one_process(uneven, tmp_path_factory) -> Path:
    """Run of one process."""
    folder = tmp_path_factory.mktemp("one")
    options = {**COMPARABLE, "dataset_dir": uneven, "ckpt_dir": folder, "batch_size": BATCH}
    done = python("-m", "lucency", "run", BUNDLE, "train", *as_arguments(options))
    assert done.returncode == 0, done.stderr
    return folder


def start(nodes: list[Node], options: dict[str, object]) -> list["subprocess.Popen[str]"]:
    """Train on all nodes."""
    meeting = ["--nnodes", len(nodes), "--master_addr", nodes[0].address, "--master_port", PORT]
    launcher = ["-m", "torch.distributed.run", "--nproc_per_node", 1, *meeting]
    work = ["-m", "lucency", "run", BUNDLE, "multi_gpu_train", *as_arguments(options)]
    return [node.start(*launcher, "--node_rank", rank, *work) for rank, node in enumerate(nodes)]


def finish(nodes: list[Node], processes: list["subprocess.Popen[str]"]) -> None:
    """Wait for success."""
    try:
        said = [process.communicate(timeout=500)[0] for process in processes]
    finally:
        for node in nodes:
            node.kill()
    assert [process.returncode for process in processes] == [0] * len(nodes), "\n".join(said)


@pytest.fixture(scope="module")
def two_nodes(nodes, uneven, tmp_path_factory) -> Path:
    """Run of two nodes with half the batch each."""
    folder = tmp_path_factory.mktemp("two")
    options = {**COMPARABLE, "dataset_dir": uneven, "ckpt_dir": folder, "batch_size": BATCH // 2}
    finish(nodes, start(nodes, options))
    return folder


def test_two_nodes_learn_what_one_process_learns(one_process, two_nodes):
    one, two = (torch.load(folder / "last.pt", weights_only=True)["network"] for folder in (one_process, two_nodes))
    assert one.keys() == two.keys()
    for name, weights in one.items():
        torch.testing.assert_close(two[name], weights, rtol=1e-4, atol=1e-5, msg=lambda why, at=name: f"{at}: {why}")
    histories = [pd.read_csv(folder / "history.csv") for folder in (one_process, two_nodes)]
    assert histories[0].loss.nunique() == TINY["max_epochs"]  # it did learn something
    shared = [history.drop(columns="loss") for history in histories]  # which is the first rank's own
    pd.testing.assert_frame_equal(*shared, rtol=1e-5)


def test_the_metric_counts_each_validation_image_once(two_nodes, uneven, tmp_path):
    options = {**COMPARABLE, "dataset_dir": uneven, "ckpt_dir": two_nodes, "output_dir": tmp_path, "split": "val"}
    done = python("-m", "lucency", "run", BUNDLE, "evaluate", *as_arguments(options))
    assert done.returncode == 0, done.stderr
    history = pd.read_csv(two_nodes / "history.csv")
    best = history.loc[history.val_macro_auroc.idxmax()]
    measured = best.val_macro_auroc, best.val_macro_average_precision
    scores = pd.read_csv(tmp_path / "scores.csv")
    assert len(scores) == 7
    assert measured == pytest.approx(macro(scores), abs=1e-9)
    assert any(measured != pytest.approx(macro(pd.concat([scores, scores[i : i + 1]])), abs=1e-9) for i in range(7))


def test_when_a_node_dies_the_other_ends_and_a_rerun_goes_on(nodes, uneven, tmp_path):
    options = {**COMPARABLE, "dataset_dir": uneven, "ckpt_dir": tmp_path, "batch_size": BATCH // 2, "max_epochs": 12}
    processes = start(nodes, options)
    history = tmp_path / "history.csv"
    try:
        while not history.exists():  # until the end of an epoch
            assert processes[0].poll() is None, processes[0].communicate()[0]
            time.sleep(0.02)
        nodes[1].kill()
        processes[0].communicate(timeout=300)
    finally:
        for node in nodes:
            node.kill()
    assert processes[0].returncode != 0
    before = history.read_text()
    assert len(before.splitlines()) < 1 + 12, "the run ended before the node died"
    finish(nodes, start(nodes, options))
    after = history.read_text()
    assert after.startswith(before)
    assert len(after.splitlines()) == 1 + 12


def macro(scores: pd.DataFrame) -> tuple[float, float]:
    """Mean AUROC and average precision over findings, by scikit-learn."""
    figures = []
    for finding in FINDINGS:
        known = scores.dropna(subset=f"target_{finding}")
        if known[f"target_{finding}"].nunique() == 2:
            pair = known[f"target_{finding}"], known[f"probability_{finding}"]
            figures.append((roc_auc_score(*pair), average_precision_score(*pair)))
    return tuple(pd.DataFrame(figures).mean())
