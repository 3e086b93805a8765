"""TorchScript files that hosts read configurations from, and that are the same whenever they are made."""

import json
import re
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

_CONSTANTS = re.compile(r"(?:^  \w+ : Final\[.*\n)+", re.MULTILINE)


def write_torchscript(source: Path, target: Path, configurations: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a TorchScript file anew: with configurations, without what differs from one making to the next.

    PyTorch writes the constants of a module in the order of a Python set, which changes with every process, and notes
    the paths of the source files. The first are sorted here, the second left out.

    Args:
        source: a TorchScript file.
        target: the file to write; the folder inside it gets its name, by which MONAI Deploy looks for configurations.
        configurations: names without suffix to contents, stored as `monai.bundle.ckpt_export` stores them.
    """
    files = {f"{name}.json": json.dumps(content) for name, content in configurations.items()}
    with tempfile.TemporaryDirectory() as work, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TorchScript will go away one day
        path = Path(work) / target.name
        with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as archive:
            for name in old.namelist():
                if not name.endswith(".debug_pkl"):
                    content = old.read(name)
                    archive.writestr(name, _in_order(content) if name.endswith(".py") else content)
        torch.jit.save(torch.jit.load(path, map_location="cpu"), target, files)  # type: ignore[no-untyped-call]


def _in_order(source: bytes) -> bytes:
    return _CONSTANTS.sub(lambda run: "".join(sorted(run[0].splitlines(keepends=True))), source.decode()).encode()
