"""One radiograph, process start and all: `lucency predict` by an exported network beside `python -m monai.bundle run`.

python scripts/benchmarks/cold.py --rounds 5 --json cold.json

All run the same inference.yaml on the same file with the same drawn weights, and write predictions.csv and .json. The
image is one of loader.py's. Byte code has been cached, as in an installed package.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench_parts.loaders import BUNDLE
from bench_parts.measure import interleaved
from bench_parts.options import image_parser
from bench_parts.peers import named
from bench_parts.radiographs import write_radiographs
from bench_parts.rows import Row, report

from lucency.release.export import export_bundle
from lucency.release.golden import BundlePipeline, seeded_weights
from lucency.results import ResultDocument
from lucency.terminal import run_script

BACKENDS = {"onnxruntime": "ONNX Runtime", "openvino": "OpenVINO"}
WORKFLOW = "monai.bundle run"
TARGET, MEMORY_MIB = 12.0, 400.0


_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""
"""A small process between this one and the one that is measured: Linux counts the memory of whoever forks, too."""


def run(command: list[str]) -> str:
    """Run a command with one thread to its end, and return what it prints."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def peak(command: list[str]) -> float:
    """The most memory that a command holds, in MiB."""
    return float(run([sys.executable, "-c", _PEAK, *command]))


def commands(file: Path, weights: Path, work: Path) -> dict[str, list[str]]:
    """What is compared, by name; each writes to the folder of its name."""
    places = {"dataset_dir": file, "weights": weights, "output_dir": work / WORKFLOW, "bundle_root": BUNDLE}
    keys = [part for key, place in places.items() for part in (f"--{key}", str(place))]
    configuration = ["--config_file", str(BUNDLE / "configs" / "inference.yaml")]
    quick = [sys.executable, "-m", "lucency", "predict", str(file), "--bundle", str(BUNDLE), "--weights", str(weights)]
    ours = {name: [*quick, "--backend", backend, "--out", str(work / name)] for backend, name in BACKENDS.items()}
    return {WORKFLOW: [sys.executable, "-m", "monai.bundle", "run", *configuration, *keys], **ours}


def largest_difference(work: Path) -> float:
    """Largest difference of a probability between the two backends and the workflow."""

    def answers(name: str) -> list[float]:
        document = ResultDocument.model_validate_json((work / name / "predictions.json").read_text())
        return [answer.raw_probability for result in document.results for answer in result.findings]

    expected = answers(WORKFLOW)
    return max(abs(a - b) for name in BACKENDS.values() for a, b in zip(answers(name), expected, strict=True))


def compare(options: argparse.Namespace, work: Path) -> list[Row]:
    """Export, then run each in turn."""
    file = write_radiographs(options.keep or work / "images", options.data)["uncompressed"][0]
    weights = seeded_weights(BundlePipeline(BUNDLE), 0, work)
    export_bundle(BUNDLE, weights=weights, backends=list(BACKENDS))
    compared = commands(file, weights, work)
    contestants: dict[str, Callable[[], object]] = {name: partial(run, one) for name, one in compared.items()}
    peaks = {name: peak(one) for name, one in compared.items()}
    ms = {name: 1000 * least for name, least in interleaved(contestants, options.rounds).items()}
    rows, peer, best = [], named("monai", WORKFLOW), min(BACKENDS.values(), key=ms.__getitem__)
    for name in BACKENDS.values():
        target = TARGET if name == best else None
        rows.append(Row("4", f"one image cold, {name}", peer, ms[WORKFLOW], ms[name], target, unit="CPU-ms a process"))
        memory, what = (peaks[WORKFLOW], peaks[name]), f"memory of one image cold, {name}"
        rows.append(Row("4", what, peer, *memory, at_most=MEMORY_MIB, unit="MiB resident"))
    gap, what = largest_difference(work), "one image cold, largest difference from the workflow"
    return [*rows, Row("4", what, peer, ours_ms=gap, at_most=1e-5, unit="of probability")]


def main() -> None:
    """Compare, and show."""
    chosen = image_parser(__doc__, rounds=5).parse_args()
    with tempfile.TemporaryDirectory() as work:
        rows = compare(chosen, Path(work))
    report(rows, chosen.json)


if __name__ == "__main__":
    run_script(main, resumes=False)
