"""Metrics of a million images, and 1,000 resamples of patients, against the packages that users would pick.

OMP_NUM_THREADS=1 python scripts/benchmarks/metrics_scale.py --json metrics.json

Peers resample in a loop that takes minutes: one turn of it is measured and multiplied.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from bench_parts.measure import interleaved
from bench_parts.options import parser
from bench_parts.peers import named, peer
from bench_parts.rows import Row, report
from monai.metrics import compute_average_precision, compute_roc_auc
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

from lucency.metrics import bootstrap_intervals, delong_intervals, ranking_metrics
from lucency.metrics.resampling import patient_weights

Array = NDArray[np.float64]
Metrics = Callable[[Array, Array], Array]
OURS, OURS_FLOAT32, INTERVALS, DELONG, BY_PATIENT = "ours", "ours, float32", "intervals", "DeLong", "DeLong, by patient"


def cohort(images: int, findings: int) -> tuple[Array, Array]:
    """Probabilities and labels (images, findings), with prevalences as in ChestX-ray14."""
    rng = np.random.default_rng(0)
    targets = (rng.random((images, findings)) < np.geomspace(0.18, 0.002, findings)).astype(float)
    return 1 / (1 + np.exp(-1.5 * targets - rng.normal(size=targets.shape))), targets


def ours(scores: Array, targets: Array) -> Array:
    """AUROC and average precision, (2, findings)."""
    return np.stack([metric.values for metric in ranking_metrics(scores, targets)])


def scikit_learn(scores: Array, targets: Array) -> Array:
    """The same by scikit-learn."""
    return np.stack([metric(targets, scores, average=None) for metric in (roc_auc_score, average_precision_score)])


def monai(scores: Array, targets: Array) -> Array:
    """The same by the functions that MONAI's engines call."""
    parts = torch.from_numpy(scores), torch.from_numpy(targets)
    return np.stack([metric(*parts, average="none") for metric in (compute_roc_auc, compute_average_precision)])


def torchmetrics() -> Metrics | None:
    """The same by torchmetrics, where it is installed."""
    package = peer("torchmetrics.functional.classification")
    if package is None:
        return None
    metrics = package.multilabel_auroc, package.multilabel_average_precision

    def both(scores: Array, targets: Array) -> Array:
        parts = torch.from_numpy(scores), torch.from_numpy(targets).long()
        return np.stack([metric(*parts, num_labels=scores.shape[1], average="none") for metric in metrics])

    return both


def main() -> None:
    """Measure, compare results, print and write."""
    options = parser(__doc__, rounds=2)
    settings = {"images": 1_000_000, "findings": 14, "test-images": 25_596, "test-patients": 2_797, "replicates": 1000}
    for name, default in settings.items():
        options.add_argument(f"--{name}", type=int, default=default)
    given = options.parse_args()
    peers = {named("scikit-learn"): scikit_learn, named("monai"): monai, named("torchmetrics"): torchmetrics()}
    many, test = (cohort(images, given.findings) for images in (given.images, given.test_images))
    patients = np.r_[
        : given.test_patients, np.random.default_rng(1).integers(given.test_patients, size=given.test_images)
    ][: given.test_images]
    ids = np.char.zfill(patients.astype(str), 9)  # the order of names is that of numbers
    intervals = partial(bootstrap_intervals, *test, ids, replicates=given.replicates)

    def turn(metrics: Metrics) -> Array:
        weights = patient_weights(given.test_patients, seed=0, replicate=0)[patients]
        rows = np.repeat(np.arange(len(patients)), weights)
        return metrics(test[0][rows], test[1][rows])

    first = bootstrap_intervals(*test, ids, replicates=1)  # also loads the compiled loop
    first_resample = np.stack([first.auroc.samples[0], first.average_precision.samples[0]])
    errors = delong_intervals(*test, ids).standard_error / intervals().auroc.samples.std(axis=0)
    gaps = [np.abs(a - b).max() for a, b in ((ours(*many), scikit_learn(*many)), (first_resample, turn(scikit_learn)))]
    print("largest difference from scikit-learn: {:.1e}, in a resample {:.1e}".format(*gaps))
    print(f"DeLong's errors by patient over those of the bootstrap: {errors.min():.3f} to {errors.max():.3f}")

    alone = f"{named('scikit-learn')}, AUROC alone"
    contestants: dict[str, Callable[[], object]] = {
        OURS: partial(ours, *many),
        OURS_FLOAT32: partial(ours, *(part.astype(np.float32) for part in many)),
        alone: lambda: roc_auc_score(many[1], many[0], average=None),
        INTERVALS: intervals,
        DELONG: partial(delong_intervals, *test),
        BY_PATIENT: partial(delong_intervals, *test, ids),
    }
    for name, metrics in peers.items():
        if metrics is not None:
            contestants |= {name: partial(metrics, *many), f"{name}, loop": partial(turn, metrics)}
    ms = {name: 1000 * seconds for name, seconds in interleaved(contestants, given.rounds, warm=0).items()}

    size = f"{given.findings} x {given.images:,}"
    row = partial(Row, "5", unit="CPU-ms")
    rows = [row(f"AUROC and AP, {size}", alone, ms[alone], ms[OURS], target=1)]
    rows += [row(f"AUROC and AP, {size}, float32", alone, ms[alone], ms[OURS_FLOAT32])]
    rows += [row(f"AUROC and AP, {size}", name, ms[name], ms[OURS]) for name in peers if name in ms]
    what = f"{given.replicates} resamples of both, {given.findings} x {given.test_images:,}"
    for name in (name for name in peers if name in ms):
        note = "peers' 1,000 resamples: one turn of a loop is measured and multiplied"
        rows.append(
            row(what, f"{name}, loop", given.replicates * ms[f"{name}, loop"], ms[INTERVALS], at_most=2000, note=note)
        )
    rows += [
        row(f"{name}, {given.findings} x {given.test_images:,}", ours_ms=ms[name]) for name in (DELONG, BY_PATIENT)
    ]
    report(rows, given.json, largest_difference=float(max(gaps)), delong_over_bootstrap=errors.tolist())


if __name__ == "__main__":
    main()
