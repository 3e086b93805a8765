"""A burst of radiographs of real size at the PACS node, at the obvious script, and at a receiver that only writes.

python scripts/benchmarks/node.py --images 2000 --out node.json

Four storescu of dcmtk send CR images of 3000 x 2500 pixels in six transfer syntaxes, each under a UID of its own; what
answers sends its reports to a storescp of dcmtk. The systems take turns, burst by burst. Acknowledgements are timed
from the first byte to the answer, as the sender sees them; throughput counts from the first byte of a burst to its
last report. Weights are random unless given: they cost the same.
"""

import argparse
import json
import platform
import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from node_parts.consumption import Consumption
from node_parts.images import COLUMNS, ROWS, write_images
from node_parts.programs import dcmtk, stop
from node_parts.senders import send
from node_parts.systems import NAMES, Model, System, start_system
from node_parts.weights import exported_weights

from lucency.errors import ConfigError
from lucency.terminal import run_script

BUNDLE = Path(__file__).parents[2] / "bundles" / "cxr_spml_classification"
LEAST_SPEEDUP, LARGEST_ACK_RATIO = 4.0, 5.0


@dataclass
class Figures:
    """What one system did in all bursts."""

    images: int = 0
    seconds: float = 0.0
    acks: list[float] = field(default_factory=list)
    refused: int = 0
    lost: int = 0
    doubled: int = 0
    cpu_s: float = 0.0
    peak_bytes: int = 0

    def summary(self) -> dict[str, float]:
        """The figures of the table."""
        p50, p99 = np.quantile(self.acks, [0.5, 0.99]) if self.acks else (float("nan"), float("nan"))
        return {
            "images": self.images,
            "ack_p50_s": round(float(p50), 4),
            "ack_p99_s": round(float(p99), 4),
            "images_per_s": round(self.images / self.seconds, 3),
            "cpu_s_per_image": round(self.cpu_s / max(1, self.images), 3),
            "peak_rss_mb": round(self.peak_bytes / 1e6),
            "refused": self.refused,
            "lost": self.lost,
            "doubled": self.doubled,
        }


def burst(system: System, files: list[Path], images: int, senders: int, work: Path, figures: Figures) -> None:
    """Send one burst to a system, wait for its last report, and add up."""
    before = system.sink.images() if system.sink else {}
    with Consumption(system.process.pid) as consumption:
        sent = send(system.port, system.title, files, images, senders, work / "association.cfg")
        if system.sink:
            system.sink.wait(sum(before.values()) + len(sent.acknowledged))
    ended = time.time()
    if system.sink:
        reports, ended = system.sink.images(), system.sink.latest()
        counts = [reports[uid] for uid in sent.acknowledged]
        figures.lost += counts.count(0)
        figures.doubled += sum(count > 1 for count in counts)
    figures.images += len(sent.acknowledged)
    figures.refused += sent.refused
    figures.acks += sent.acknowledged.values()
    figures.seconds += max(ended - sent.begun, 1e-9)
    figures.cpu_s += consumption.cpu_s
    figures.peak_bytes = max(figures.peak_bytes, consumption.peak_bytes)
    if system.files:
        for file in system.files.iterdir():
            file.unlink()


def compare(options: argparse.Namespace, work: Path) -> dict[str, Figures]:
    """Start every system, warm it up with one image a file, and let them take turns."""
    kept = options.keep or work
    files = write_images(kept / "images", options.cases, *options.size)
    weights = options.weights or exported_weights(options.bundle, kept / "model")
    model = Model(options.bundle, weights, tuple(options.node))
    figures = {name: Figures() for name in options.systems}
    with ExitStack() as stack:
        systems = []
        for name in options.systems:
            systems.append(system := start_system(name, work, model))
            stack.callback(stop, system.process)
            if system.sink:
                stack.callback(stop, system.sink.process)
            burst(system, files, len(files), 1, work, Figures())
        shares = np.array_split(np.arange(options.images), options.rounds)
        for number, share in enumerate(shares):
            for system in systems[number % len(systems) :] + systems[: number % len(systems)]:
                burst(system, files, len(share), options.senders, work, figures[system.name])
                rate = figures[system.name].summary()["images_per_s"]
                print(f"round {number + 1}/{options.rounds}: {system.name} {rate:.2f} images/s so far", flush=True)
    return figures


def verdicts(table: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Targets beside what was measured; those whose systems did not run are left out."""
    rows: list[dict[str, Any]] = []
    if {"node", "obvious"} <= set(table):
        value = table["node"]["images_per_s"] / table["obvious"]["images_per_s"]
        met = value >= LEAST_SPEEDUP
        rows.append({"target": f"throughput >= {LEAST_SPEEDUP:g} x obvious", "value": round(value, 2), "met": met})
    if {"node", "bare"} <= set(table):
        value = table["node"]["ack_p99_s"] / table["bare"]["ack_p99_s"]
        met = value <= LARGEST_ACK_RATIO
        rows.append({"target": f"ack p99 <= {LARGEST_ACK_RATIO:g} x bare", "value": round(value, 2), "met": met})
    if "node" in table:
        wrong = int(table["node"]["lost"] + table["node"]["doubled"])
        rows.append({"target": "lost or doubled: 0", "value": wrong, "met": wrong == 0})
    return rows


def show(table: dict[str, dict[str, float]], rows: list[dict[str, Any]]) -> None:
    """Print both as markdown."""
    names = list(table)
    print(f"\n| figure | {' | '.join(names)} |\n|---{'|---' * len(names)}|")
    for figure in table[names[0]]:
        print(f"| {figure} | {' | '.join(f'{table[name][figure]:g}' for name in names)} |")
    print("\n| target | measured | met |\n|---|---|---|")
    for row in rows:
        print(f"| {row['target']} | {row['value']:g} | {'yes' if row['met'] else 'no'} |")


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
    parser.add_argument("--node", nargs="*", default=[], metavar="FLAG", help="of lucency node serve, as workers=2")
    parser.add_argument("--out", type=Path, help="figures as JSON")
    options = parser.parse_args()
    options.rounds = options.rounds or max(1, options.images // 200)
    options.node = [part for flag in options.node for part in (f"--{flag.split('=')[0]}", flag.split("=", 1)[1])]
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
        about = {"machine": platform.platform(), "images": options.images, "rounds": options.rounds}
        content = {**about, "senders": options.senders, "size": options.size, "systems": table, "targets": rows}
        options.out.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    run_script(main, resumes=False)
