"""Leaving a process group: no thread of gloo outlives it."""

import json
import sys

import pytest

from support import python

RANK = """
import json
import os
from pathlib import Path
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from lucency.engines import leave_process_group
dist.init_process_group("gloo")
network = DistributedDataParallel(torch.nn.Linear(2, 1))
network(torch.ones(3, 2)).sum().backward()
gradient = network.module.weight.grad.tolist()
{leave}
names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
said = json.dumps([gradient, sum("gloo_runloop" in name for name in names)])
Path(os.environ["RANK"]).write_text(said)
os._exit(0)  # PyTorch's own way would abort about once in ten times
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads' names are read from /proc")
@pytest.mark.parametrize(
    ("leave", "threads"), [("leave_process_group(network)", 0), ("dist.destroy_process_group()", 2)]
)
def test_threads_end_with_the_group(tmp_path, leave, threads):
    """PyTorch's own way leaves them to the end of Python; as soon as it does not, ours can go."""
    script = tmp_path / "rank.py"
    script.write_text(RANK.format(leave=leave))
    done = python("-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [json.loads((tmp_path / rank).read_text()) for rank in "01"] == [[[[3.0, 3.0]], threads]] * 2
