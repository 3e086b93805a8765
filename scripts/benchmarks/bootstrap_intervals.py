"""AUROC and average precision with patient-bootstrap intervals against a loop over scikit-learn, CPU seconds.

python scripts/benchmarks/bootstrap_intervals.py --images 22433 --patients 6187 --findings 14 --replicates 1000
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from lucency.metrics import bootstrap_intervals, ranking_metrics
from lucency.metrics.bootstrap import patient_weights


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time of one call."""
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    """Print seconds of both, their ratio, and how far one resample of ours is from scikit-learn's."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("images", 22433), ("patients", 6187), ("findings", 14), ("replicates", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    prevalence = np.geomspace(0.18, 0.002, given.findings)  # of the 14 findings of ChestX-ray14
    targets = (rng.random((given.images, given.findings)) < prevalence).astype(float)
    scores = 1.5 * targets + rng.normal(size=targets.shape)
    patients = rng.integers(given.patients, size=given.images)

    def reference(replicate: int) -> np.ndarray:
        """One resample by scikit-learn."""
        names, number = np.unique(patients.astype(str), return_inverse=True)
        weight = patient_weights(len(names), seed=0, replicate=replicate)[number]
        return np.array([metric(targets, scores, average=None, sample_weight=weight) for metric in metrics])

    metrics = roc_auc_score, average_precision_score
    result = bootstrap_intervals(scores, targets, patients, replicates=3)
    ours = np.stack([result.auroc.samples[2], result.average_precision.samples[2]])
    fast = min(
        cpu_seconds(lambda: bootstrap_intervals(scores, targets, patients, replicates=given.replicates))
        for _ in range(3)
    )
    slow = min(cpu_seconds(lambda: reference(2)) for _ in range(3)) * given.replicates
    print(f"{given.images} images, {given.patients} patients, {given.findings} findings, {given.replicates} resamples")
    print(f"both metrics once {cpu_seconds(lambda: ranking_metrics(scores, targets)):.3f} s")
    print(f"intervals {fast:.2f} s; scikit-learn {slow:.0f} s, from three resamples; {slow / fast:.0f} times")
    print(f"largest difference in one resample {np.abs(ours - reference(2)).max():.1e}")


if __name__ == "__main__":
    main()
