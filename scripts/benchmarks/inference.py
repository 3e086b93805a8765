"""From DICOM to 14 probabilities in a warm process: ours on each backend, a TorchXRayVision script, a MONAI bundle.

python scripts/benchmarks/inference.py --rounds 3 --json inference.json

All have the same DenseNet121 with drawn weights, which cost as much as others. Ours is what a worker of the node runs:
input guard, window, polarity and all, where the others do none of it. A figure is the CPU time of one image on one
thread; only the last rows are wall time, of two threads and two processes beside one thread. The images are those of
loader.py.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from bench_parts.classifiers import BACKENDS, MONAI, Classifier, exported, label, ours, peers, predictor
from bench_parts.inference_checks import agreement, scaling
from bench_parts.inference_stages import stages
from bench_parts.loaders import DEFAULT
from bench_parts.measure import interleaved
from bench_parts.options import image_parser
from bench_parts.radiographs import write_radiographs
from bench_parts.rows import Row, report

from lucency.terminal import run_script

SYNTAXES = ("uncompressed", "JPEG 2000")
BEST_TARGETS = {"uncompressed": (20.0, 16.0), "JPEG 2000": (15.0, 15.0)}
"""Of the fastest backend, beside the script and the evaluator."""
EXACT_TARGETS = (6.0, 5.0)
"""Of the fastest in fp32, for files that are decoded to the last bit."""


def speed(files: Sequence[Path], classifiers: dict[str, Classifier], rounds: int) -> dict[str, float]:
    """CPU-ms an image of each."""
    contestants: dict[str, Callable[[], object]] = {name: partial(c, files) for name, c in classifiers.items()}
    return {name: 1000 * least / len(files) for name, least in interleaved(contestants, rounds).items()}


def table(syntax: str, ms: dict[str, float]) -> list[Row]:
    """Ours on every backend; the fastest, and the fastest in fp32, beside each peer."""
    what = f"DICOM to probabilities, {syntax}"
    rows = [Row("4", f"{what}, {name}", ours_ms=ms[name]) for name in BACKENDS]
    exact = min((name for name in BACKENDS if name.endswith("fp32")), key=ms.__getitem__)
    goals = {min(BACKENDS, key=ms.__getitem__): BEST_TARGETS[syntax]}
    if syntax == "uncompressed":
        goals.setdefault(exact, EXACT_TARGETS)
    for name, targets in goals.items():
        for peer in (peer for peer in ms if peer not in BACKENDS):
            goal = dict(zip((DEFAULT, MONAI), targets, strict=True)).get(peer)
            rows.append(Row("4", f"{what}, {name}", label(peer), ms[peer], ms[name], goal))
    return rows


def compare(options: argparse.Namespace, work: Path) -> list[Row]:
    """Everything, with files and exports in `work` unless they are to be kept."""
    files = write_radiographs(options.keep or work / "images", options.data)
    network, weights = exported(work)
    predictors = {name: predictor(name, weights, work) for name in BACKENDS}
    classifiers = {**{name: ours(one) for name, one in predictors.items()}, **peers(network)}
    rows = agreement([file for syntax in SYNTAXES for file in files[syntax]], classifiers)
    for syntax in SYNTAXES:
        ms = speed(files[syntax], classifiers, options.rounds)
        best = min(BACKENDS, key=ms.__getitem__)
        rows += table(syntax, ms)
        rows += scaling(4 * files[syntax], best, weights, work, syntax, options.rounds)
        print(f"{syntax}: done", flush=True)
    return rows + stages(files["uncompressed"][0], predictors, 5 * options.rounds)


def main() -> None:
    """Compare, and show."""
    chosen = image_parser(__doc__, rounds=3).parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as work:
        rows = compare(chosen, Path(work))
    report(rows, chosen.json)


if __name__ == "__main__":
    run_script(main, resumes=False)
