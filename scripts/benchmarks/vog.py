"""Variance of Gradients: time, memory and disk at full size, and what it finds of planted noise.

OMP_NUM_THREADS=1 python scripts/benchmarks/vog.py cost --images 200000
OMP_NUM_THREADS=1 python scripts/benchmarks/vog.py noise
"""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from lucency.metrics import auroc
from lucency.refine.snapshot_store import SnapshotStore
from lucency.refine.vog import FORMS, variance_of_gradients

SNAPSHOTS, FINDINGS, FEATURES, ROWS = 5, 14, 1024, 4000
PREVALENCE, WRONG = (0.3, 0.1, 0.05), {"missed": 0.2, "false positive": 0.02}


def peak() -> float:
    """Most memory that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def cost(images: int, folder: Path) -> None:
    """Write snapshots of random features that drift, and compute VoG in chunks."""
    rng, names = np.random.default_rng(0), [f"{number}.png" for number in range(images)]
    started, before = time.perf_counter(), peak()
    store = SnapshotStore(folder, names, [f"finding{number}" for number in range(FINDINGS)], FEATURES, SNAPSHOTS)
    print(f"made: {time.perf_counter() - started:.1f} s")
    features = rng.random((ROWS, FEATURES), np.float32)
    for step in range(1, SNAPSHOTS + 2):  # one more than counts, as in training
        started = time.perf_counter()
        store.begin(step)
        for start in range(0, images, ROWS):
            rows = np.arange(start, min(start + ROWS, images))
            residuals = rng.uniform(-1, 1, (len(rows), FINDINGS)).astype(np.float32)
            store.write_rows(step, rows, residuals, features[: len(rows)] * (1 + step / 100))
        store.commit(step)
        print(f"snapshot {step}: {time.perf_counter() - started:.1f} s")
    size = sum(path.stat().st_blocks * 512 for path in folder.iterdir())
    print(f"{images} images x {FINDINGS} findings x {FEATURES} features: {size / 1e9:.2f} GB on disk")
    for form in ("residual", "trace"):
        wall, cpu = time.perf_counter(), time.process_time()
        store.vog(form)
        print(f"vog {form}: {time.perf_counter() - wall:.1f} s, {time.process_time() - cpu:.1f} s of CPU")
    print(f"peak memory {peak():.0f} MB, {before:.0f} MB of it before the store was made")


def noisy(seed: int) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Inputs, labels with planted mistakes, and where the mistakes are."""
    rng = np.random.default_rng(seed)
    truth = rng.random((3000, len(PREVALENCE))) < PREVALENCE
    inputs = rng.normal(size=(3000, 32)) + 0.9 * truth @ rng.choice([-1, 1], (len(PREVALENCE), 32))
    wrong = rng.random(truth.shape) < np.where(truth, WRONG["missed"], WRONG["false positive"])
    return torch.from_numpy(inputs).float(), torch.from_numpy(truth ^ wrong).float(), wrong


def snapshots(inputs: torch.Tensor, labels: torch.Tensor, seed: int, epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """Residuals and features of the last epochs of a small network."""
    torch.manual_seed(seed)
    body, head = nn.Sequential(nn.Linear(inputs.shape[1], 32), nn.ReLU()), nn.Linear(32, labels.shape[1])
    optimizer = torch.optim.SGD([*body.parameters(), *head.parameters()], lr=0.1, momentum=0.9)
    kept = []
    for _ in range(epochs):
        for index in torch.randperm(len(inputs)).split(50):
            optimizer.zero_grad()
            nn.functional.binary_cross_entropy_with_logits(head(body(inputs[index])), labels[index]).backward()
            optimizer.step()
        with torch.no_grad():
            features = body(inputs)
            kept.append(((torch.sigmoid(head(features)) - labels).numpy(), features.numpy()))
    residuals, features = zip(*kept[-SNAPSHOTS:], strict=True)
    return np.stack(residuals), np.stack(features)


def noise(seeds: int, epochs: int) -> None:
    """Print AUROC of wrong labels by form and stratum, mean over seeds, loss of the last epoch for comparison."""
    areas: dict[str, list[np.ndarray]] = {name: [] for name in (*FORMS, "loss")}
    ranks = []
    for seed in range(seeds):
        inputs, labels, wrong = noisy(seed)
        residuals, features = snapshots(inputs, labels, seed, epochs)
        scores = {form: variance_of_gradients(residuals, features, form=form) for form in FORMS}
        scores["loss"] = np.abs(residuals[-1])  # ranks like the cross-entropy
        for name, score in scores.items():
            strata = [np.where(labels.numpy() == state, wrong, np.nan) for state in (0, 1)]
            areas[name].append(np.stack([auroc(score, stratum).values for stratum in strata]))
        ranks.append([spearmanr(scores["exact"].ravel(), scores[form].ravel()).statistic for form in FORMS])
    names = [f"{share:.0%} {sign}" for sign in ("negative", "positive") for share in PREVALENCE]
    print("| score | " + " | ".join(names) + " | Spearman with exact |\n" + "|---" * (len(names) + 2) + "|")
    for number, (name, values) in enumerate(areas.items()):
        cells = [f"{value:.2f}" for value in np.mean(values, axis=0).ravel()]
        cells.append(f"{np.mean(ranks, axis=0)[number]:.3f}" if name in FORMS else "")
        print(f"| {name} | " + " | ".join(cells) + " |")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["cost", "noise"])
    parser.add_argument("--images", type=int, default=200_000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=10)
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.what == "noise":
        noise(given.seeds, given.epochs)
    else:
        with tempfile.TemporaryDirectory() as folder:
            cost(given.images, Path(folder))


if __name__ == "__main__":
    main()
