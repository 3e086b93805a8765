"""Augmentation, one training step, and whole epochs, each as stock MONAI does it and as the bundles do.

The step is DenseNet121 at 224 pixels. Epochs are of drawn radiographs at a size that a processor trains in minutes;
both recipes start from the same weights and are judged on the same validation images, by the interval of the
difference of their macro AUROC over resampled patients.
"""

import tempfile
from pathlib import Path

import numpy as np
import torch
from bench_parts.machine import installed
from bench_parts.measure import interleaved
from bench_parts.options import parser
from bench_parts.rows import Row, show, write
from train_parts.augmentations import Augmentations
from train_parts.recipes import Recipe, scores
from train_parts.steps import Step

from lucency.data import load_records
from lucency.data.phantom import write_phantom
from lucency.data.pixel_cache import CachedRadiographs
from lucency.metrics import auroc, paired_bootstrap

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


def epochs(images: int, size: int, number: int) -> Row:
    """Two trainings on drawn radiographs."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        table = write_phantom(folder, images=images, size=128, format="png", workers=1, progress=False)
        records = load_records(table.with_name("truth.csv"), FINDINGS)
        half = 2 * len(records) // 3
        recipe = {name: Recipe(records[:half], folder, size, number) for name in ("stock", "bundle")}
        networks = [recipe["stock"].stock(), recipe["bundle"].bundle()]
        judged = CachedRadiographs(records[half:], folder / "pixels", spatial_size=size, progress=False)
        answers = [scores(network, judged).double().numpy() for network in networks]
    targets = np.stack([record["label"] for record in records[half:]])
    patients = [record["patient"] for record in records[half:]]
    reached = [auroc(answer, targets).macro for answer in answers]
    difference = paired_bootstrap(answers[1], answers[0], targets, patients, replicates=500).auroc
    low, high = difference.macro_interval
    note = (
        f"Macro AUROC on {len(patients)} images: stock {reached[0]:.3f}, bundle {reached[1]:.3f}; "
        f"difference {difference.macro:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}."
    )
    peer = f"MONAI {installed('monai')}, PersistentDataset, float32"
    figures = [recipe[name].ms_an_image for name in ("stock", "bundle")]
    return Row("3", f"training, end to end, {size} pixels, {number} epochs", peer, *figures, target=4, note=note)


def main() -> None:
    """Measure, print and write."""
    options = parser(__doc__, rounds=3)
    options.add_argument("--batch", type=int, default=8, help="images of a step; default: %(default)s")
    options.add_argument("--images", type=int, default=600, help="drawn radiographs; default: %(default)s")
    options.add_argument("--size", type=int, default=64, help="pixels of the epochs; default: %(default)s")
    options.add_argument("--epochs", type=int, default=4, help="default: %(default)s")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    rows = [augmentation(chosen.rounds), *steps(chosen.rounds, chosen.batch)]
    rows.append(epochs(chosen.images, chosen.size, chosen.epochs))
    show(rows)
    if chosen.json:
        write(chosen.json, rows)


if __name__ == "__main__":
    main()
