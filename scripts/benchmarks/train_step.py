"""Augmentation, one training step, and whole epochs, each as stock MONAI does it and as the bundles do.

The step is DenseNet121 at 224 pixels. Epochs are of drawn radiographs at a size that a processor trains in minutes;
both recipes start, for each seed, from the same weights and are judged on the same validation images, by the interval
of the difference of their macro AUROC over the seeds.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from bench_parts.machine import installed
from bench_parts.measure import interleaved
from bench_parts.options import parser
from bench_parts.rows import Row, report
from scipy.stats import sem, t
from train_parts.augmentations import Augmentations
from train_parts.recipes import Recipe, scores
from train_parts.steps import Step

from lucency.data import load_records
from lucency.data.phantom import write_phantom
from lucency.data.pixel_cache import CachedRadiographs
from lucency.metrics import auroc

FINDINGS = ["cardiomegaly", "effusion", "pneumothorax"]
STEPS = {
    "float32": {"bfloat16": False, "channels_last": False, "fused": False},
    "float32, channels last": {"bfloat16": False, "channels_last": True, "fused": True},
    "bfloat16, channels last, fused AdamW": {"bfloat16": True, "channels_last": True, "fused": True},
}


def augmentation(rounds: int) -> Row:
    """A batch of 32 at 224 pixels."""
    both = Augmentations(32, 224)
    least = interleaved({"monai": both.one_by_one, "own": both.at_once}, rounds)
    monai, own = (1000 * seconds / 32 for seconds in least.values())
    peer = f"MONAI {installed('monai')}, of each image"
    return Row("2", "random affine and gamma, 224 pixels", peer, monai, own, target=5)


def steps(rounds: int, batch: int) -> list[Row]:
    """Against eager float32."""
    least = interleaved({name: Step(batch, 224, **how) for name, how in STEPS.items()}, rounds)
    ms = {name: 1000 * seconds / batch for name, seconds in least.items()}
    plain, *others = ms
    what = f"training step of DenseNet121, batch of {batch}, "
    return [
        Row("3", what + name, f"torch {installed('torch')}, {plain}", ms[plain], ms[name], target=target)
        for name, target in zip(others, (None, 3.5), strict=True)
    ]


def epochs(images: int, size: int, number: int, seeds: int) -> Row:
    """Pairs of trainings on drawn radiographs; the least time of all, and the difference of what they reach."""
    ways = ("stock", "bundle")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        table = write_phantom(folder, images=images, size=128, format="png", workers=1, progress=False)
        records = load_records(table.with_name("truth.csv"), FINDINGS)
        half = 2 * len(records) // 3
        judged = CachedRadiographs(records[half:], folder / "pixels", spatial_size=size, progress=False)
        targets = np.stack([record["label"] for record in records[half:]])
        ms, reached = [], []
        for seed in range(seeds):
            pair = {way: Recipe(records[:half], folder, size, number, seed) for way in ways}
            networks = {way: getattr(recipe, way)() for way, recipe in pair.items()}
            reached.append([auroc(scores(networks[way], judged).double().numpy(), targets).macro for way in ways])
            ms.append([pair[way].ms_an_image for way in ways])
    stock, bundle = np.mean(reached, axis=0)
    note = f"Macro AUROC on {len(targets)} images, {seeds} seeds: stock {stock:.3f}, bundle {bundle:.3f}"
    if seeds > 1:
        apart = np.diff(reached)[:, 0]
        low, high = t.interval(0.95, seeds - 1, apart.mean(), sem(apart))
        note += f"; difference {apart.mean():+.3f}, 95 % interval over seeds {low:+.3f} to {high:+.3f}"
    peer = f"MONAI {installed('monai')}, PersistentDataset, float32"
    what = f"training, end to end, {size} pixels, {number} epochs"
    theirs, ours = np.min(ms, axis=0)
    return Row("3", what, peer, float(theirs), float(ours), target=4, note=note)


def main() -> None:
    """Measure, print and write."""
    options = parser(__doc__, rounds=3)
    options.add_argument("--batch", type=int, default=8, help="images of a step; default: %(default)s")
    options.add_argument("--images", type=int, default=600, help="drawn radiographs; default: %(default)s")
    options.add_argument("--size", type=int, default=64, help="pixels of the epochs; default: %(default)s")
    options.add_argument("--epochs", type=int, default=4, help="default: %(default)s")
    options.add_argument("--seeds", type=int, default=3, help="pairs of trainings; default: %(default)s")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    rows = [augmentation(chosen.rounds), *steps(chosen.rounds, chosen.batch)]
    rows.append(epochs(chosen.images, chosen.size, chosen.epochs, chosen.seeds))
    report(rows, chosen.json)


if __name__ == "__main__":
    main()
