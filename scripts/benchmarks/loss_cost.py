"""Forward and backward pass of every loss of the bundles against torch's BCEWithLogitsLoss, interleaved in one run.

OMP_NUM_THREADS=1 python scripts/benchmarks/loss_cost.py

CPU time, minimum over rounds, with all checks of the inputs, in the epoch where most is going on.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from lucency.comparison import Study, loss_options
from lucency.losses import begin_batch, begin_epoch

ROOT = Path(__file__).parents[2]
BATCH, IMAGES, MAX_EPOCHS = 64, 1024, 10
BASELINE = "BCEWithLogitsLoss"


def study_of(findings: int) -> Study:
    """Random labels, of which one positive an image is known."""
    truth = (np.random.default_rng(0).random((IMAGES + 4, findings)) < 0.1).astype(np.float32)
    truth[IMAGES:] = np.tile([[1.0], [0.0]], (2, findings))  # a study must have something to validate and test on
    observed = np.full_like(truth, np.nan)
    observed[np.arange(IMAGES), truth[:IMAGES].argmax(axis=1)] = 1
    observed[IMAGES:] = truth[IMAGES:]
    splits = np.array(["train"] * IMAGES + ["val"] * 2 + ["test"] * 2)
    names = tuple(f"finding{number}" for number in range(findings))
    return Study("random", np.zeros((len(truth), 1), np.float32), truth, observed, np.arange(len(truth)), splits, names)


def step_of(loss: nn.Module, logits: torch.Tensor, targets: torch.Tensor) -> Callable[[], None]:
    """One forward and backward pass of one batch."""
    begin_epoch(loss, MAX_EPOCHS // 2, MAX_EPOCHS)
    index = torch.arange(BATCH)

    def step() -> None:
        logits.grad = None
        begin_batch(loss, index)
        loss(logits, targets).backward()

    return step


def steps_of(findings: int) -> dict[str, Callable[[], None]]:
    """The baseline and every loss, ready to run."""
    study = study_of(findings)
    logits = torch.randn(BATCH, findings, requires_grad=True)
    targets = torch.from_numpy(study.targets("observed")[:BATCH])
    steps = {BASELINE: step_of(nn.BCEWithLogitsLoss(), logits, targets.nan_to_num(nan=0.0))}
    for option in loss_options(["*"], ROOT / "bundles"):
        loss = option.build(study, seed=0, max_epochs=MAX_EPOCHS)
        steps[option.name] = step_of(loss, logits, targets)
    return steps


def microseconds(steps: dict[str, Callable[[], None]], rounds: int, repeats: int) -> dict[str, float]:
    """Least CPU time of one step over all rounds; the losses take turns, so that a busy machine hits all alike."""
    least = dict.fromkeys(steps, float("inf"))
    for _ in range(rounds):
        for name, step in steps.items():
            started = time.process_time()
            for _ in range(repeats):
                step()
            least[name] = min(least[name], (time.process_time() - started) / repeats * 1e6)
    return least


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--findings", type=int, nargs="+", default=[14, 500])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--repeats", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    costs = [microseconds(steps_of(findings), arguments.rounds, arguments.repeats) for findings in arguments.findings]
    print("| loss | " + " | ".join(f"{BATCH} x {findings}: µs | ratio" for findings in arguments.findings) + " |")
    print("|---" * (1 + 2 * len(costs)) + "|")
    for name in costs[0]:
        cells = [f"{cost[name]:.0f} | {cost[name] / cost[BASELINE]:.2f}" for cost in costs]
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
