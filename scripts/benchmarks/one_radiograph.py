"""One radiograph's prediction as a markdown table: probability with its interval, threshold, decision, truth.

The interval of a calibrated probability says how much another sample of the patients on whom it was calibrated could
have changed it: the calibration is fitted anew on resamples of these patients, with the choice of the method, and the
network's probability of this image goes through each. It is not an interval of the network.

    python scripts/benchmarks/one_radiograph.py OUT/predictions.json FILE --scores VALIDATION/scores.csv \
        --site site.yaml [--truth TEST/scores.csv]
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from lucency.inference import read_site
from lucency.inference.calibration import fit_calibration
from lucency.labels import vocabulary
from lucency.results import ImageResult, ResultDocument
from lucency.results.evaluation import PROBABILITY, TARGET, scored_findings


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("predictions", type=Path)
    parser.add_argument("file", help="as column file of predictions.csv")
    parser.add_argument("--scores", type=Path, required=True, help="what the site file was made from")
    parser.add_argument("--site", type=Path, required=True)
    parser.add_argument("--truth", type=Path, help="scores.csv that holds the image's own labels")
    parser.add_argument("--replicates", type=int, default=200)
    options = parser.parse_args()
    document = ResultDocument.model_validate_json(options.predictions.read_text())
    (result,) = [result for result in document.results if result.file == options.file]
    site = read_site(options.site, document.model)
    low, high = intervals(result, pd.read_csv(options.scores, dtype={"patient": str}), options.replicates)
    truth = labels(options.truth, options.file) if options.truth else {}
    heads = ["finding", "network", "calibrated (95 % interval)", "method", "threshold"]
    heads += ["sensitivity, specificity there", "decision", "truth"]
    print(f"| {' | '.join(heads)} |\n{'|---' * len(heads)}|")
    for number, answer in enumerate(result.findings):
        point = site.operating_points.get(answer.finding)
        figures = (
            [f"{f.value:.2f} ({f.low:.2f} – {f.high:.2f})" for f in (point.sensitivity, point.specificity)]
            if point
            else []
        )
        cells = [
            vocabulary().get(answer.finding).display,
            f"{answer.raw_probability:.3f}",
            f"{answer.probability:.3f} ({low[number]:.3f} – {high[number]:.3f})",
            answer.calibration,
            "–" if answer.threshold is None else f"{answer.threshold:.3g}",
            ", ".join(figures) or "–",
            answer.decision or "–",
            truth.get(answer.finding, "–"),
        ]
        print(f"| {' | '.join(cells)} |")


def intervals(result: ImageResult, scores: pd.DataFrame, replicates: int) -> "tuple[np.ndarray, np.ndarray]":
    """Calibrate the image's probabilities by maps that were fitted on resamples of the patients."""
    findings = scored_findings(scores)
    raw = np.array([answer.raw_probability for answer in result.findings])
    rows = scores.groupby("patient", sort=True).indices
    names, rng = list(rows), np.random.default_rng(0)
    drawn = []
    for _ in range(replicates):
        chosen = rng.integers(0, len(names), len(names))
        index = np.concatenate([rows[names[c]] for c in chosen])
        copies = np.concatenate([np.full(len(rows[names[c]]), turn) for turn, c in enumerate(chosen)])
        part = scores.iloc[index]
        fit = fit_calibration(
            part[[PROBABILITY + f for f in findings]], part[[TARGET + f for f in findings]], copies, findings
        )
        drawn.append([fit.calibrations[f](raw[n : n + 1])[0] for n, f in enumerate(findings)])
    low, high = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
    return low, high


def labels(path: Path, file: str) -> dict[str, str]:
    """Labels of the image in words, by finding."""
    scores = pd.read_csv(path)
    (row,) = [row for _, row in scores.iterrows() if str(row["file"]).endswith(file)]
    words = {1.0: "present", 0.0: "absent"}
    return {finding: words.get(row[TARGET + finding], "unknown") for finding in scored_findings(scores)}


if __name__ == "__main__":
    main()
