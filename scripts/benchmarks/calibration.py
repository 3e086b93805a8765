"""Calibration fitted on one half of the patients, measured on the other, both ways, as the table of the how-to.

python scripts/benchmarks/calibration.py nih_scores_densenet121/nih_test_preds_and_nlp_labels.csv.gz --figures OUT
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from lucency.files import write_atomically
from lucency.inference.calibration import fit_calibration, reliability_figure
from lucency.inference.calibration.measures import compare
from lucency.labels import NIH14, vocabulary


def read_table(path: Path) -> pd.DataFrame:
    """The published scores under the names that `scores.csv` has."""
    table = pd.read_csv(path)
    names = {vocabulary().get(finding).names["nih14"][0]: finding for finding in NIH14}
    columns = {"Patient ID": "patient"}
    for name, finding in names.items():
        columns |= {f"prob_{name}": f"probability_{finding}", f"y_{name}": f"target_{finding}"}
    return table[list(columns)].rename(columns=columns)


def arrays(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and targets, (N, L) both."""
    kinds = ("probability_", "target_")
    raw, targets = (frame[[kind + finding for finding in NIH14]].to_numpy(float) for kind in kinds)
    return raw, targets


def apply_halves(frame: pd.DataFrame, seed: int = 0) -> tuple[np.ndarray, list[dict[str, str]]]:
    """Probabilities of each half by the maps of the other, chosen and fitted there; and what these maps are."""
    raw, targets = (
        frame[[kind + finding for finding in NIH14]].to_numpy(float) for kind in ("probability_", "target_")
    )
    patients = np.sort(frame["patient"].unique())
    chosen = np.random.default_rng(seed).permutation(patients)[: len(patients) // 2]
    half, calibrated, names = frame["patient"].isin(chosen).to_numpy(), raw.copy(), []
    for fitted in (half, ~half):
        fit = fit_calibration(raw[fitted], targets[fitted], frame["patient"][fitted], NIH14, seed=seed)
        for column, calibration in enumerate(fit.calibrations.values()):
            calibrated[~fitted, column] = calibration(raw[~fitted, column])
        names.append({finding: calibration.name for finding, calibration in fit.calibrations.items()})
    return calibrated, names


def main() -> None:
    """Print the table, how many findings got better with other halves too, and what a fit costs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scores", type=Path)
    parser.add_argument("--halves", type=int, default=5, help="how many random divisions; the table is of the first")
    parser.add_argument("--figures", type=Path, help="folder for reliability.png of all images")
    given = parser.parse_args()
    frame = read_table(given.scores)
    raw, targets = (
        frame[[kind + finding for finding in NIH14]].to_numpy(float) for kind in ("probability_", "target_")
    )
    patients, worse = frame["patient"].to_numpy(), []
    for seed in range(given.halves):
        calibrated, maps = apply_halves(frame, seed)
        result = compare(raw, calibrated, targets, patients, replicates=1000 if seed == 0 else 1, seed=0)
        result.index = pd.Index(NIH14)
        if seed == 0:
            print(
                "| finding | positives | maps | log-loss | gain (95 %) | Brier | ECE |\n|---|---|---|---|---|---|---|"
            )
            for finding, row in result.iterrows():
                both = [f"{row[f'{m}_raw']:.4f} → {row[f'{m}_calibrated']:.4f}" for m in ("log_loss", "brier", "ece")]
                gain, least, most = (-row[f"log_loss_difference{end}"] + 0.0 for end in ("", "_high", "_low"))
                kinds = ", ".join(dict.fromkeys(one[finding] for one in maps))
                positives = int((targets[:, NIH14.index(finding)] == 1).sum())
                gained = f"{gain:.4f} ({least:.4f} to {most:.4f})"
                print(f"| {finding} | {positives} | {kinds} | {both[0]} | {gained} | {both[1]} | {both[2]} |")
        for metric in ("log_loss", "ece"):
            change = result[f"{metric}_difference"]
            worse.append({"halves": seed, "metric": metric, "better": (change < 0).sum(), "equal": (change == 0).sum()})
            worse[-1]["worse"] = ", ".join(change.index[change > 0])
    print(pd.DataFrame(worse).to_string(index=False))
    for minimum, what in ((20, "each its own map"), (100, "hernia with the temperature of all")):
        started = time.process_time()
        fit_calibration(raw, targets, patients, NIH14, minimum=minimum)
        seconds = time.process_time() - started
        print(f"{len(raw)} images x {len(NIH14)} findings, auto, 5 folds, {what}: {seconds:.1f} s of CPU")
    if given.figures:
        display = {finding: vocabulary().get(finding).display for finding in NIH14}
        picture = reliability_figure(fit_calibration(raw, targets, patients, NIH14), display)
        print(write_atomically(given.figures / "reliability.png", picture))


if __name__ == "__main__":
    main()
