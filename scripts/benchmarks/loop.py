"""What the training loop costs around the network: this project's handlers, MONAI's usual ones, and no engine at all.

A tiny network learns from batches of 32 that are in memory, so that nearly all of the time is the loop's. The bundles'
engines have the handlers of their train.yaml but for the progress bar, which only a person needs; the usual MONAI
set-up is that of its tutorials: default decollate, Activationsd and AsDiscreted of every image, ROCAUC, statistics,
TensorBoard, schedule and checkpoint. Overhead is what is left after the bare loop's time.
"""

import logging

import torch
from bench_parts.machine import installed
from bench_parts.measure import interleaved
from bench_parts.options import parser
from bench_parts.rows import Row, report
from train_parts.loops import BATCHES, Loops

UNIT = "CPU-ms a batch of 32"


def main() -> None:
    """Measure, print and write."""
    options = parser(__doc__, rounds=5).parse_args()
    torch.set_num_threads(1)
    logging.disable(logging.CRITICAL)
    loops, peer = Loops(), f"MONAI {installed('monai')}, default decollate"
    names = [f"{who}_{what}" for what in ("training", "evaluation") for who in ("bare", "our", "monai")]
    seconds = interleaved({name: getattr(loops, name) for name in names}, options.rounds)
    ms = {name: 1000 * least / BATCHES for name, least in seconds.items()}
    rows = []
    for what in ("training", "evaluation"):
        bare, ours, monai = (ms[f"{who}_{what}"] for who in ("bare", "our", "monai"))
        least = 50 if what == "evaluation" else None
        rows += [
            Row("3", f"{what} loop, tiny network", "no engine", bare, ours, unit=UNIT),
            Row("3", f"{what} loop, tiny network", peer, monai, ours, unit=UNIT),
            Row("3", f"{what} loop, overhead alone", peer, monai - bare, ours - bare, target=least, unit=UNIT),
        ]
    times = ms["our_training"] / ms["bare_training"]
    rows.insert(1, Row("3", "training loop, times a bare one", ours_ms=times, at_most=2, unit="times"))
    report(rows, options.json)


if __name__ == "__main__":
    main()
