"""What tests share: a tiny configuration of bundles, child processes, scripts, snippets of pages."""

import doctest
import os
import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

BUNDLE = Path(__file__).parents[1] / "bundles" / "cxr_spml_classification"
FINDINGS = ["atelectasis", "cardiomegaly", "effusion"]
TINY = {
    "findings": FINDINGS,
    "image_size": 32,
    "batch_size": 8,
    "max_epochs": 3,
    "progress_bar": False,
    "learning_rate": 0.003,
    "network_def#init_features": 8,
    "network_def#growth_rate": 4,
    "network_def#block_config": [1, 1, 1, 1],
}


def write_tiny_model(folder: Path) -> Path:
    """Write random weights of the tiny network, the same each time: ``model.pt``."""
    import torch
    from monai.networks.nets import DenseNet121

    arguments = {key.partition("#")[2]: value for key, value in TINY.items() if key.startswith("network_def")}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        torch.save(DenseNet121(2, 1, len(FINDINGS), **arguments).state_dict(), folder / "model.pt")
    return folder / "model.pt"


def write_tiny_site(folder: Path) -> Path:
    """Write a site file of the tiny model at 64 pixels, by which effusion is always called present: ``site.yaml``."""
    from lucency.inference import site_for, write_site
    from lucency.inference.site import OperatingPoint
    from lucency.results import identify_model

    settings = {"image_size": 64, "fit": "pad"}
    model = identify_model(bundle_root=BUNDLE, weights=folder / "model.pt", findings=FINDINGS, settings=settings)
    points = {"effusion": OperatingPoint(threshold=0, rule="given")}
    return write_site(folder / "site.yaml", site_for(model).model_copy(update={"operating_points": points}))


def as_arguments(options: dict[str, object]) -> list[str]:
    """Turn options into ``--key value`` pairs."""
    return [part for key, value in options.items() for part in (f"--{key}", str(value))]


def python(*arguments: object, **options: object) -> "subprocess.CompletedProcess[str]":
    """Run this Python on the arguments, with few threads, and capture what it says."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    return subprocess.run(
        [sys.executable, *map(str, arguments)], text=True, capture_output=True, env=environment, timeout=300, **options
    )


def script(path: str, name: str = "a script") -> dict[str, object]:
    """What a script of this repository defines; named `__main__` it runs, with the arguments in `sys.argv`."""
    return runpy.run_path(str(BUNDLE.parents[1] / path), run_name=name)


def benchmark_commands(page: str) -> list[str]:
    """Lines of a page's shell blocks that run a benchmark."""
    blocks = re.findall(r"```bash\n(.*?)```", page, flags=re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if "scripts/benchmarks/" in line]


def parsed(command: str, monkeypatch: "pytest.MonkeyPatch") -> object:
    """What a benchmark makes of a command line of a page."""
    _, path, *arguments = shlex.split(command)
    monkeypatch.setattr(sys, "argv", [path, *arguments])
    return script(path)["parse"]()


def run_snippets(page: str, *, alone: bool = True) -> None:
    """Run the Python blocks of a page's text as doctests, each alone or all in one session."""
    snippets = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert snippets
    for number, snippet in enumerate(snippets if alone else ["\n".join(snippets)]):
        test = doctest.DocTestParser().get_doctest(snippet, {}, f"snippet {number}", None, 0)
        assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test).failed == 0
