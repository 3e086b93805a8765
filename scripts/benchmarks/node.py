"""A burst of radiographs of real size at the PACS node, at the obvious script, and at a receiver that only writes.

python scripts/benchmarks/node.py --images 2000 --out node.json

Four storescu of dcmtk send CR images of 3000 x 2500 pixels in six transfer syntaxes, each under a UID of its own; what
answers sends its reports to a storescp of dcmtk. The systems take turns, burst by burst. Acknowledgements are timed
from the first byte to the answer, as the sender sees them; throughput counts from the first byte of a burst to its
last report. Weights are random unless given: they cost the same.
"""

import argparse
import json
import os
import platform
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from node_parts.figures import Figures, burst
from node_parts.images import COLUMNS, ROWS, write_images
from node_parts.programs import dcmtk
from node_parts.systems import NAMES, Model, System, start_system
from node_parts.verdicts import show, verdicts

from lucency.errors import ConfigError
from lucency.terminal import run_script

BUNDLE = Path(__file__).parents[2] / "bundles" / "cxr_spml_classification"


def model_of(options: argparse.Namespace, folder: Path) -> Model:
    """The bundle with the given weights, or with random ones whose exports go to `folder`."""
    from node_parts.weights import exported_weights  # slow to import

    return Model(options.bundle, options.weights or exported_weights(options.bundle, folder), options.workers)


def compare(options: argparse.Namespace, work: Path) -> dict[str, Figures]:
    """Start every system, warm it up with one image a file, and let them take turns."""
    kept = options.keep or work
    files = write_images(kept / "images", options.cases, *options.size)
    model = None if options.systems == ["bare"] else model_of(options, kept / "model")
    figures = {name: Figures() for name in options.systems}
    with ExitStack() as stack:
        systems: dict[str, System] = {}
        for name in options.systems:
            systems[name] = system = start_system(name, work, model, stack)
            burst(system, files, len(files), 1, work, Figures())
        shares = np.array_split(np.arange(options.images), options.rounds)
        for number, share in enumerate(shares):
            for name in list(systems)[:: 1 if number % 2 else -1]:
                burst(systems[name], files, len(share), options.senders, work, figures[name])
                rate = figures[name].summary()["images_per_s"]
                print(f"round {number + 1}/{options.rounds}: {name} {rate:.2f} images/s so far", flush=True)
    return figures


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--senders", type=int, default=4)
    parser.add_argument("--rounds", type=int, help="bursts that the images are sent in; by default one in 200")
    parser.add_argument("--systems", nargs="+", default=list(NAMES), choices=NAMES)
    parser.add_argument("--bundle", type=Path, default=BUNDLE)
    parser.add_argument("--weights", type=Path, help="state dictionary of the bundle's network, exports beside it")
    parser.add_argument("--cases", type=int, default=2, help="chests that are drawn")
    parser.add_argument("--size", type=int, nargs=2, default=(ROWS, COLUMNS), metavar=("ROWS", "COLUMNS"))
    parser.add_argument("--keep", type=Path, help="folder that keeps images and exports for the next run")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="of the node; by default one a core")
    parser.add_argument("--out", type=Path, help="figures as JSON")
    options = parser.parse_args()
    options.rounds = options.rounds or max(1, options.images // 200)
    if options.images < options.rounds or options.senders < 1:
        raise ConfigError(f"{options.images} images in {options.rounds} rounds; give at least one image a round")
    dcmtk("storescu")
    work = Path(tempfile.mkdtemp(prefix="lucency-node-"))
    try:
        table = {name: figures.summary() for name, figures in compare(options, work).items()}
    finally:
        shutil.rmtree(work, ignore_errors=True)
    rows = verdicts(table)
    show(table, rows)
    if options.out:
        about = {key: getattr(options, key) for key in ("images", "rounds", "senders", "size", "cases", "workers")}
        about |= {"machine": platform.platform(), "cores": os.cpu_count()}
        content = {**about, "systems": table, "targets": rows}
        options.out.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    run_script(main, resumes=False)
