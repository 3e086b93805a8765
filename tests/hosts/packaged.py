"""One tiny package for all tests of this folder, and machines that have only what it declares."""

import ctypes
import json
import os
import re
import subprocess
import sys
import tempfile
from functools import cache
from importlib.metadata import distributions, packages_distributions
from pathlib import Path

from lucency.release.golden import BundlePipeline, seeded_weights
from lucency.release.package import Package, package_bundle
from support import BUNDLE, TINY, write_tiny_model

SIZE = ("findings", "image_size", "progress_bar", "network_def")
SETTINGS = {key: value for key, value in TINY.items() if key.startswith(SIZE)}
METADATA = {"data_source": "phantoms drawn by this project"}
RUN = ["-m", "monai.bundle", "run"]
_FOLDER = tempfile.TemporaryDirectory(prefix="packaged-")
_DAC_OVERRIDE, _CAPBSET_DROP = 1, 24  # of Linux: root's right to write anywhere, and the call that gives it up


@cache
def tiny_package(bundle: Path = BUNDLE, code: bool = True) -> Package:
    """The package of a tiny network with random weights; made once."""
    folder = Path(tempfile.mkdtemp(dir=_FOLDER.name))
    if bundle == BUNDLE:
        settings, weights = {**SETTINGS, "loss": "wan"}, write_tiny_model(folder)
    else:
        settings, weights = SETTINGS, seeded_weights(BundlePipeline(bundle, SETTINGS), 0, folder)
    return package_bundle(bundle, weights=weights, out=folder / "dist", settings=settings, metadata=METADATA, code=code)


def config_files(bundle: Path, names: list[str]) -> list[str]:
    """How MONAI's runner is told a packaged workflow and what is laid over it."""
    return ["--config_file", str([str(bundle / "configs" / f"{name}.json") for name in names])]


@cache
def undeclared(folder: Path) -> list[str]:
    """Top-level modules installed here that belong to no package which the metadata declare, nor to one of theirs."""
    metadata = json.loads((folder / "configs" / "metadata.json").read_text())
    requirements = {_canonical(d.name): [_requirement(line) for line in d.requires or []] for d in distributions()}
    wanted = {"monai", "torch", "numpy", *map(_canonical, metadata["required_packages_version"])}
    allowed: set[str] = set()
    while wanted:
        allowed |= wanted
        needed = {name for item in wanted for name in requirements.get(item, ()) if name}
        wanted = needed - allowed
    homes = packages_distributions()
    return sorted(module for module, names in homes.items() if not {_canonical(name) for name in names} & allowed)


def _requirement(line: str) -> str | None:
    return None if "extra ==" in line else _canonical(re.split(r"[^\w.-]", line)[0])


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


CUSTOMIZE = """
import importlib.metadata, json, os, socket, sys
from importlib.machinery import PathFinder

HIDDEN = set(json.load(open(os.path.join(os.path.dirname(__file__), "hidden.json"))))
SITE = os.path.realpath(os.path.dirname(importlib.metadata.distribution("monai").locate_file("monai")))


class OnlyDeclared(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        outside = spec and spec.origin and not os.path.realpath(spec.origin).startswith(SITE)
        return None if name.partition(".")[0] in HIDDEN and not outside else spec

    @classmethod
    def find_distributions(cls, *args, **kwargs):
        for found in PathFinder.find_distributions(*args, **kwargs):
            if found.name not in HIDDEN or os.path.realpath(found.locate_file("")) != SITE:
                yield found


def refused(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise OSError("this machine is offline")
    return connect(self, address)


connect, socket.socket.connect = socket.socket.connect, refused
sys.meta_path[:] = [OnlyDeclared if finder is PathFinder else finder for finder in sys.meta_path]
sys.path[:] = [path for path in sys.path if not os.path.isfile(os.path.join(path, "lucency", "cli.py"))]
"""


def run_elsewhere(package: Package, cwd: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run Python as on another machine: offline, without Lucency, and root may write no more than others."""
    customize = cwd.parent / "customize"
    customize.mkdir(exist_ok=True)
    (customize / "sitecustomize.py").write_text(CUSTOMIZE)
    (customize / "hidden.json").write_text(json.dumps(undeclared(package.folder)))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "PYTHONPATH": str(customize)}
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=cwd,
        env=environment,
        text=True,
        capture_output=True,
        timeout=300,
        preexec_fn=_obey_permissions,
    )


def _obey_permissions() -> None:
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(_CAPBSET_DROP, _DAC_OVERRIDE, 0, 0, 0)
